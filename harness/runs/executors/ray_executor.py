"""Trials on the nodes of a Ray cluster: each in a worker that outlives it, its files brought home while it trains."""

import math
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from harness.errors import UsageError, failure_text
from harness.models import VariantFingerprint
from harness.records import FAILED, INTERRUPTED, Record
from harness.runs.executors import ray_node as node
from harness.runs.executors.mirroring import Mirror
from harness.runs.executors.protocol import Progress, StopRequest, WorkerFailure
from harness.runs.executors.ray_cluster import Cluster, load_ray, said_by
from harness.runs.executors.ray_seat import Job, Seat, Shape
from harness.runs.executors.ray_store import ObjectStore
from harness.runs.executors.rehoming import beginnings, stripped
from harness.study import USUAL, Resources
from harness.training import Trial

LOOK_SECONDS = 0.5  # how soon a worker that is missing is replaced
POLL_SECONDS = 0.2  # how soon a request to stop is heard
ENDING_SECONDS = 5.0  # that workers may take to bring home what they have when they are ended at once
MOST_ANSWERS = 500  # a second, which one process can hear with ease
MOST_WORKERS = 100_000  # where --jobs says nothing: the cluster decides
MOST_FAILED_STARTS = 5  # in a row, before the cluster is taken to be unable to start workers


