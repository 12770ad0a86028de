"""A worker on a node as the driver sees it: an actor, the job that it does, and the one call that it is answering."""

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from harness.runs.executors.mirroring import Mirror
from harness.runs.executors.protocol import StopRequest
from harness.runs.executors.ray_cluster import load_ray
from harness.training import Trial

CLOSING_SECONDS = 3.0  # that a worker may take to end its process


@dataclass(frozen=True, slots=True)
class Shape:
    """What a worker takes of a node."""

    cpus: float = 1.0
    gpus: float = 0.0


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be done with a trial, and for whom."""

    subject: Any
    trial: Trial
    kind: str
    shape: Shape
    name: str = ""
    after: str = ""  # the name of a job that leaves something for this one: it waits until that one has ended


class Seat:
    """A place for one trial at a time."""

    def __init__(self, shape: Shape, *, max_seconds: float | None) -> None:
        """Ask the cluster for a worker; it is there when it has said hello."""
        ray = load_ray()

        from harness.runs.executors.ray_node import NodeWorker

        self.shape = shape
        self.processor = self.host = ""
        self.ready = False  # it has said hello
        self.job: Any = None  # a Job, None while it has none
        self.mirror: Mirror | None = None
        self._begun = time.monotonic()
        kind = ray.remote(NodeWorker).options(num_cpus=shape.cpus, num_gpus=shape.gpus, max_restarts=0, max_task_retries=0)
        self._actor: Any = kind.remote(threads=max(1, int(shape.cpus)), gpu=shape.gpus > 0, max_seconds=max_seconds)
        self.call: Any = self._actor.hello.remote()
        self._closing: Any = None

    @property
    def seconds(self) -> float:
        """How long the present job has run."""
        return time.monotonic() - self._begun

    def begin(self, job: Job, task: Any, study: Any, arrays: Any) -> None:
        """Hand a job over; study and arrays: references into the object store."""
        self.job, self._begun = job, time.monotonic()
        self.call = self._actor.begin.remote(task, study, arrays)

    def ask(self, stop: StopRequest, *, soon: float = 0.0, resend: bool = False) -> None:
        """Ask what has happened since it was last asked; soon: seconds within which it tells of an epoch."""
        self.call = self._actor.news.remote(stop, soon=soon, resend=resend)

    def ask_to_close(self) -> None:
        """Ask it to end its process and to remove what it has written."""
        if self.ready:
            with suppress(Exception):
                self._closing = self._actor.close.remote()

    def end(self) -> None:
        """End it, whatever it does."""
        ray = load_ray()

        with suppress(Exception):  # its node may be gone
            if self._closing is not None:
                ray.wait([self._closing], timeout=CLOSING_SECONDS)
            ray.kill(self._actor)
