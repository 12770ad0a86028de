"""What Slurm's tasks still do for a study whose driver is gone, seen and stopped from its folder alone."""

import time
from dataclasses import dataclass
from pathlib import Path

from harness.errors import UsageError
from harness.records import command, logdir_words
from harness.runs.executors.protocol import StopRequest
from harness.runs.executors.slurm.jobs import live_tasks, scancel
from harness.runs.executors.slurm.queue import Queue
from harness.runs.executors.slurm.recovery import SILENT_SECONDS


@dataclass(frozen=True, slots=True)
class LeftTasks:
    """Tasks that go on without a driver: Slurm's jobs, and how many trials they train, are to train, and have ended."""

    jobs: tuple[str, ...]
    training: int
    waiting: int
    ended: int

    def __str__(self) -> str:
        return f"Slurm's job {', '.join(self.jobs)}"


def left_tasks(study: Path) -> LeftTasks | None:
    """Return what goes on in a study's queue; None where nothing does, or where it is another user's, who alone can look."""
    queue = Queue(study)
    try:
        if not queue.exists:
            return None
        taken, waiting, jobs = queue.taken(), queue.waiting(), queue.jobs()
        if not taken and not waiting:  # what still runs of its tasks has nothing to do, and ends
            return None
        states = live_tasks(jobs)
        goes_on = bool(states) if states is not None else any(one.silent < SILENT_SECONDS for one in taken)
        if not goes_on:
            return None
        alive = {task.partition("_")[0] for task in states or ()} or set(jobs)
        return LeftTasks(tuple(sorted(alive)), len(taken), len(waiting), len(queue.ended_names()))
    except OSError:
        return None


def stop_left_tasks(study: Path, wanted: StopRequest) -> None:
    """Ask the tasks of a study's queue to stop; UsageError where it is another user's, OSError where it cannot be written."""
    queue = Queue(study)
    queue.require_mine()
    queue.ask(wanted)
    scancel(queue.jobs(), pending_only=True)


def wait_for_left_tasks(study: Path, *, seconds: float | None) -> None:
    """Wait until no task goes on; of those that still do after so many seconds, the jobs are cancelled."""
    began = time.monotonic()
    while left_tasks(study) is not None:
        if seconds is not None and time.monotonic() - began > seconds:
            scancel(Queue(study).jobs())
        time.sleep(1.0)


def require_no_left_tasks(study: Path) -> None:
    """Raise UsageError where tasks still train trials of a study: another executor would train the same ones beside them."""
    if (left := left_tasks(study)) is not None:
        place = [study.name, *logdir_words(study.parent)]
        raise UsageError(
            f"{left} still trains trials of {study.name}, whose driver is gone; --executor slurm goes on with it. "
            f"To end it: {command('cancel', *place)}"
        )
