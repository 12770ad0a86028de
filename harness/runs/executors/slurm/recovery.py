"""Trials whose task has died with them: found, and handed to another task."""

import os
from collections.abc import Collection
from contextlib import suppress

from harness.records import FAILED
from harness.runs.executors.protocol import WorkerFailure
from harness.runs.executors.slurm.entries import MOST_LOST, Ended, Entry
from harness.runs.executors.slurm.queue import Owner, Queue, Taken

SILENT_SECONDS = 60.0  # a task that was not heard of for so long is taken to be gone, where Slurm cannot be asked
MENDING_SECONDS = 120.0  # who has put a lost trial aside puts it back sooner than this
MENDER = "mender"


def recover(queue: Queue, live: Collection[str] | None, *, me: Owner | None = None) -> int:
    """Let trials wait again whose task has died with them; return how many.

    live: the tasks of the study whose processes may be there; None where Slurm cannot be asked: then silence tells. me: the
    task that asks; what an earlier start of it had is lost.
    """
    count = 0
    for taken in queue.taken():
        mine_before = me is not None and taken.owner.task == me.task and taken.owner.restart < me.restart
        dead = taken.owner.task not in live if live is not None else taken.silent > SILENT_SECONDS
        if taken.owner.task == MENDER:
            dead = taken.silent > MENDING_SECONDS
        if dead or mine_before:
            with suppress(FileNotFoundError):  # somebody else was faster
                _mend(queue, taken)
                count += 1
    return count


def _mend(queue: Queue, taken: Taken) -> None:
    aside = queue.folder / "taken" / f"{taken.name}@{MENDER}@{os.getpid()}"
    os.utime(taken.path)
    os.rename(taken.path, aside)
    if (queue.folder / "ended" / taken.name).exists():  # it died in between
        aside.unlink()
        return
    entry = queue.read(aside)
    if not isinstance(entry, Entry):
        return
    if (record := entry.stored()) is not None:
        queue.end(aside, Ended(entry.trial, record))
        return
    how = f"Slurm's task {taken.owner.task} ended while it trained"
    lost = entry.lost(how)
    if len(lost.trial.lost) >= MOST_LOST:
        failure = WorkerFailure(FAILED, f"WorkerLost: {how}; so did {MOST_LOST - 1} before it.", died=True)
        queue.end(aside, Ended(lost.trial, failure))
        return
    queue.put_back(aside, lost)
