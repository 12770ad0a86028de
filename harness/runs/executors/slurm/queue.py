"""Trials that wait for a task, in a study's folder: driver and tasks share it, and no process of either needs the other.

    STUDY/.queue/waiting/NAME         a trial that nobody trains
    STUDY/.queue/taken/NAME@OWNER     one that a task trains; a task takes it by this renaming, which one alone can do
    STUDY/.queue/ended/NAME           what came of one, until its driver has heard of it
    STUDY/.queue/progress/NAME        its newest epoch
    STUDY/.queue/faults/TASK          why a task could take none
    STUDY/.queue/jobs/JOB             Slurm's jobs of this study
    STUDY/.queue/stop                 what is asked of all tasks

A renaming is whole or not at all on every file system that nodes share, where locks are not. The folder is its user's alone, as
what lies in it is unpickled.
"""

import os
import pickle
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.records import QUEUE_FOLDER, require_own, write_atomically
from harness.runs.executors.protocol import WorkerFailure
from harness.runs.executors.slurm.entries import Ended, Entry
from harness.runs.executors.slurm.messages import Messages, names_in, paths_in

FOLDERS = ("waiting", "taken", "ended", "progress", "faults", "jobs", "ends")
BEAT_SECONDS = 5.0  # how often a task says that it still trains


@dataclass(frozen=True, slots=True)
class Owner:
    """A task by its number in Slurm and how often Slurm has started it."""

    task: str
    restart: int

    def __str__(self) -> str:
        return f"{self.task}@{self.restart}"


@dataclass(frozen=True, slots=True)
class Taken:
    """A trial that a task trains: its file, and since when nothing was heard of it, in seconds."""

    path: Path
    name: str
    owner: Owner
    silent: float


class Queue(Messages):
    """The queue of a study's folder."""

    def __init__(self, study: Path) -> None:
        super().__init__(study / QUEUE_FOLDER)
        self.study = study

    def make(self) -> None:
        """Make its folder, or find it to be this user's; UsageError where it is another's, OSError where it cannot be made."""
        require_own(self.folder, root=self.study.parent)
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self.require_mine()
        for name in FOLDERS:
            (self.folder / name).mkdir(mode=0o700, exist_ok=True)

    def require_mine(self) -> None:
        """Raise UsageError unless the folder is this user's: what lies in another's is not to be unpickled."""
        found = os.lstat(self.folder)
        if found.st_uid != os.getuid():
            raise UsageError(f"{str(self.folder)!r} is another user's; name another log folder with --logdir.")

    @property
    def exists(self) -> bool:
        """Whether there is one."""
        return (self.folder / "waiting").is_dir()

    def put(self, name: str, entry: Entry) -> None:
        """Let a trial wait for a task."""
        write_atomically(self.folder / "waiting" / name, pickle.dumps(entry))

    def waiting(self) -> list[str]:
        """Return the names of the trials that wait, in their order."""
        return names_in(self.folder / "waiting")

    def taken(self) -> list[Taken]:
        """Return the trials that tasks train."""
        found, now = [], time.time()
        for path in paths_in(self.folder / "taken"):
            name, _, owner = path.name.partition("@")
            task, _, restart = owner.rpartition("@")
            with suppress(OSError, ValueError):  # it has ended in the meantime
                silent = now - path.stat().st_mtime
                found.append(Taken(path, name, Owner(task, int(restart)), silent))
        return found

    def take(self, owner: Owner) -> tuple[Path, Entry] | None:
        """Take the first trial that can begin, for a task; None where there is none.

        One that goes on from another one's end waits until that has ended.
        """
        names = self.waiting()
        ahead = {_trial_id(name) for name in (*names, *(one.name for one in self.taken()))}
        for name in names:
            entry = self.read(self.folder / "waiting" / name)
            if entry is None or entry.trial.warm_start_from in ahead:
                continue
            path = self.folder / "taken" / f"{name}@{owner}"
            try:
                os.rename(self.folder / "waiting" / name, path)
            except FileNotFoundError:  # another task was faster
                continue
            os.utime(path)
            return path, entry
        return None

    def beat(self, path: Path) -> None:
        """Say that a taken trial is still trained."""
        with suppress(OSError):
            os.utime(path)

    def put_back(self, path: Path, entry: Entry) -> None:
        """Let a taken trial wait again, as this entry; by who has it alone."""
        write_atomically(path, pickle.dumps(entry))
        name = path.name.partition("@")[0]
        (self.folder / "progress" / name).unlink(missing_ok=True)
        os.rename(path, self.folder / "waiting" / name)

    def end(self, path: Path, ended: Ended) -> None:
        """Say what came of a taken trial."""
        name = path.name.partition("@")[0]
        write_atomically(self.folder / "ended" / name, pickle.dumps(ended))
        path.unlink(missing_ok=True)
        (self.folder / "progress" / name).unlink(missing_ok=True)

    def give_up(self, taken: Taken, failure: WorkerFailure) -> None:
        """Say of a taken trial that its task was ended with it."""
        entry = self.read(taken.path)
        if isinstance(entry, Entry):
            self.end(taken.path, Ended(entry.trial, failure))

    def ended(self) -> Iterator[tuple[str, Ended]]:
        """Yield the name of each trial that has ended, and what came of it, in the order in which they ended."""
        for path in sorted(paths_in(self.folder / "ended"), key=_written):
            ended = self.read(path)
            if ended is not None:
                yield path.name, ended

    def ended_names(self) -> list[str]:
        """Return the names of the trials that have ended, and of which no driver has heard."""
        return names_in(self.folder / "ended")

    def forget(self, name: str) -> None:
        """Forget what came of a trial: its driver has heard of it."""
        (self.folder / "ended" / name).unlink(missing_ok=True)

    def take_out(self, name: str) -> Entry | None:
        """Take a waiting trial out of the queue; None where a task was faster."""
        path = self.folder / "waiting" / name
        entry: Entry | None = self.read(path)
        with suppress(FileNotFoundError):
            path.unlink()
            return entry
        return None

    def forget_ends(self) -> None:
        """Remove what shorter trials have left for longer ones: none of them is to come."""
        for path in paths_in(self.folder / "ends"):
            path.unlink(missing_ok=True)

    def clear(self) -> None:
        """Remove what is left of it; no task of it may be left."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def read(self, path: Path) -> Any:
        """Return what lies in a file, None where it has gone."""
        try:
            return pickle.loads(path.read_bytes())
        except FileNotFoundError:
            return None


def entry_name(position: int, trial_id: str) -> str:
    """Return the name of a trial in the queue, which tells its place in it."""
    return f"{position:06d}-{trial_id}"


def _trial_id(name: str) -> str:
    return name.partition("-")[2]


def _written(path: Path) -> float:
    """Return when a file was written; of one that has gone, nothing that counts."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0
