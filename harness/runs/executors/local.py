"""Trials in worker processes on this machine, one at a time in each; a worker's death costs its own trial only."""

import itertools
import math
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.models import VariantFingerprint
from harness.records import FAILED, INTERRUPTED, TIMEOUT, Record, attempt_folder
from harness.runs.executors import worker as within
from harness.runs.executors.channel import Channel, begin_output, last_words, store_output
from harness.runs.executors.messages import READY
from harness.runs.executors.preloading import SERVER
from harness.runs.executors.processes import Job, Result, Spent, Worker
from harness.runs.executors.protocol import Progress, StopRequest, WorkerFailure
from harness.runs.executors.worker import Failure
from harness.training import Trial

POLL_SECONDS = 0.2  # how soon a request to stop is heard
MOST_FAILED_STARTS = 5  # in a row, before the machine is taken to be unable to start workers


@dataclass(frozen=True, slots=True)
class _Death:
    """A job's worker has died."""

    text: str
    seconds: float


@dataclass(frozen=True, slots=True)
class _Overrun:
    """A job has run longer than it may."""

    seconds: float


class LocalExecutor:
    """Worker processes that outlive their trials."""

    def __init__(self, *, jobs: int, max_seconds: float | None = None, threads: int = 1) -> None:
        """Start what `jobs` workers of `threads` threads each need; TensorFlow is loaded while the caller goes on."""
        self._jobs, self._max_seconds, self._threads = jobs, max_seconds, threads
        self._failed_starts = 0
        self.replaced: list[str] = []  # what was left in workers that were replaced because of it
        self._channel = Channel()
        self._workers: list[Worker] = []
        SERVER.start()
        self._start_workers(jobs)

    def run(
        self,
        trials: Sequence[Trial],
        *,
        progress: Callable[[Progress], None],
        stop_request: Callable[[], StopRequest] = lambda: StopRequest.NONE,
    ) -> Iterator[tuple[Trial, Record | WorkerFailure]]:
        """Yield every trial that was started, in the order in which they end."""
        channel = self._channel.folder
        jobs = [Job(trial, within.run, (trial, channel), name=trial.trial_id, after=trial.warm_start_from) for trial in trials]
        for trial, result in self._perform(jobs, progress=progress, stop_request=stop_request):
            yield trial, self._outcome(result)

    def fingerprints(self, trials: Sequence[Trial], *, traced: bool = False) -> list[VariantFingerprint]:
        """Return `harness.models.effect` of each trial's variant, an empty one where its worker did not survive it."""
        jobs = [Job(position, within.effect, (trial, traced)) for position, trial in enumerate(trials)]
        results = dict(self._perform(jobs, progress=lambda _: None, stop_request=lambda: StopRequest.NONE))
        found = (results.get(position) for position in range(len(jobs)))
        return [result if isinstance(result, VariantFingerprint) else VariantFingerprint() for result in found]

    def faults(self, trials: Sequence[Trial]) -> list[str]:
        """Return how each trial would fail before it trains anything, empty where it would not."""
        jobs = [Job(position, within.fault, (trial,)) for position, trial in enumerate(trials)]
        results = dict(self._perform(jobs, progress=lambda _: None, stop_request=lambda: StopRequest.NONE))
        return [str(getattr(results.get(position, ""), "text", results.get(position, ""))) for position in range(len(jobs))]

    @property
    def folder(self) -> Path:
        """The temporary folder of its workers, which goes with it."""
        return self._channel.folder

    def close(self) -> None:
        """End all workers at once."""
        for worker in self._workers:
            worker.end()
        self._workers.clear()
        self._channel.close()

    def _perform(
        self, jobs: Iterable[Job], *, progress: Callable[[Progress], None], stop_request: Callable[[], StopRequest]
    ) -> Iterator[tuple[Any, Any]]:
        """Yield the subject of each job that was started, with what came of it; what it told before is told before."""
        waiting = deque(jobs)
        self._channel.forget_stop()
        self._tell(lambda _: None)  # what came too late in an earlier run
        while waiting or self._busy():
            wanted = stop_request()
            if wanted is not StopRequest.NONE:
                waiting.clear()
                self._channel.ask_to_stop()
            if wanted is StopRequest.NOW:
                yield from self._end_jobs()
                return
            self._hand_out(waiting)
            self._wait()
            self._tell(progress)
            for worker in list(self._workers):
                for ended in self._look_at(worker):
                    self._tell(progress)  # what came between the last look and its end
                    yield ended

    def _tell(self, progress: Callable[[Progress], None]) -> None:
        for message in self._channel.received():
            progress(message)

    def _outcome(self, result: Any) -> Record | WorkerFailure:
        if isinstance(result, (Record, WorkerFailure)):
            return result
        if isinstance(result, _Overrun):
            return WorkerFailure(
                TIMEOUT, f"TimeoutError: ran longer than {self._max_seconds:g} s and was ended.", seconds=result.seconds
            )
        if isinstance(result, _Death):
            return WorkerFailure(FAILED, f"WorkerLost: {result.text}.", died=True, seconds=result.seconds)
        return WorkerFailure(
            FAILED, result.text if isinstance(result, Failure) else f"TypeError: no record but {result!r:.80}."
        )

    def _busy(self) -> list[Worker]:
        return [worker for worker in self._workers if worker.job]

    def _hand_out(self, waiting: deque[Job]) -> None:
        busy = len(self._busy())
        self._start_workers(min(self._jobs, busy + len(waiting)))
        for worker in self._workers:
            # One whose own turn is yet to come holds back as one that runs does; one that ended, however, does not.
            ahead = {busy.job.name for busy in self._workers if busy.job} | {job.name for job in waiting}
            job = next((job for job in waiting if not job.after or job.after not in ahead), None)
            if job is not None and worker.ready and worker.job is None:
                begin_output(self._channel.folder, worker.pid)
                try:
                    worker.give(job, seconds=self._max_seconds)
                except OSError:  # it died while it was idle; no job is lost, and its end is seen just now
                    worker.job = None
                    continue
                waiting.remove(job)

    def _start_workers(self, count: int) -> None:
        # Asked for only where one is missing: to look at this process's state takes a moment in which its umask is another.
        context = SERVER.context() if len(self._workers) < count else None
        while context and len(self._workers) < count:
            taken = {worker.slot for worker in self._workers}
            slot = next(slot for slot in itertools.count() if slot not in taken)
            self._workers.append(Worker(context, self._channel.folder, threads=self._threads, slot=slot))

    def _wait(self) -> None:
        ends: list[Connection | int] = [end for worker in self._workers for end in (worker.connection, worker.sentinel)]
        due = min((worker.deadline for worker in self._workers), default=math.inf) - time.monotonic()
        wait([*ends, self._channel.fileno()], timeout=max(0.0, min(POLL_SECONDS, due)))

    def _look_at(self, worker: Worker) -> Iterator[tuple[Any, Any]]:
        """Yield the end of a worker's job, if it has come."""
        subject = worker.job.subject if worker.job else None
        # Death is looked at first, but told last: what a worker has said before it died still counts.
        died = worker.died()
        said = worker.receive()
        if said is READY:
            self._failed_starts = 0
        elif isinstance(said, Spent):  # its last result has come, and no job is lost
            self.replaced.append(said.text)
            self._give_up(worker)
        elif isinstance(said, Result):
            self._store_output(worker, subject)
            yield subject, said.value
        elif died:
            self._give_up(worker)
            text = worker.death() + last_words(self._channel.folder, worker.pid)
            self._count_start(worker, text)
            if worker.job:
                self._store_output(worker, subject)
                yield subject, _Death(text, worker.seconds)
        elif worker.deadline <= time.monotonic():
            self._give_up(worker)
            if worker.job:
                self._store_output(worker, subject)
                yield subject, _Overrun(worker.seconds)
            else:
                self.replaced.append("it did not become ready for another job in time")

    def _give_up(self, worker: Worker) -> None:
        self._workers.remove(worker)
        worker.end()

    def _store_output(self, worker: Worker, subject: Any) -> None:
        """Keep what a trial has written to standard output and error beside its event files."""
        if isinstance(subject, Trial):
            store_output(self._channel.folder, worker.pid, attempt_folder(subject.folder, subject.attempt))

    def _count_start(self, worker: Worker, text: str) -> None:
        if not worker.loaded:
            self._failed_starts += 1
        if self._failed_starts >= MOST_FAILED_STARTS:
            raise UsageError(
                f"Workers do not start: {self._failed_starts} in a row ended before TensorFlow was loaded; {text}."
            )

    def _end_jobs(self) -> Iterator[tuple[Any, Any]]:
        """End every running job; a result that was on its way home is kept."""
        for worker in self._busy():
            subject = worker.job and worker.job.subject
            said = worker.receive()
            self._give_up(worker)
            self._store_output(worker, subject)
            yield subject, said.value if isinstance(said, Result) else WorkerFailure(INTERRUPTED, "Interrupted: ended at once.")
