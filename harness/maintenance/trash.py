"""The trash of a log folder: trials moved out of the way, brought back, or deleted for good.

    LOGDIR/.trash/NUMBER/removed.json      what it was, and where
    LOGDIR/.trash/NUMBER/content/          the folder itself, its event files under names that TensorBoard does not read

Each step is one rename. A crash between two of them leaves the trial whole, in one place or the other. What is deleted
for good is first renamed to LOGDIR/.trash/deleting-NUMBER: half of it must not pass for the trial.
"""

import json
import math
import os
import shutil
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.errors import UsageError
from harness.records import RECORD_FILE, Record, RecordError, is_own, read_record, reason, require_own, write_atomically
from harness.tensorboard import event_files

TRASH = ".trash"
_NOTE = "removed.json"
_CONTENT = "content"
_HIDDEN = "trashed."
_DELETING = "deleting-"


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
        require_own(logdir / name, root=logdir)
        entry = _new_entry(logdir / TRASH, root=logdir)
        removed, events = time.time(), sorted(shown)
        note = {"name": name, "removed": removed, "shown": events}
        write_atomically(entry / _NOTE, json.dumps(note) + "\n")
        os.rename(folder, entry / _CONTENT)
        _hide_events(entry / _CONTENT)
    except OSError as error:
        raise UsageError(f"{str(folder)!r} cannot be moved to the trash ({reason(error)}).") from None
    return Trashed(name, entry, removed, frozenset(events), _record(entry / _CONTENT))


def restore(trashed: Trashed, *, logdir: Path) -> Path:
    """Move a folder from the trash back to where it was; UsageError if another is there by now."""
    target = logdir / trashed.name
    if os.path.lexists(target):
        raise UsageError(f"{trashed.name} cannot be restored: there is one in its place. Remove that one first.")
    try:
        require_own(target, root=logdir)
        require_own(trashed.content, root=logdir)
        target.parent.mkdir(parents=True, exist_ok=True)
        _show_events(trashed.content)
        os.rename(trashed.content, target)
        shutil.rmtree(trashed.entry)
    except OSError as error:
        raise UsageError(f"{trashed.name} cannot be restored ({reason(error)}).") from None
    return target


def delete(entry: Path, *, logdir: Path) -> int:
    """Delete an entry of the trash for good, whole or a leftover; return the bytes that were freed."""
    try:
        require_own(entry, root=logdir)
        size, doomed = size_of(entry), entry
        if not entry.name.startswith(_DELETING):
            doomed = entry.with_name(_DELETING + entry.name)
            os.rename(entry, doomed)
        shutil.rmtree(doomed)
    except OSError as error:
        raise UsageError(f"{str(entry)!r} cannot be deleted from the trash ({reason(error)}).") from None
    return size


def in_trash(logdir: Path) -> tuple[Trashed, ...]:
    """Return what lies in a log folder's trash, the last removed first; `leftovers` has what is not whole."""
    return tuple(found for entry in _entries(logdir) if (found := _read(entry, logdir)))


def leftovers(logdir: Path) -> tuple[Path, ...]:
    """Return the entries of the trash that can be restored no more: of a purge or a restoration that was interrupted."""
    return tuple(entry for entry in _entries(logdir) if _read(entry, logdir) is None)


def _entries(logdir: Path) -> list[Path]:
    """Return the entries of the trash that are ours, the last removed first."""
    trash = logdir / TRASH
    try:
        entries = sorted(trash.iterdir(), reverse=True)
    except OSError:
        return []
    # Links, of the trash itself or in it, and whatever else somebody has put there, are not ours.
    names = (entry.name.removeprefix(_DELETING) for entry in entries)
    own = [entry for entry, name in zip(entries, names, strict=True) if name.isdecimal() and is_own(entry, root=logdir)]
    return [entry for entry in own if entry.is_dir()]


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
    if not place.is_relative_to(root) or place == root or place.relative_to(root).parts[0] == TRASH or folder.name == "..":
        raise UsageError(f"{str(folder)!r} does not lie below the log folder {str(logdir)!r}; only what does can be removed.")
    return place.relative_to(root).as_posix()


def _new_entry(trash: Path, *, root: Path) -> Path:
    require_own(trash, root=root)
    trash.mkdir(exist_ok=True)
    names = (path.name.removeprefix(_DELETING) for path in trash.iterdir())
    number = max((int(name) for name in names if name.isdecimal() and len(name) < 10), default=0)
    while True:
        number += 1
        entry = trash / f"{number:06d}"
        try:
            entry.mkdir()
        except FileExistsError:  # another harness removes at the same time
            continue
        return entry


def _read(entry: Path, logdir: Path) -> Trashed | None:
    if entry.name.startswith(_DELETING):
        return None
    content = entry / _CONTENT
    try:
        note = json.loads((entry / _NOTE).read_text(encoding="utf-8"))
        name, removed, shown = str(note["name"]), float(note["removed"]), frozenset(map(str, note["shown"]))
    except (OSError, ValueError, TypeError, KeyError, RecursionError, OverflowError):
        return None
    removed = removed if math.isfinite(removed) else 0.0
    parts = Path(name).parts
    # What leads out of the log folder was not written here.
    safe = "\0" not in name and parts and ".." not in parts and not Path(name).is_absolute() and parts[0] != TRASH
    there = is_own(content, root=logdir) and content.is_dir()
    return Trashed(name, entry, removed, shown, _record(content)) if safe and there else None


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
