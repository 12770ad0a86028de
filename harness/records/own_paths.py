"""What is ours to write, rename and delete: paths below a log folder, with no symbolic link in between.

The log folder itself may be a link that the user has chosen, or lie behind one. Below it the harness makes every folder
itself and never a link: one that stands there leads to what is somebody else's.
"""

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

_GONE = "The study's folder is gone, or another one has taken its place"


class ForeignPathError(OSError):
    """A path is not ours: it leads out of the log folder, by its parts or by a symbolic link on the way."""


def require_own(path: Path, *, root: Path) -> None:
    """Raise ForeignPathError unless a path lies below a log folder and no part of it below that is a symbolic link.

    What does not exist yet is ours to make.
    """
    try:
        parts = path.relative_to(root).parts
    except ValueError:
        parts = ()
    if not parts or ".." in parts:
        raise ForeignPathError(errno.EXDEV, f"Not below the log folder {root}", str(path))
    place = root
    for part in parts:
        place /= part
        try:
            mode = os.lstat(place).st_mode
        except FileNotFoundError:
            return
        if stat.S_ISLNK(mode):
            raise ForeignPathError(errno.ELOOP, "A symbolic link, which may lead out of the log folder", str(place))


def is_own(path: Path, *, root: Path) -> bool:
    """Say whether a path lies below a log folder with no symbolic link in between."""
    try:
        require_own(path, root=root)
    except OSError:
        return False
    return True


def require_own_trial(trial: Path) -> None:
    """Raise ForeignPathError where the way from the log folder to a trial's folder, or an attempt in it, is a link.

    trial: LOGDIR/STUDY/VARIANT/seed-N.
    """
    require_own(trial, root=trial.parents[2])
    for attempt in trial.glob("attempt-*"):
        require_own(attempt, root=trial)


def own_aggregates(folder: Path, name: str) -> Iterator[Path]:
    """Yield the places VARIANT/NAME in a study's folder, none of them behind a symbolic link."""
    for place in sorted(folder.glob(f"*/{name}")):
        if is_own(place, root=folder):
            yield place


def folder_identity(folder: Path) -> tuple[int, int] | None:
    """Return what tells a folder from another one that takes its place, None where there is none.

    The number of a removed folder may be given to a new one at once, unless somebody holds the old one open, as
    `one_writer` does.
    """
    try:
        found = os.stat(folder)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def require_same_folder(folder: Path, identity: tuple[int, int] | None) -> None:
    """Raise FileNotFoundError if a folder is no longer the one of that identity."""
    if folder_identity(folder) != identity:
        raise FileNotFoundError(errno.ENOENT, _GONE, str(folder))
