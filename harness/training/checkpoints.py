"""One attempt's checkpoints: the one that it goes on from, and those that it writes for the next."""

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, fields
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader

from harness.engine import Epoch, State, StateError
from harness.models import Given, given_sha256
from harness.records import attempt_folder, environment
from harness.study import TRAIN
from harness.tensorboard import event_files
from harness.training.checkpoint_file import (
    Checkpoint,
    CheckpointError,
    find_checkpoints,
    give_up,
    read_checkpoint,
    require_home,
    take_over,
    write_checkpoint,
)
from harness.training.trial import Trial
from harness.training.warm_start import find_beginning, leave_end

# Where these differ, the same state may go on to other last digits.
CONDITIONS = ("tensorflow", "keras", "numpy", "processor", "devices", "intra_op_threads", "inter_op_threads")
WORTH_KEEPING = 3.0  # seconds of training that an interrupted trial keeps


class Resumable(Protocol):
    """A training whose state can be kept, in one phase or in several."""

    @property
    def engine(self) -> str: ...  # noqa: D102  (as harness.engine.Training's, and so the others)
    @property
    def planned(self) -> int: ...  # noqa: D102
    @property
    def ended(self) -> bool: ...  # noqa: D102
    def state(self) -> State: ...  # noqa: D102
    def resume(self, state: State) -> None: ...  # noqa: D102


