"""A trial on another machine: its paths are those that the machine has, and its study and data have come along."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from harness.data import ResolvedDataset
from harness.errors import UsageError
from harness.isolation import BUILT_IN
from harness.records import attempt_folder, trial_folder
from harness.study import PICKLED, TRAIN
from harness.tensorboard import event_files
from harness.training import Trial, find_checkpoints

MOST_BYTES, MOST_FILES = 100 * 2**20, 5000  # of what travels with a study
_NOT_SENT = ("__pycache__", "node_modules", "site-packages")
_BUILT_IN, _THERE = "built-in", "there"  # the digests of a study that comes with the package, and of one that is there already


@dataclass(frozen=True, slots=True)
class Parcel:
    """A study's file and what lies beside it: contents by paths below its folder."""

    digest: str
    entry: str  # the study's file
    files: Mapping[str, bytes]


def pack_study(path: Path, *, logdir: Path) -> Parcel:
    """Return a study's file with all that lies in its folder, the log folder and what begins with a dot left out.

    What `harness.run` has written of a study goes alone, and of a built-in one its name. UsageError where it is too much.
    """
    if path.is_relative_to(BUILT_IN):
        return Parcel(_BUILT_IN, str(path.relative_to(BUILT_IN)), {})
    paths = [path] if path.suffix == PICKLED else _beside(path, logdir)
    files = {str(each.relative_to(path.parent)): each.read_bytes() for each in paths}
    digest = hashlib.sha256()
    for name, content in sorted(files.items()):
        digest.update(f"{name}\0{len(content)}\0".encode("utf-8", "surrogateescape") + content)
    return Parcel(digest.hexdigest()[:16], path.name, files)


def left_there(path: Path) -> Parcel:
    """Return a study's file for workers of this machine, which find it in its place."""
    return Parcel(_THERE, str(path), {})


def _beside(path: Path, logdir: Path) -> list[Path]:
    found: list[Path] = []
    size = 0
    for place, folders, names in os.walk(path.parent):
        here = Path(place)
        folders[:] = [name for name in folders if _is_sent(here / name, logdir)]
        for each in (here / name for name in names if not name.startswith(".")):
            if each.is_file():
                found.append(each)
                size += each.stat().st_size
        if size > MOST_BYTES or len(found) > MOST_FILES:
            raise UsageError(
                f"Study file {path} goes to the nodes with its folder, which holds more than {MOST_BYTES >> 20} MB or "
                f"{MOST_FILES} files; expected the study in a folder of its own, and data where every node has them."
            )
    return found


def _is_sent(folder: Path, logdir: Path) -> bool:
    hidden = folder.name.startswith(".") or folder.name in _NOT_SENT
    return not hidden and folder != logdir and not (folder / "pyvenv.cfg").exists()


def unpack_study(parcel: Parcel, folder: Path) -> Path:
    """Return where a study's file lies on this machine, having written what came with it below a folder, once."""
    if parcel.digest == _BUILT_IN:
        return BUILT_IN / parcel.entry
    if parcel.digest == _THERE:
        return Path(parcel.entry)
    home = folder / f"study-{parcel.digest}"
    for name, content in parcel.files.items() if not home.exists() else ():
        target = home / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return home / parcel.entry


def beginnings(trial: Trial) -> dict[str, bytes]:
    """Return what an earlier attempt has left for this one, by paths below the trial's folder.

    It is the newest checkpoint, and the curves that tell what was trained behind it.
    """
    for path in find_checkpoints(trial.folder, trial.trial_id, first=trial.resumable):
        paths = [path, *event_files(path.parent / TRAIN)]
        return {str(each.relative_to(trial.folder)): each.read_bytes() for each in paths}
    return {}


def rehomed(trial: Trial, folder: Path, *, study: Path, data: ResolvedDataset | None, left: Mapping[str, bytes]) -> Trial:
    """Return a trial that writes below a folder of this machine, with what earlier attempts have left for it.

    study: where its study's file lies here; data: its dataset, as it is found here.
    """
    home = trial_folder(folder, trial.study, trial.variant, trial.seed)
    home.mkdir(parents=True)
    for name, content in left.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_bytes(content)
    return replace(trial, study_path=study, folder=home, fallback=None, home=None, data=data)


def stripped(trial: Trial) -> Trial:
    """Return a trial without the paths of this machine, which say nothing on another one, nor what its driver adds itself."""
    nowhere = Path()
    data = trial.data and replace(trial.data, folder=nowhere)
    return replace(trial, study_path=nowhere, folder=nowhere, fallback=None, home=None, data=data, provenance={})


def own_attempt(trial: Trial) -> Path:
    """Return where a trial's attempt has its files."""
    return attempt_folder(trial.folder, trial.attempt)
