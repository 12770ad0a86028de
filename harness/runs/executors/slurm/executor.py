"""The driver's end of a Slurm run: puts trials into the queue, sees that tasks pull them, and hears what came of each.

The driver may go: tasks go on, and store the records that it would store. The next run of the study finds the queue.
"""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from harness.errors import UsageError
from harness.models import VariantFingerprint
from harness.records import INTERRUPTED, Record
from harness.runs.executors.local import LocalExecutor
from harness.runs.executors.protocol import Progress, StopRequest, WorkerFailure
from harness.runs.executors.slurm.entries import Ended, entries_of
from harness.runs.executors.slurm.jobs import live_tasks, never_starts, reason_of, require_slurm, running, scancel, submit
from harness.runs.executors.slurm.options import MOST_TASKS, SlurmOptions
from harness.runs.executors.slurm.queue import Queue, entry_name
from harness.runs.executors.slurm.recovery import recover
from harness.runs.executors.slurm.task import Puller
from harness.training import Trial

POLL_SECONDS = 0.2
TOLD_SECONDS = 1.0  # how often the newest progress is read
LOOK_SECONDS = 2.0  # how often Slurm is asked about its tasks
MOST_SUBMISSIONS = 3  # in a row without a trial that ended
STUCK_SECONDS = 60.0  # that all tasks may wait for what their cluster does not have; then the run ends
ENDING_SECONDS = 45.0  # for tasks to end their trials at once; then their jobs are cancelled

Outcome = tuple[Trial, Record | WorkerFailure]


@dataclass(slots=True)
class _Run:
    """One call of `run`: its queue, the trials that have not come home, and what was seen of Slurm."""

    queue: Queue
    awaited: dict[str, Trial]  # by their ids
    told: dict[str, Progress] = field(default_factory=dict)
    told_at: float = 0.0
    looked: float = 0.0
    submissions: int = 0
    stopped: float = 0.0  # since when it is asked to stop at once
    wanted: StopRequest = StopRequest.NONE
    stuck: float = 0.0  # since when all its tasks wait for what does not come


