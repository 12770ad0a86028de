"""One writer per study: a lock that the system itself lets go when its owner dies, however that comes about."""

import errno
import fcntl
import hashlib
import json
import os
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.errors import UsageError

LOCK_FILE = ".lock"
_NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)


@contextmanager
def one_writer(folder: Path) -> Iterator[None]:
    """Hold a study's folder, which must exist; UsageError names the process and host that holds it already.

    The lock belongs to the open file, not to a process number: that of a killed owner is free at once, and a number
    that another process has taken since means nothing. The text in the file is for people.
    """
    descriptor = _open(folder)
    try:
        _write_owner(descriptor)
        yield
    finally:
        try:
            os.ftruncate(descriptor, 0)
        except OSError:  # a full or vanished disk: the text says too much, the lock is free all the same
            pass
        os.close(descriptor)


def _open(folder: Path) -> int:
    """Return a locked file of the folder, or of the temporary folder where its file system has no locks."""
    for path in (folder / LOCK_FILE, _local_file(folder)):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return descriptor
        except BlockingIOError:
            owner = _read_owner(descriptor)
            os.close(descriptor)
            raise UsageError(
                f"Study folder {str(folder)!r} is being written by {owner}; expected one run at a time. "
                f"Wait for its end, or name another folder with --logdir."
            ) from None
        except OSError as error:
            os.close(descriptor)
            if error.errno not in _NO_LOCKS:
                raise
    raise UsageError(f"Study folder {str(folder)!r} cannot be locked; name one on another disk with --logdir.")


def _local_file(folder: Path) -> Path:
    digest = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"harness-{os.getuid()}-{digest}.lock"


def _write_owner(descriptor: int) -> None:
    owner = {"pid": os.getpid(), "host": socket.gethostname(), "since": time.strftime("%Y-%m-%d %H:%M:%S")}
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(owner).encode(), 0)
    except OSError:  # a full disk: the lock holds without its text
        pass


def _read_owner(descriptor: int) -> str:
    try:
        owner = json.loads(os.pread(descriptor, 1000, 0))
        return f"process {owner['pid']} on host {owner['host']}, since {owner['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
