"""What a mirror's two sides were when they last agreed, in a file that the processes of one machine share."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.records import QUEUE_FOLDER, is_temporary, write_atomically

MANIFEST_FILE = "manifest.json"
LOCK_FILE = ".lock"  # of a study: each side has its own, which is never copied
_GUARD = "manifest.lock"
_FORMAT = 1

Stamp = tuple[int, int, int]  # size in bytes, time of change in nanoseconds, number of the file


@dataclass(frozen=True, slots=True)
class Entry:
    """A file as both sides had it: the store's signature of it, and this machine's stamp."""

    remote: str
    stamp: Stamp


@dataclass(slots=True)
class Manifest:
    """Of each path, what both sides were at the last agreement.

    studies: folders that this machine has written. deleted: files that a command has deleted here, and that are to be
    deleted in the store; any other that is missing was cleaned away with the cache, and is fetched again.
    """

    files: dict[str, Entry] = field(default_factory=dict)
    studies: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)


@contextmanager
def manifest_of(home: Path) -> Iterator[Manifest]:
    """Hold a mirror's manifest alone, and store it at the end, whatever happened in between.

    UsageError for one that cannot be read: what has changed here could not be told from what has changed elsewhere.
    """
    home.mkdir(parents=True, exist_ok=True)
    with open(home / _GUARD, "a") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        path = home / MANIFEST_FILE
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        manifest = _read(before, path)
        try:
            yield manifest
        finally:
            after = json.dumps(_content(manifest))
            if after != before:
                write_atomically(path, after)


def stamp_of(path: Path) -> Stamp | None:
    """Return what changes with a file's content; None where there is no ordinary file."""
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return (found.st_size, found.st_mtime_ns, found.st_ino) if not path.is_symlink() and path.is_file() else None


def local_files(root: Path, prefix: str) -> dict[str, Stamp]:
    """Return the files below a folder of a mirror, or that file, by their paths in it.

    No lock, no draft, no queue, nor what is linked.
    """
    found = {}
    if (own := stamp_of(root / prefix)) is not None:
        found[prefix] = own
    for folder, folders, names in os.walk(root / prefix):
        folders[:] = [name for name in folders if name != QUEUE_FOLDER]
        for name in names:
            path = Path(folder, name)
            if name != LOCK_FILE and not is_temporary(path) and (stamp := stamp_of(path)) is not None:
                found[path.relative_to(root).as_posix()] = stamp
    return found


def within(path: str, prefix: str) -> bool:
    """Say whether a path is a folder or lies below it; the empty folder has all."""
    return not prefix or path == prefix or path.startswith(f"{prefix}/")


def _read(text: str, path: Path) -> Manifest:
    if not text:
        return Manifest()
    try:
        content: dict[str, Any] = json.loads(text)
        files = {name: Entry(remote, (stamp[0], stamp[1], stamp[2])) for name, (remote, stamp) in content["files"].items()}
        return Manifest(files, set(content["studies"]), set(content["deleted"]))
    except (ValueError, KeyError, TypeError, IndexError):
        raise UsageError(
            f"{str(path)!r} is damaged, which says what of this mirror is stored elsewhere; move {str(path.parent)!r} away, "
            "and it is fetched anew."
        ) from None


def _content(manifest: Manifest) -> dict[str, Any]:
    files = {name: [entry.remote, list(entry.stamp)] for name, entry in sorted(manifest.files.items())}
    sets = {"studies": sorted(manifest.studies), "deleted": sorted(manifest.deleted)}
    return {"format": _FORMAT, "files": files} | sets