class SlurmExecutor:
    """Trials as what the tasks of array jobs pull from a queue in their study's folder."""

    def __init__(
        self, *, tasks: int | None = None, max_seconds: float | None = None, options: SlurmOptions | None = None
    ) -> None:
        """Submit nothing yet; tasks: as many at the most. UsageError, saying what to install, where Slurm cannot be used."""
        require_slurm()
        self._most, self._max_seconds, self._options = tasks or MOST_TASKS, max_seconds, options or SlurmOptions()
        self._open: dict[Path, Queue] = {}  # of runs that have not come to their end

    def run(
        self,
        trials: Sequence[Trial],
        *,
        progress: Callable[[Progress], None],
        stop_request: Callable[[], StopRequest] = lambda: StopRequest.NONE,
    ) -> Iterator[Outcome]:
        """Yield every trial that was started, in the order in which they end.

        Trials that an earlier driver has left in the queue are gone on with. UsageError where Slurm does not take the job, or
        where its tasks cannot train.
        """
        if not trials or stop_request() is not StopRequest.NONE:
            return
        require_resources(trials, self._options)
        queue = Queue(trials[0].folder.parents[1])
        self._open[queue.study] = queue
        run = _Run(queue, self._fill(queue, trials))
        while run.awaited:
            run.wanted = max(run.wanted, stop_request())
            if run.wanted is not StopRequest.NONE:
                self._stop(run)
            yield from self._came_home(run)
            if time.monotonic() - run.told_at > TOLD_SECONDS:
                self._tell(run, progress)
            if time.monotonic() - run.looked > LOOK_SECONDS:
                yield from self._look_after(run, progress)
            time.sleep(POLL_SECONDS)
        queue.forget_ends()
        scancel(queue.jobs(), pending_only=True)  # they would find nothing to do
        del self._open[queue.study]

    def fingerprints(self, trials: Sequence[Trial], *, traced: bool = False) -> list[VariantFingerprint]:
        """Return what each trial's variant comes to, found on this machine: nobody waits in Slurm for that."""
        with closing(LocalExecutor(jobs=1)) as executor:
            return executor.fingerprints(trials, traced=traced)

    def faults(self, trials: Sequence[Trial]) -> list[str]:
        """Return how each trial would fail before it trains anything, found on this machine."""
        with closing(LocalExecutor(jobs=1)) as executor:
            return executor.faults(trials)

    def close(self) -> None:
        """End all tasks of runs that are not over."""
        for queue in self._open.values():
            queue.ask(StopRequest.NOW)
            scancel(queue.jobs())
        self._open.clear()

    def _fill(self, queue: Queue, trials: Sequence[Trial]) -> dict[str, Trial]:
        """Let trials wait that are not in the queue yet; take those out that are no longer wanted."""
        states = live_tasks(queue.jobs()) if queue.exists else {}
        if states == {} and queue.exists and not queue.taken() and not queue.ended_names():
            queue.clear()  # of a run that is long over
        queue.make()
        queue.forget_stop()
        queue.forget_faults()
        awaited = {trial.trial_id: trial for trial in trials}
        recover(queue, None if states is None else running(states))
        there = {one.name.partition("-")[2] for one in queue.taken()}
        there |= {name.partition("-")[2] for name, ended in queue.ended() if _is_wanted(ended, awaited)}
        for name in queue.waiting():
            queue.take_out(name)
        for name, ended in queue.ended():
            if not _is_wanted(ended, awaited):
                queue.forget(name)
        missing = [trial for trial in trials if trial.trial_id not in there]
        for position, entry in enumerate(entries_of(missing)):
            queue.put(entry_name(position, entry.trial.trial_id), entry)
        return awaited

    def _came_home(self, run: _Run) -> Iterator[Outcome]:
        for name, ended in list(run.queue.ended()):
            known = run.awaited.pop(ended.trial.trial_id, None)
            if known is not None:
                run.submissions = 0
                yield ended.trial, ended.outcome
            run.queue.forget(name)

    def _tell(self, run: _Run, progress: Callable[[Progress], None]) -> None:
        run.told_at = time.monotonic()
        for name, newest in run.queue.progress().items():
            if run.told.get(name) != newest:
                run.told[name] = newest
                progress(newest)

    def _look_after(self, run: _Run, progress: Callable[[Progress], None]) -> Iterator[Outcome]:
        """See that tasks are there for the trials that wait, and that no trial is lost with its task."""
        run.looked = time.monotonic()
        states = live_tasks(run.queue.jobs())
        if states is None:  # Slurm's controller does not answer: its tasks go on, and it will be back
            return
        recover(run.queue, running(states))
        yield from self._came_home(run)
        if run.wanted is not StopRequest.NONE:
            return
        waiting, taken = run.queue.waiting(), run.queue.taken()
        if not waiting:
            return
        if not states:
            self._submit(run, len(waiting))
            return
        reason = reason_of(states)
        run.stuck = (run.stuck or time.monotonic()) if never_starts(states) else 0.0
        if run.stuck and time.monotonic() - run.stuck > STUCK_SECONDS:
            raise UsageError(
                f"Slurm does not start the job: {reason}, for {STUCK_SECONDS:.0f} seconds. No node of its partition has, or "
                f"nobody may have, what is asked for (--slurm {self._options}); expected less, or another partition."
            )
        if not taken and reason:
            first = next((trial for trial in run.awaited.values() if waiting[0].endswith(trial.trial_id)), None)
            if first is not None:
                progress(Progress(first.variant, first.seed, 0, {}, f"waits for Slurm ({reason})", begun=False))

    def _submit(self, run: _Run, count: int) -> None:
        """Submit tasks for so many trials; UsageError where those before them have ended without one."""
        if faults := run.queue.faults():
            raise UsageError(faults[0])
        if run.submissions >= MOST_SUBMISSIONS:
            raise UsageError(
                f"Slurm's tasks ended {run.submissions} times in a row without a trial that did. They say why in "
                f"{run.queue.folder / 'slurm'} (*.err); if there is nothing, their nodes do not see that folder: expected "
                "a log folder that all nodes share."
            )
        run.submissions += 1
        asked = self._options
        make = partial(Puller, run.queue.study, threads=asked.cpus, gpus=asked.gpus, max_seconds=self._max_seconds)
        submit(run.queue, [make() for _ in range(min(count, self._most))], asked)

    def _stop(self, run: _Run) -> None:
        """Let no further trial begin; the running ones are ended by their tasks, or, where these take too long, by Slurm."""
        asked = run.queue.stop_request()
        if asked < run.wanted:
            run.queue.ask(run.wanted)
            scancel(run.queue.jobs(), pending_only=True)
        for name in run.queue.waiting():
            entry = run.queue.take_out(name)
            if entry is not None:
                run.awaited.pop(entry.trial.trial_id, None)
        if run.wanted is StopRequest.NOW:
            run.stopped = run.stopped or time.monotonic()
            if time.monotonic() - run.stopped > ENDING_SECONDS:
                scancel(run.queue.jobs())
                for taken in run.queue.taken():
                    run.queue.give_up(taken, WorkerFailure(INTERRUPTED, "Interrupted: ended at once."))


def require_resources(trials: Sequence[Trial], options: SlurmOptions) -> None:
    """Raise UsageError where a trial is declared to take more than its task would have."""
    for trial in trials:
        for key, needed, given in (
            ("cpus", math.ceil(trial.resources.cpus), options.cpus),
            ("gpus", math.ceil(trial.resources.gpus or 0), options.gpus),
        ):
            if needed > given:
                raise UsageError(
                    f"Variant {trial.variant!r} takes {needed} {key} by its resources, and a task has {given}; "
                    f"expected --slurm {key}={needed}."
                )


def _is_wanted(ended: Ended, awaited: dict[str, Trial]) -> bool:
    """Say whether what came of a trial answers one that is asked for now: a good one does, unless it is to be trained anew."""
    asked = awaited.get(ended.trial.trial_id)
    if asked is None:
        return False
    good = isinstance(ended.outcome, Record) and ended.outcome.as_expected and asked.resumable == ended.trial.resumable
    return ended.trial.attempt >= asked.attempt or good
