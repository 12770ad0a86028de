"""Folders below a log folder that hold something of a trial, and no record that can be read."""

from pathlib import Path

from harness.maintenance.trash import TRASH
from harness.records import RECORD_FILE, RecordError, attempt_folder, find_records, read_record
from harness.tensorboard import event_files


def unrecorded_folder(name: str, *, logdir: Path) -> Path | None:
    """Return the folder that a path names if it holds event files or a damaged record, but no trial that counts."""
    try:
        folder, root = Path(name).resolve(), logdir.resolve()
        folder = folder.parent if folder.name == RECORD_FILE else folder
        inside = folder.is_relative_to(root) and folder != root and folder.relative_to(root).parts[0] != TRASH
        if not inside or not folder.is_dir() or _counts(folder, root):
            return None
    except (OSError, ValueError, RuntimeError):  # a name too long, with a NUL, or a loop of links
        return None
    if any(event_files(folder, recursive=True)) or any(find_records(folder)) or folder.name.startswith("attempt-"):
        return folder
    return None


def _counts(folder: Path, root: Path) -> bool:
    """Say whether a folder holds a readable record, or is the counting attempt of one above it."""
    if any(_readable(path) for path in find_records(folder)):
        return True
    for holder in [holder for holder in folder.parents if holder.is_relative_to(root)]:
        if (holder / RECORD_FILE).is_file() and _readable(holder / RECORD_FILE):
            counting = attempt_folder(holder, read_record(holder / RECORD_FILE).attempt)
            below = holder / folder.relative_to(holder).parts[0]
            return below == counting or (counting == holder and not below.name.startswith("attempt-"))
    return False


def _readable(path: Path) -> bool:
    try:
        read_record(path)
    except RecordError:
        return False
    return True
