"""One writer per study: a lock that the system itself lets go when its owner dies, however that comes about."""

import errno
import fcntl
import hashlib
import json
import os
import socket
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from harness.errors import UsageError

LOCK_FILE = ".lock"
_NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)
_LONGEST = 1000  # bytes of the owner's name
_OWNER = b'{"pid": '  # how it begins, a part of it where a full disk took no more
# A link is not followed, and a pipe that lies in the lock's place is not waited for.
_SAFELY = os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


@contextmanager
def one_writer(folder: Path) -> Iterator[None]:
    """Hold a study's folder, which must exist; UsageError names the process and host that holds it already.

    The lock belongs to the open file, not to a process number: that of a killed owner is free at once, and a number
    that another process has taken since means nothing. The text in the file is for people. While the folder is held
    it is open as well, so that its number cannot become that of another folder.
    """
    home = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        descriptor = _locked(folder, home)
        try:
            _write_owner(descriptor)
            yield
        finally:
            with suppress(OSError):  # a full or vanished disk: the text says too much, the lock is free all the same
                os.ftruncate(descriptor, 0)
            os.close(descriptor)
    finally:
        os.close(home)


def writer_of(folder: Path) -> str:
    """Return who is writing a study's folder, in a sentence, or an empty text; nothing is written or made."""
    for path in (folder / LOCK_FILE, _local_file(folder)):
        try:
            descriptor = os.open(path, os.O_RDONLY | _SAFELY)
        except OSError:  # none, or not ours
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return _held(folder, descriptor)
        except OSError:  # a file system without locks: the other file has it
            pass
        finally:
            os.close(descriptor)
    return ""


def _locked(folder: Path, home: int) -> int:
    """Return a locked file of the folder, or of the temporary folder where its file system has no locks."""
    for path, place in ((folder / LOCK_FILE, home), (_local_file(folder), None)):
        descriptor = _opened(path, place)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return descriptor
        except BlockingIOError:
            said = _held(folder, descriptor)
            os.close(descriptor)
            raise UsageError(said) from None
        except OSError as error:
            os.close(descriptor)
            if error.errno not in _NO_LOCKS:
                raise
    raise UsageError(f"Study folder {str(folder)!r} cannot be locked; name one on another disk with --logdir.")


def _opened(path: Path, home: int | None) -> int:
    """Return the open file of a lock, which is made if it is missing; UsageError for a file that is somebody else's.

    home: the open folder that it lies in; None for the temporary folder, where anybody may put a file of any name.
    """
    flags, mode = os.O_RDWR | os.O_CREAT | _SAFELY, 0o600 if home is None else 0o666
    try:
        descriptor = os.open(path if home is None else path.name, flags, mode, dir_fd=home)
    except OSError as error:
        if error.errno not in (errno.ELOOP, errno.ENXIO, errno.EISDIR):
            raise OSError(error.errno, error.strerror, str(path)) from None
        raise _not_a_lock(path) from None
    found = os.fstat(descriptor)
    own = stat.S_ISREG(found.st_mode) and found.st_nlink == 1 and (home is not None or found.st_uid == os.getuid())
    if not own or not _holds_an_owner(descriptor):
        os.close(descriptor)
        raise _not_a_lock(path)
    return descriptor


def _not_a_lock(path: Path) -> UsageError:
    return UsageError(
        f"{str(path)!r} is not a lock of the harness, and stays as it is; expected an ordinary file that a run has made. "
        f"Move it away, or name another folder with --logdir."
    )


def _holds_an_owner(descriptor: int) -> bool:
    """Say whether the file is empty or holds what a run writes into its lock: nothing else is to be overwritten."""
    content = os.pread(descriptor, _LONGEST + 1, 0)
    return content[: len(_OWNER)] == _OWNER[: len(content)] and len(content) <= _LONGEST


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


def _held(folder: Path, descriptor: int) -> str:
    return (
        f"Study folder {str(folder)!r} is being written by {_read_owner(descriptor)}; expected one run at a time. "
        f"Wait for its end, or name another folder with --logdir."
    )


def _read_owner(descriptor: int) -> str:
    try:
        owner = json.loads(os.pread(descriptor, _LONGEST, 0))
        return f"process {owner['pid']} on host {owner['host']}, since {owner['since']}"
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return "another process"
