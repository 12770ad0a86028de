"""Files that are there whole or not at all."""

import os
import re
from contextlib import suppress
from pathlib import Path

_TEMPORARY = re.compile(r"\..+\.[0-9]+\.tmp")
_LONGEST_STEM = 40  # characters of the file's name in that of its draft: a name may have 255 bytes


def write_atomically(path: Path, content: str | bytes) -> None:
    """Replace a file's content, text as UTF-8, in one step, safe against a crash at any moment.

    A symbolic link in the file's place is replaced, not followed. OSError means that nothing was replaced: once the
    file has its name it is stored, though its folder's own sync may fail on a file system that has none.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name[:_LONGEST_STEM]}.{os.getpid()}.tmp")
    try:
        with open(_new_file(temporary), "wb") as file:
            file.write(content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    with suppress(OSError):
        _sync(path.parent)


def is_temporary(path: Path) -> bool:
    """Say whether a file is by its name a draft of `write_atomically`, which only a killed process leaves."""
    return bool(_TEMPORARY.fullmatch(path.name))


def _new_file(path: Path) -> int:
    """Return a descriptor of a new file: what lies in its place, such as a link to somebody's file, is never opened."""
    path.unlink(missing_ok=True)
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
