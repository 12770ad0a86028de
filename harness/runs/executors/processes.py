"""A worker process from the outside: started, given jobs, and ended with all that its job has started."""

import math
import os
import pickle
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.context import ForkServerContext, SpawnContext
from pathlib import Path
from typing import Any

from harness.errors import failure_text
from harness.runs.executors.messages import READY, RESULT, Inbox
from harness.runs.executors.preloading import held_for_starting
from harness.runs.executors.worker import Failure, serve

DYING_SECONDS = 5.0  # a core dump takes its time
RESTORING_SECONDS = 60.0  # a worker that takes longer to get ready for its next job is given up


@dataclass(frozen=True, slots=True)
class Spent:
    """A worker's word that it is to be given no other job, and what of its last one is left in it."""

    text: str


@dataclass(frozen=True, slots=True)
class Job:
    """A call to make in a worker, and what it is made for."""

    subject: Any
    function: Callable[..., Any]
    args: tuple[Any, ...]
    name: str = ""
    after: str = ""  # the name of a job that leaves something for this one: it waits until that one has ended


@dataclass(frozen=True, slots=True)
class Result:
    """What a worker's job came to; a Failure where it raised."""

    value: Any


class Worker:
    """One worker process and the job that it is doing.

    It has a pipe of its own. A queue that workers share has locks, and a worker that is killed while it holds one
    takes all others with it.
    """

    def __init__(self, context: ForkServerContext | SpawnContext, folder: Path, *, threads: int, slot: int) -> None:
        self.slot = slot  # its place among the workers; a successor takes it over
        self.loaded = False  # TensorFlow is; it was ready once
        self.ready = False  # for a job: as it was before its first one
        self.job: Job | None = None
        self.deadline = math.inf  # on the monotonic clock, which does not jump
        self._begun = time.monotonic()
        self.connection, theirs = context.Pipe()
        self._inbox = Inbox(self.connection.fileno())
        with held_for_starting():
            args = (theirs, folder, threads, slot, dict(os.environ))
            self._process = context.Process(target=serve, args=args, name="harness-worker")
            self._process.start()
        theirs.close()

    @property
    def pid(self) -> int:
        """The process's number; also its group's."""
        pid = self._process.pid
        assert pid is not None  # it was started
        return pid

    @property
    def sentinel(self) -> int:
        """What becomes readable when the process has died."""
        return self._process.sentinel

    @property
    def seconds(self) -> float:
        """How long the present job has run."""
        return time.monotonic() - self._begun

    def give(self, job: Job, *, seconds: float | None) -> None:
        """Begin a job, which may take so long; OSError if the worker has died."""
        self.job, self.ready = job, False
        self._begun = time.monotonic()
        self.deadline = self._begun + (seconds or math.inf)
        self.connection.send((job.function, job.args))

    def receive(self) -> Any:
        """Return what the worker has said, None if nothing: READY, Spent, or its job's Result."""
        try:
            message = self._inbox.receive()
        except (EOFError, OSError):
            self._hung_up()
            return None
        if message is None:
            return None
        self.deadline = math.inf
        if message.kind == READY:
            self.ready = self.loaded = True
            return READY
        if message.kind != RESULT:
            return Spent(message.data.decode(errors="replace"))
        self.job, self.deadline = None, time.monotonic() + RESTORING_SECONDS
        try:
            return Result(pickle.loads(message.data))
        except Exception as error:  # unpickling runs code of the result's class
            return Result(Failure(failure_text(error)))

    def _hung_up(self) -> None:
        """Wait for the end of a process that has closed its pipe, which is dying or has lost its mind."""
        self._process.join(DYING_SECONDS)
        if self._process.is_alive():
            end_tree(self.pid)
            self._process.join()

    def died(self) -> bool:
        """Say whether the process has ended; what it may have left of its group is then ended too."""
        if self._process.is_alive():
            return False
        _kill_group(self.pid)
        return True

    def death(self) -> str:
        """Say how the process ended: by which signal or with which status."""
        code = self._process.exitcode
        if code is not None and code < 0:
            return f"the worker was killed by {_signal_name(-code)}"
        return f"the worker exited with status {code}"

    def end(self) -> None:
        """Kill the process and everything that it has started."""
        if self._process.is_alive():
            end_tree(self.pid)
        self._process.join()
        self.connection.close()


def end_tree(pid: int) -> None:
    """Kill a process, its descendants and its process group."""
    _kill(pid, signal.SIGSTOP)  # what is stopped starts no further process
    for victim in [*descendants(pid), pid]:
        _kill(victim, signal.SIGKILL)
    _kill_group(pid)


def descendants(pid: int) -> list[int]:
    """Return the processes that a process has started, and theirs; none where it has ended."""
    import psutil  # a tenth of a second that a run has, and `list` has not

    try:
        return [child.pid for child in psutil.Process(pid).children(recursive=True)]
    except psutil.Error:
        return []


def _kill(pid: int, number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def _kill_group(pid: int) -> None:
    with suppress(ProcessLookupError, PermissionError):  # none is left, or it ended before it led a group
        os.killpg(pid, signal.SIGKILL)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # a real-time signal
        return f"signal {number}"
