"""A task of Slurm's from the inside: pulls trials from its study's queue until none is left; a local worker trains them."""

import os
import signal
import socket
import time
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

from harness.records import INTERRUPTED, Record, fallback_logdir, folder_identity
from harness.runs.executors.local import LocalExecutor
from harness.runs.executors.protocol import Progress, StopRequest, WorkerFailure
from harness.runs.executors.slurm.entries import MOST_STALLS, Ended, Entry
from harness.runs.executors.slurm.jobs import live_tasks, running
from harness.runs.executors.slurm.queue import BEAT_SECONDS, Owner, Queue
from harness.runs.executors.slurm.recovery import recover
from harness.runs.record_store import store

TOLD_SECONDS = 0.5  # a trial's progress is written this often at the most
WAIT_SECONDS = 1.0
LOOK_SECONDS = 0.2
_ASKED = (signal.SIGTERM, signal.SIGUSR2, signal.SIGCONT)  # what Slurm and submitit send before they end a task


class Puller:
    """What a task runs. It holds nothing but where the queue lies, so that Slurm may start it again at any time."""

    def __init__(self, study: Path, *, threads: int, gpus: int, max_seconds: float | None) -> None:
        self.study, self.threads, self.gpus, self.max_seconds = study, threads, gpus, max_seconds

    def __call__(self) -> int:
        """Train trials until none is left or Slurm wants the task to leave; return how many ended."""
        return _Pull(self).perform()

    def checkpoint(self) -> Any:
        """Return what submitit is to submit again: the trials' own state lies in their folders and in the queue."""
        from submitit.helpers import DelayedSubmission

        return DelayedSubmission(self)


class _Pull:
    """One start of a task."""

    def __init__(self, puller: Puller) -> None:
        self._puller, self._queue = puller, Queue(puller.study)
        self._leave = self._time_is_up = False
        self._me = this_task()
        self._looked, self._wanted = 0.0, StopRequest.NONE
        self._beaten = self._told = 0.0

    def perform(self) -> int:
        """Train until there is nothing left to do, and hand back what cannot be ended."""
        self._queue.require_mine()
        if not self._puller.gpus:  # of a node whose GPUs are free for all to see: they are other jobs'
            os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
        # The worker takes over what is ignored now: Slurm may send its signals to every process of a task.
        requeue = {number: signal.signal(number, signal.SIG_IGN) for number in _ASKED}
        count = 0
        with closing(LocalExecutor(jobs=1, max_seconds=self._puller.max_seconds, threads=self._puller.threads)) as executor:
            for number in _ASKED[:2]:
                signal.signal(number, self._heard)
            recover(self._queue, self._live(), me=self._me)
            while not self._leave and self._stop_request() is StopRequest.NONE:
                found = self._queue.take(self._me)
                if found is None:
                    if recover(self._queue, self._live(), me=self._me):
                        continue
                    if not self._queue.waiting():
                        break
                    time.sleep(WAIT_SECONDS)  # what waits goes on from the end of what is being trained
                    continue
                if fault := _blindness(found[1]):
                    self._queue.put_back(*found)
                    self._queue.fault(self._me.task, fault)
                    break
                count += self._train(executor, *found)
        handler = requeue[signal.SIGUSR2]
        if self._time_is_up and self._queue.waiting() and callable(handler):
            handler(signal.SIGUSR2, None)  # submitit's: Slurm is to start this task again
        return count

    def _heard(self, number: int, frame: FrameType | None) -> None:
        self._leave = True
        self._time_is_up |= number == signal.SIGUSR2

    def _live(self) -> set[str] | None:
        states = live_tasks(self._queue.jobs())
        return None if states is None else running(states) | {self._me.task}

    def _stop_request(self) -> StopRequest:
        now = time.monotonic()
        if now - self._looked > LOOK_SECONDS:
            self._looked, self._wanted = now, self._queue.stop_request()
        return max(self._wanted, StopRequest.AFTER_EPOCH if self._leave else StopRequest.NONE)

    def _train(self, executor: LocalExecutor, path: Path, entry: Entry) -> int:
        """Train a taken trial; return 1 if it has ended, 0 if it waits again."""
        name = path.name.partition("@")[0]
        trial = replace(
            entry.trial,
            home=folder_identity(self._queue.study),  # by this node's numbers, which are not the driver's
            fallback=fallback_logdir(),
            warm_start_folder=self._queue.folder / "ends",
        )

        def told(progress: Progress) -> None:
            if time.monotonic() - self._told > TOLD_SECONDS or progress.epoch == 1 or progress.doing:
                self._queue.tell(name, progress)
                self._told = time.monotonic()

        def stop_request() -> StopRequest:
            if time.monotonic() - self._beaten > BEAT_SECONDS:
                self._queue.beat(path)
                self._beaten = time.monotonic()
            return self._stop_request()

        outcomes = [outcome for _, outcome in executor.run([trial], progress=told, stop_request=stop_request)]
        asked = self._queue.stop_request() is not StopRequest.NONE
        outcome = outcomes[0] if outcomes else None
        if outcome is None or (outcome.status == INTERRUPTED and not asked):
            return self._hand_back(path, entry, outcome)
        self._end(path, entry, outcome)
        return 1

    def _hand_back(self, path: Path, entry: Entry, outcome: Record | WorkerFailure | None) -> int:
        """Let a trial wait for another task, from the checkpoint that it has left; one that gets nowhere has failed."""
        record = outcome if isinstance(outcome, Record) else None
        back = entry.handed_back(record)
        if back.stalls >= MOST_STALLS:
            text = (
                f"TimeoutError: {back.stalls} tasks in a row had to leave before another epoch had ended. "
                "Give them more time: --slurm time=…"
            )
            self._end(path, entry, WorkerFailure("timeout", text))
            return 1
        if record is not None:
            with suppress(OSError):
                store(entry.trial.folder, entry.record(record))
        self._queue.put_back(path, back)
        return 0

    def _end(self, path: Path, entry: Entry, outcome: Record | WorkerFailure) -> None:
        """Store a trial's record in its place, and say so; where that fails, its driver stores it elsewhere."""
        if isinstance(outcome, Record):
            outcome = entry.record(outcome)
            record = outcome
        else:
            record = entry.record(outcome)
        with suppress(Exception):
            store(entry.trial.folder, record)
        self._queue.end(path, Ended(entry.trial, outcome))


def this_task() -> Owner:
    """Return which of Slurm's tasks this process is of."""
    array, index = os.environ.get("SLURM_ARRAY_JOB_ID"), os.environ.get("SLURM_ARRAY_TASK_ID")
    task = f"{array}_{index}" if array else os.environ["SLURM_JOB_ID"]
    return Owner(task, int(os.environ.get("SLURM_RESTART_COUNT", "0")))


def _blindness(entry: Entry) -> str:
    """Say what of a trial this node does not see; empty where it sees all."""
    trial, host = entry.trial, socket.gethostname()
    needed: list[tuple[str, Path]] = [("the study's file", trial.study_path)]
    if trial.data is not None:
        needed.append((f"the data of {trial.data.used}", trial.data.folder))
    for what, path in needed:
        if not path.exists():
            return f"Node {host} does not see {what}, {path}; expected it on a disk that all nodes share."
    return ""
