"""Temporary folders of runs whose driver was killed: found, and removed where nobody has them any more."""

import errno
import os
import re
import shutil
import socket
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

PREFIX = "harness-"
MARKER_PREFIX = f"{PREFIX}loading-"  # of the files that say that a server of workers is still loading
MARKER_SECONDS = 3600.0
SOCKET_NAME = "progress"
HOST_FILE = "host"  # the machine whose run a folder is of: a temporary folder may be shared by several
_NAME = re.compile(rf"{PREFIX}[a-z0-9_]{{8}}")  # as tempfile names them; a fallback log folder has another name


def sweep() -> list[Path]:
    """Remove this user's folders that no driver of this machine has any more; return those that are gone."""
    _remove_markers()
    removed = []
    for folder in ownerless():
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            removed.append(folder)
    return removed


def _remove_markers() -> None:
    """Remove what a server that was killed while it loaded has left: a file without content, far older than loading takes."""
    with suppress(OSError):
        for path in Path(tempfile.gettempdir()).glob(f"{MARKER_PREFIX}*"):
            with suppress(OSError):
                found = os.lstat(path)
                old = time.time() - found.st_mtime > MARKER_SECONDS
                if old and stat.S_ISREG(found.st_mode) and found.st_uid == os.getuid() and not found.st_size:
                    path.unlink()


def ownerless() -> Iterator[Path]:
    """Yield the temporary folders of this user's runs on this machine whose driver has died."""
    try:
        folders = sorted(Path(tempfile.gettempdir()).glob(f"{PREFIX}*"))
    except OSError:
        return
    for folder in folders:
        with suppress(OSError):  # it has gone in the meantime, or is not for this user to look at
            found = os.lstat(folder)
            if not _NAME.fullmatch(folder.name) or not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
                continue
            if _is_of_this_machine(folder) and _is_deaf(folder):
                yield folder


def _is_of_this_machine(folder: Path) -> bool:
    return (folder / HOST_FILE).read_text() == socket.gethostname()


def _is_deaf(folder: Path) -> bool:
    """Say whether nobody listens at a folder's socket: the system lets it go when its driver ends, however that comes about."""
    directory = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    caller = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        # By a short way, as a socket's address must not be long.
        short = f"/proc/self/fd/{directory}"
        caller.connect(f"{short if Path(short).exists() else folder}/{SOCKET_NAME}")
    except OSError as error:
        return error.errno == errno.ECONNREFUSED
    finally:
        caller.close()
        os.close(directory)
    return False
