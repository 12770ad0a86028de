"""A worker on a node of a cluster: a process that trains, as on one's own machine, and who speaks for it.

It imports no Ray: it is made an actor by `ray_executor`.
"""

import os
import platform
import shutil
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from harness.data import ResolvedDataset, found_here, kept_here
from harness.errors import failure_text
from harness.records import FAILED, Record, environment
from harness.runs.executors.local import LocalExecutor
from harness.runs.executors.machine import visible_gpus
from harness.runs.executors.mirroring import MOST_AT_ONCE, FolderWatch, Piece
from harness.runs.executors.protocol import Progress, StopRequest, WorkerFailure
from harness.runs.executors.rehoming import Parcel, rehomed, unpack_study
from harness.training import Trial, end_path

if TYPE_CHECKING:
    import numpy as np

RUN, EFFECT, TRACED_EFFECT, FAULT = "run", "effect", "traced effect", "fault"
NEWS_SECONDS = 1.0  # how long a worker keeps silent at the most
SOON, LATEST = 0.4, 3.0  # how soon it tells of an epoch, of few workers and of very many
BEGUN, NO_DATA = "begun", "no data"
_ALIKE = ("ablation-harness", "tensorflow", "keras", "numpy")  # what must be the same on all machines


@dataclass(frozen=True, slots=True)
class Task:
    """What a node's worker is to do with a trial."""

    kind: str
    trial: Trial
    left: Mapping[str, bytes] = field(default_factory=dict)  # of earlier attempts, by `rehoming.beginnings`
    end: bytes = b""  # of the shorter trial that this one goes on from


@dataclass(frozen=True, slots=True)
class News:
    """What a worker has to tell: `result` is there when its task has ended and all its files have been sent."""

    progress: tuple[Progress, ...]
    pieces: tuple[Piece, ...]
    more: bool  # there are more pieces at once
    result: tuple[Any, ...] = ()  # one value
    end: bytes = b""  # what a longer trial goes on from


def versions() -> dict[str, str]:
    """Return the versions that must be the same on a node as where the run was started."""
    return {"Python": platform.python_version(), **{name: version(name) for name in _ALIKE}}


class NodeWorker:
    """One worker process on this node, with a folder of its own."""

    def __init__(self, *, threads: int, gpu: bool, max_seconds: float | None) -> None:
        if not gpu and visible_gpus():  # else it is the one that Ray has named
            os.environ["CUDA_VISIBLE_DEVICES"] = ""
        self._executor = LocalExecutor(jobs=1, max_seconds=max_seconds, threads=threads)
        self._folder = self._executor.folder / "node"
        self._folder.mkdir()
        self._data: dict[str, ResolvedDataset] = {}
        self._count = 0
        self._changed = threading.Condition()
        self._watch: FolderWatch | None = None
        self._pieces: Iterator[Piece] | None = None  # of the present look at the files, None between two
        self._all_seen = False  # whether that look began when the trial had ended
        self._progress: list[Progress] = []
        self._result: tuple[Any, ...] = ()
        self._trial: Trial | None = None
        self._stop = StopRequest.NONE

    def hello(self) -> tuple[str, str, dict[str, str]]:
        """Return this machine's kind of processor, its name, and the versions of what trains on it."""
        return str(environment()["processor"]), platform.node(), versions()

    def begin(self, task: Task, study: Parcel, arrays: "Mapping[str, np.ndarray] | None") -> str:
        """Begin a task, or say NO_DATA: then call again with the arrays of the trial's dataset."""
        data = task.trial.data and self._dataset(task.trial.data, arrays)
        if task.trial.data is not None and data is None:
            return NO_DATA
        shutil.rmtree(self._folder / str(self._count), ignore_errors=True)  # the last trial's, which has come home
        self._count += 1
        place = self._folder / str(self._count)
        home = unpack_study(study, self._folder)
        trial = rehomed(task.trial, place, study=home, data=data, left=task.left)
        if task.end:
            end_path(self._executor.folder, trial.warm_start_from).write_bytes(task.end)
        self._reset(FolderWatch(trial))
        threading.Thread(target=self._perform, args=(task.kind, trial), daemon=True).start()
        return BEGUN

    def news(self, stop: StopRequest, *, soon: float, resend: bool) -> News:
        """Return what has happened since the last call, of an epoch within `soon` seconds.

        resend: what came before has not arrived, and is to be sent again.
        """
        self._stop = stop
        if resend and self._watch:
            self._watch.forget()
            self._pieces = None
        if self._pieces is None:
            self._listen(soon)
        ended = bool(self._result)
        if self._pieces is None:
            self._pieces = self._watch.pieces(ended=ended) if self._watch else iter(())
            self._all_seen = ended
        pieces, more = self._next_pieces()
        with self._changed:
            progress, self._progress = tuple(self._progress), []
        if more or not self._all_seen:
            return News(progress, pieces, more)
        return News(progress, pieces, False, self._result, self._left_end())

    def close(self) -> None:
        """End the worker process, and remove what lies in its folder."""
        self._executor.close()

    def _reset(self, watch: FolderWatch) -> None:
        self._watch, self._pieces, self._all_seen = watch, None, False
        self._progress, self._result, self._trial, self._stop = [], (), None, StopRequest.NONE

    def _dataset(self, data: ResolvedDataset, arrays: "Mapping[str, np.ndarray] | None") -> ResolvedDataset | None:
        found = self._data.get(data.sha256) or found_here(data)
        if found is None and arrays is not None:
            found = kept_here(data, arrays)
        if found is not None:
            self._data[data.sha256] = found
        return found and replace(data, folder=found.folder)

    def _perform(self, kind: str, trial: Trial) -> None:
        """Do a task in a thread of its own."""
        self._trial = trial
        try:
            result = self._done(kind, trial)
        except BaseException as error:  # whatever it is, the driver is to hear of it
            result = WorkerFailure(FAILED, failure_text(error))
        with self._changed:
            self._result = (result,)
            self._changed.notify()

    def _done(self, kind: str, trial: Trial) -> Any:
        if kind == FAULT:
            return self._executor.faults([trial])[0]
        if kind in (EFFECT, TRACED_EFFECT):
            return self._executor.fingerprints([trial], traced=kind == TRACED_EFFECT)[0]
        outcomes = [outcome for _, outcome in self._executor.run([trial], progress=self._hear, stop_request=lambda: self._stop)]
        return outcomes[0] if outcomes else WorkerFailure("interrupted", "Interrupted: ended before it began.")

    def _hear(self, progress: Progress) -> None:
        with self._changed:
            self._progress.append(progress)

    def _listen(self, soon: float) -> None:
        """Wait until the task has ended, for a moment longer where there is something to tell."""
        began = time.monotonic()
        with self._changed:
            while not self._result:
                left = (soon if self._progress else max(soon, NEWS_SECONDS)) - (time.monotonic() - began)
                if left <= 0:
                    return
                self._changed.wait(min(left, 0.1))

    def _next_pieces(self) -> tuple[tuple[Piece, ...], bool]:
        found: list[Piece] = []
        size = 0
        for piece in self._pieces or ():
            found.append(piece)
            size += len(piece.data)
            if size >= MOST_AT_ONCE:
                return tuple(found), True
        self._pieces = None
        return tuple(found), False

    def _left_end(self) -> bytes:
        """Return the end that a trial has left for a longer one."""
        trial = self._trial
        if trial is None or not trial.leaves_warm_start or not isinstance(self._result[0], Record):
            return b""
        path = end_path(self._executor.folder, trial.trial_id)
        return path.read_bytes() if path.exists() else b""