class Checkpoints:
    """Finds the checkpoint that an attempt goes on from, and writes its own as it trains.

    A checkpoint is a courtesy: one that cannot be written or used costs time, never the trial. `notes` says, for the
    record's provenance, what was resumed, lost, or set aside.
    """

    def __init__(
        self,
        trial: Trial,
        training: Resumable,
        given: Given,
        *,
        started: float,
        notes: dict[str, Any],
        unkept: str = "",
    ) -> None:
        """Begin with nothing to go on from.

        started: `time.perf_counter()` when the attempt began. unkept: why no state of it is to be kept, empty where it is.
        """
        self.epochs: list[Epoch] = []  # all that count, the resumed ones first
        self.earlier_seconds = 0.0  # what earlier attempts have spent, wall time
        self.notes = notes
        self._trial, self._training, self._given = trial, training, given
        self._started = self._written = started
        self._unkept = unkept
        self._lost_seconds = 0.0
        self._attempts: tuple[int, ...] = (trial.attempt,)
        self._source: tuple[Path, Checkpoint] | None = None

    def resume(self) -> list[Epoch]:
        """Let the training go on from the newest usable checkpoint; return the epochs that lie behind it."""
        for path in find_checkpoints(self._trial.folder, self._trial.trial_id, first=self._trial.resumable):
            try:
                checkpoint = self._usable(path)
            except _OtherConditions as error:
                self.notes["checkpoint_unused"] = str(error)
            except (CheckpointError, StateError) as error:
                self.notes["checkpoint_set_aside"] = str(error)
                give_up(path, self._trial.folder, self._trial.home)
            else:
                self._go_on(path, checkpoint)
                break
        else:
            self._begin_where_another_ended()
            if {"callbacks", "phases"} & self.notes.keys() and self._trial.attempt > self._trial.resumable:
                self.notes["began_anew"] = self._unkept or "no attempt before it has left a state to go on from"
        return list(self.epochs)

    def take_over(self) -> None:
        """Make the resumed checkpoint this attempt's own, now that its curves are whole; hide the older ones."""
        if self._source is None:
            return
        path, checkpoint = self._source
        if not self._store(checkpoint.state):
            return
        take_over(path, checkpoint, self._trial.folder, self._trial.home)

    def after(self, epoch: Epoch, *, ending: bool = False) -> None:
        """Count an epoch, and keep the state behind it if it is time, or if the attempt ends too early."""
        self.epochs.append(epoch)
        if self._trial.leaves_warm_start and epoch.number == self._training.planned:
            self._leave_end()
        every = self._trial.checkpoint_seconds
        due = self._written + (min(every, WORTH_KEEPING) if ending else every)
        if self._training.ended or time.perf_counter() < due:
            return
        if self._unkept:
            self.notes["checkpoint_unwritten"] = self._unkept
            return
        try:
            self._store(vars_of(self._training.state()))
        except StateError as error:
            self.notes["checkpoint_unwritten"] = str(error)
        self._written = time.perf_counter()

    def _leave_end(self) -> None:
        with suppress(StateError):
            leave_end(self._trial, self._checkpoint(vars_of(self._training.state())))

    def _begin_where_another_ended(self) -> None:
        checkpoint = find_beginning(self._trial)
        if checkpoint is None:
            return
        try:
            self._take(checkpoint, place=f"the end of trial {self._trial.warm_start_from}")
        except CheckpointError as error:
            self.notes["beginning_unused"] = str(error)
            return
        # What a trial costs is what it would cost alone: the epochs that it was given count as its own.
        self.earlier_seconds = sum(epoch.seconds + epoch.test_seconds for epoch in self.epochs)
        self.notes |= {"continues": self._trial.warm_start_from, "continues_from": self.epochs[-1].number}
        self.notes["earlier_seconds"] = self.earlier_seconds

    def _usable(self, path: Path) -> Checkpoint:
        checkpoint = read_checkpoint(path)
        if checkpoint.trial_id != self._trial.trial_id:
            raise CheckpointError(f"{path}: is of trial {checkpoint.trial_id}; expected {self._trial.trial_id}.")
        self._take(checkpoint, place=str(path))
        return checkpoint

    def _take(self, checkpoint: Checkpoint, *, place: str) -> None:
        """Let the training go on from a checkpoint; CheckpointError if it cannot, and then it begins anew."""
        differing = [name for name, value in self._conditions.items() if checkpoint.conditions.get(name) != value]
        if differing:
            raise _OtherConditions(f"{place}: was made under other conditions ({', '.join(differing)}).")
        try:
            self._training.resume(State(**checkpoint.state))
            self.epochs = [Epoch(**epoch) for epoch in checkpoint.epochs]
        except (StateError, TypeError) as error:
            raise CheckpointError(f"{place}: does not fit the trial ({error}).") from None

    def _go_on(self, path: Path, checkpoint: Checkpoint) -> None:
        newest = attempt_folder(self._trial.folder, checkpoint.attempts[-1])
        lost = seconds_after(newest / TRAIN, step=self.epochs[-1].step)
        self._source = path, checkpoint
        self._attempts = (*checkpoint.attempts, self._trial.attempt)
        self._lost_seconds = checkpoint.lost_seconds + lost
        self.earlier_seconds = checkpoint.seconds + lost
        self.notes |= {
            "resumed_from": self.epochs[-1].number,
            "attempts": list(self._attempts),
            "earlier_seconds": self.earlier_seconds,
            "lost_seconds": self._lost_seconds,
        }

    def _store(self, state: Mapping[str, Any]) -> bool:
        try:
            require_home(self._trial.folder, self._trial.home)
            write_checkpoint(self._trial.folder, self._checkpoint(state))
        except OSError as error:
            self.notes["checkpoint_unwritten"] = str(error)
            return False
        return True

    def _checkpoint(self, state: Mapping[str, Any]) -> Checkpoint:
        return Checkpoint(
            trial_id=self._trial.trial_id,
            attempts=self._attempts,
            conditions=self._conditions,
            seconds=self.earlier_seconds + time.perf_counter() - self._started,
            lost_seconds=self._lost_seconds,
            epochs=[asdict(epoch) for epoch in self.epochs],
            state=state,
        )

    @cached_property
    def _conditions(self) -> dict[str, Any]:
        found = environment()
        conditions = {"engine": self._training.engine} | {name: found.get(name) for name in CONDITIONS}
        # The trial's id knows a dataset's content, not what a study's function returns.
        return conditions | {"arrays": given_sha256(self._given)}


class _OtherConditions(CheckpointError):
    """A sound checkpoint from another machine, engine, version or data."""


def vars_of(state: State) -> dict[str, Any]:
    """Return a state's fields by their names; unlike asdict, without a copy of every array."""
    return {field.name: getattr(state, field.name) for field in fields(state)}


def seconds_after(folder: Path, *, step: int) -> float:
    """Return the seconds from a step's last event in a run's files to the last of all: what was trained since."""
    events = [event for path in event_files(folder) for event in LegacyEventFileLoader(str(path)).Load()]
    done = [event.wall_time for event in events if event.step <= step]
    return max(event.wall_time for event in events) - max(done) if done else 0.0