class RayExecutor:
    """Workers on the nodes of a cluster, which outlive their trials."""

    def __init__(self, *, jobs: int | None = None, address: str | None = None, max_seconds: float | None = None) -> None:
        """Connect to a cluster, or start one on this machine; jobs: the most workers, None for as many as it can hold."""
        self._cluster = Cluster(address, cores=jobs)
        usual = self._shape(USUAL)
        self._most = jobs or MOST_WORKERS
        self.workers = jobs or self._cluster.capacity(cpus=usual.cpus, gpus=usual.gpus)
        self._max_seconds = max_seconds
        self._seats: list[Seat] = []
        self._store = ObjectStore(travels=not self._cluster.of_this_machine)
        self._ends: dict[str, bytes] = {}  # of trials that longer ones go on from
        self._looked_on = ""  # the kind of processor on which fingerprints are taken: those of two kinds may differ
        self._failed_starts = 0

    def run(
        self,
        trials: Sequence[Trial],
        *,
        progress: Callable[[Progress], None],
        stop_request: Callable[[], StopRequest] = lambda: StopRequest.NONE,
    ) -> Iterator[tuple[Trial, Record | WorkerFailure]]:
        """Yield every trial that was started, in the order in which they end."""
        jobs = [self._job(trial, trial, node.RUN, name=trial.trial_id, after=trial.warm_start_from) for trial in trials]
        yield from self._perform(jobs, progress=progress, stop_request=stop_request)
        self._ends.clear()

    def fingerprints(self, trials: Sequence[Trial], *, traced: bool = False) -> list[VariantFingerprint]:
        """Return `harness.models.effect` of each trial's variant, an empty one where its worker did not survive it."""
        results = self._looked(trials, node.TRACED_EFFECT if traced else node.EFFECT)
        return [result if isinstance(result, VariantFingerprint) else VariantFingerprint() for result in results]

    def faults(self, trials: Sequence[Trial]) -> list[str]:
        """Return how each trial would fail before it trains anything, empty where it would not."""
        return [result.error if isinstance(result, WorkerFailure) else result for result in self._looked(trials, node.FAULT)]

    def close(self) -> None:
        """End all workers at once, and a cluster that was started here."""
        for seat in self._seats:
            seat.ask_to_close()
        for seat in self._seats:
            seat.end()
        self._seats.clear()
        self._store.clear()
        self._cluster.close()

    def _job(self, subject: Any, trial: Trial, kind: str, **order: str) -> Job:
        return Job(subject, trial, kind, self._shape(trial.resources), **order)

    def _shape(self, resources: Resources) -> Shape:
        """Return what a worker takes: as on one machine a GPU, where there are any and nothing else is said."""
        usual = 1.0 if self._cluster.has_gpus else 0.0
        return Shape(float(resources.cpus), usual if resources.gpus is None else float(resources.gpus))

    def _looked(self, trials: Sequence[Trial], kind: str) -> list[Any]:
        jobs = [self._job(position, trial, kind) for position, trial in enumerate(trials)]
        results = dict(self._perform(jobs, progress=lambda _: None, stop_request=lambda: StopRequest.NONE))
        return [results[position] for position in range(len(jobs))]

    def _perform(
        self, jobs: Sequence[Job], *, progress: Callable[[Progress], None], stop_request: Callable[[], StopRequest]
    ) -> Iterator[tuple[Any, Any]]:
        """Yield the subject of each job that was started, with what came of it."""
        waiting, ending, looked = deque(jobs), 0.0, -math.inf
        while waiting or self._busy():
            wanted = stop_request()
            if wanted is not StopRequest.NONE:
                waiting.clear()
            if wanted is StopRequest.NOW:
                ending = ending or time.monotonic() + ENDING_SECONDS
                if time.monotonic() > ending:
                    yield from self._end_jobs()
                    return
            idle = any(seat.ready and seat.job is None for seat in self._seats)
            if waiting and (idle or time.monotonic() - looked > LOOK_SECONDS):  # with 20,000 waiting a look takes milliseconds
                looked = time.monotonic()
                yield from self._hand_out(waiting)
            for seat in self._answering():
                yield from self._heard(seat, progress, wanted)

    def _answering(self) -> list[Seat]:
        """Return the workers whose answers have come, having waited for the first one for a moment."""
        ray = load_ray()
        calls = {seat.call: seat for seat in self._seats if seat.call is not None}
        if not calls or not ray.wait(list(calls), num_returns=1, timeout=POLL_SECONDS)[0]:
            return []
        return [calls[call] for call in ray.wait(list(calls), num_returns=len(calls), timeout=0)[0]]

    def _busy(self) -> list[Seat]:
        return [seat for seat in self._seats if seat.job is not None]

    def _hand_out(self, waiting: "deque[Job]") -> Iterator[tuple[Any, Any]]:
        self._seat(waiting)
        for seat in [seat for seat in self._seats if seat.ready and seat.job is None]:
            ahead = {busy.job.name for busy in self._busy()} | {job.name for job in waiting}
            job = next((job for job in waiting if self._may(seat, job) and not (job.after and job.after in ahead)), None)
            if job is None:
                continue
            waiting.remove(job)
            try:
                self._begin(seat, job)
            except OSError as error:  # of the study's files
                seat.job = None
                yield job.subject, WorkerFailure(FAILED, failure_text(error))

    def _may(self, seat: Seat, job: Job) -> bool:
        if job.shape != seat.shape:
            return False
        if job.kind == node.RUN:
            return True
        if not any(other.processor == self._looked_on for other in self._seats):
            self._looked_on = seat.processor
        return seat.processor == self._looked_on

    def _seat(self, waiting: "deque[Job]") -> None:
        """Have a worker for each job that waits, as far as the cluster can hold them; give back those that nobody needs."""
        needed: dict[Shape, int] = {}
        for job in [*waiting, *(seat.job for seat in self._busy())]:
            needed[job.shape] = needed.get(job.shape, 0) + 1
        if waiting:
            for seat in [seat for seat in self._seats if seat.job is None and seat.shape not in needed]:
                self._give_up(seat)
        for shape, count in needed.items():
            most = min(count, self._cluster.capacity(cpus=shape.cpus, gpus=shape.gpus))
            missing = most - sum(seat.shape == shape for seat in self._seats)
            for _ in range(min(missing, self._most - len(self._seats))):
                self._seats.append(Seat(shape, max_seconds=self._max_seconds))

    def _begin(self, seat: Seat, job: Job, *, with_data: bool = False) -> None:
        trial = job.trial
        task = node.Task(job.kind, stripped(trial), end=self._ends.get(trial.warm_start_from, b""))
        if job.kind == node.RUN:
            task = replace(task, left=beginnings(trial))
        arrays = self._store.arrays(trial.data) if with_data and trial.data else None
        seat.begin(job, task, self._store.study(trial), arrays)
        if job.kind == node.RUN and seat.mirror is None:
            seat.mirror = Mirror(trial)

    def _heard(self, seat: Seat, progress: Callable[[Progress], None], wanted: StopRequest) -> Iterator[tuple[Any, Any]]:
        """Yield the end of a worker's job, if it has come."""
        ray = load_ray()

        call, seat.call = seat.call, None
        try:
            said = ray.get(call)
        except ray.exceptions.RayActorError as error:
            yield from self._lost(seat, f"the worker on {seat.host or 'a node'} is gone: {said_by(error)}")
            return
        except Exception as error:  # of the call itself, or of what it has sent
            yield from self._lost(seat, f"{type(error).__name__}: {said_by(error)}")
            return
        if not seat.ready:
            self._welcome(seat, said)
        elif said == node.NO_DATA:
            self._begin(seat, seat.job, with_data=True)
        elif said == node.BEGUN:
            seat.ask(wanted, soon=self._soon)
        elif isinstance(said, node.News):
            yield from self._news(seat, said, progress, wanted)

    def _welcome(self, seat: Seat, said: Any) -> None:
        seat.processor, seat.host, found = said
        here = node.versions()
        odd = [f"{name} {found.get(name)}, this machine {number}" for name, number in here.items() if found.get(name) != number]
        if odd:
            raise UsageError(f"Node {seat.host} has {'; '.join(odd)}; expected the same on all machines.")
        seat.ready, self._failed_starts = True, 0

    def _news(
        self, seat: Seat, said: node.News, progress: Callable[[Progress], None], wanted: StopRequest
    ) -> Iterator[tuple[Any, Any]]:
        for told in said.progress:
            progress(told)
        mirror: Mirror | None = seat.mirror
        if mirror is not None and not all(map(mirror.write, said.pieces)):
            seat.ask(wanted, resend=True)
            return
        if not said.result:
            seat.ask(wanted, soon=self._soon)
            return
        job, seat.job, seat.mirror = seat.job, None, None
        if said.end:
            self._ends[job.name] = said.end
        (result,) = said.result
        yield job.subject, _at_home(result, mirror, seat) if isinstance(result, Record) else result

    @property
    def _soon(self) -> float:
        """How soon a worker is to tell of an epoch, in seconds: of very many, each tells more rarely."""
        return min(max(node.SOON, len(self._seats) / MOST_ANSWERS), node.LATEST)

    def _lost(self, seat: Seat, text: str) -> Iterator[tuple[Any, Any]]:
        self._give_up(seat)
        if not seat.ready:
            self._failed_starts += 1
            if self._failed_starts >= MOST_FAILED_STARTS:
                raise UsageError(f"Workers do not start on the cluster: {self._failed_starts} in a row failed; {text}.")
        if seat.job is not None:
            yield seat.job.subject, WorkerFailure(FAILED, f"WorkerLost: {text}.", died=True, seconds=seat.seconds)

    def _give_up(self, seat: Seat) -> None:
        self._seats.remove(seat)
        seat.end()

    def _end_jobs(self) -> Iterator[tuple[Any, Any]]:
        """End every job that is still running."""
        for seat in self._busy():
            self._give_up(seat)
            yield seat.job.subject, WorkerFailure(INTERRUPTED, "Interrupted: ended at once.")


def _at_home(record: Record, mirror: Mirror | None, seat: Seat) -> Record:
    """Return a record with where it was made and, where they are not in their place, where its event files lie."""
    provenance = {**record.provenance, "executor": "ray", "node": seat.host}
    if mirror is not None and (moved := mirror.lost or mirror.moved):
        provenance |= {"logs": str(mirror.folder), "logs_moved": moved}
    return replace(record, provenance=provenance)
