"""The trash of a log folder: trials moved out of the way, brought back, or deleted for good.

    LOGDIR/.trash/NUMBER/removed.json      what it was, and where
    LOGDIR/.trash/NUMBER/content/          the folder itself, its event files under names that TensorBoard does not read

Each step is one rename. A crash between two of them leaves the trial whole, in one place or the other.
"""

import json
import os
import shutil
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.errors import UsageError
from harness.events.eventfiles import event_files
from harness.records import RECORD_FILE, Record, RecordError, read_record, write_atomically

TRASH = ".trash"
_NOTE = "removed.json"
_CONTENT = "content"
_HIDDEN = "trashed."


@dataclass(frozen=True, slots=True)
class Trashed:
    """One folder in the trash.

    name: its path below the log folder, as ablations/base/seed-0. shown: the ids of the trials that the study's tables
    showed when it was removed. record: None where it holds none that can be read.
    """

    name: str
    entry: Path
    removed: float  # seconds since 1970
    shown: frozenset[str]
    record: Record | None

    @property
    def content(self) -> Path:
        """Where the folder lies now."""
        return self.entry / _CONTENT


def move_to_trash(folder: Path, *, logdir: Path, shown: Iterable[str] = ()) -> Trashed:
    """Move a folder below the log folder to its trash; UsageError if it is not below it or cannot be moved."""
    name = _name(folder, logdir)
    try:
        entry = _new_entry(logdir / TRASH)
        note = {"name": name, "removed": time.time(), "shown": sorted(shown)}
        write_atomically(entry / _NOTE, json.dumps(note) + "\n")
        os.rename(folder, entry / _CONTENT)
        _hide_events(entry / _CONTENT)
    except OSError as error:
        raise UsageError(f"{str(folder)!r} cannot be moved to the trash ({error.strerror}).") from None
    return Trashed(name, entry, note["removed"], frozenset(note["shown"]), _record(entry / _CONTENT))


def restore(trashed: Trashed, *, logdir: Path) -> Path:
    """Move a folder from the trash back to where it was; UsageError if another is there by now."""
    target = logdir / trashed.name
    if os.path.lexists(target):
        raise UsageError(f"{trashed.name} cannot be restored: there is one in its place. Remove that one first.")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _show_events(trashed.content)
        os.rename(trashed.content, target)
        shutil.rmtree(trashed.entry)
    except OSError as error:
        raise UsageError(f"{trashed.name} cannot be restored ({error.strerror}).") from None
    return target


def delete(trashed: Trashed) -> int:
    """Delete a folder in the trash for good; return the bytes that were freed."""
    size = size_of(trashed.entry)
    try:
        shutil.rmtree(trashed.entry)
    except OSError as error:
        raise UsageError(f"{trashed.name} cannot be deleted from the trash ({error.strerror}).") from None
    return size


def in_trash(logdir: Path) -> tuple[Trashed, ...]:
    """Return what lies in a log folder's trash, the last removed first; an entry that is not whole is passed over."""
    try:
        entries = sorted((logdir / TRASH).iterdir(), reverse=True)
    except OSError:
        return ()
    return tuple(found for entry in entries if (found := _read(entry)))


def size_of(folder: Path) -> int:
    """Return the bytes that the files in and below a folder hold."""
    return sum(size for size, _ in _sizes(folder))


def _sizes(folder: Path) -> Iterator[tuple[int, str]]:
    for parent, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(parent, name)
            try:
                yield os.lstat(path).st_size, path
            except OSError:  # gone in the meantime
                continue


def _name(folder: Path, logdir: Path) -> str:
    """Return a folder's path below the log folder, links followed in all but its last part."""
    place = folder.parent.resolve() / folder.name
    root = logdir.resolve()
    if (
        not place.is_relative_to(root)
        or place == root
        or place.relative_to(root).parts[0] == TRASH
        or folder.name == ".."
    ):
        raise UsageError(
            f"{str(folder)!r} does not lie below the log folder {str(logdir)!r}; only what does can be removed."
        )
    return place.relative_to(root).as_posix()


def _new_entry(trash: Path) -> Path:
    trash.mkdir(exist_ok=True)
    number = max((int(path.name) for path in trash.iterdir() if path.name.isdecimal()), default=0)
    while True:
        number += 1
        entry = trash / f"{number:06d}"
        try:
            entry.mkdir()
        except FileExistsError:  # another harness removes at the same time
            continue
        return entry


def _read(entry: Path) -> Trashed | None:
    content = entry / _CONTENT
    try:
        note = json.loads((entry / _NOTE).read_text(encoding="utf-8"))
        name, removed, shown = str(note["name"]), float(note["removed"]), frozenset(map(str, note["shown"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None
    parts = Path(name).parts
    # What leads out of the log folder was not written here.
    safe = "\0" not in name and parts and ".." not in parts and not Path(name).is_absolute() and parts[0] != TRASH
    return Trashed(name, entry, removed, shown, _record(content)) if safe and content.is_dir() else None


def _record(folder: Path) -> Record | None:
    try:
        return read_record(folder / RECORD_FILE)
    except RecordError:
        return None


def _hide_events(folder: Path) -> None:
    for path in list(event_files(folder, recursive=True)):
        path.rename(path.with_name(_HIDDEN + path.name.replace(".tfevents.", ".tf-events.")))


def _show_events(folder: Path) -> None:
    for path in list(folder.rglob(f"{_HIDDEN}events.out.*")):
        path.rename(path.with_name(path.name.removeprefix(_HIDDEN).replace(".tf-events.", ".tfevents.")))
