"""What a study's own function keeps of a trial under way, and what the next attempt goes on from."""

import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from harness.engine import random_state, restore_random, serialize
from harness.errors import UsageError
from harness.records import environment, package_version
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
from harness.training.checkpoints import CONDITIONS
from harness.training.context import TrialContext
from harness.training.own_epochs import OwnEpochs

ENGINE = "function"
EXPECTED = (
    "expected a dict of numbers, texts, bytes, lists, dicts and NumPy arrays (of a tensor its .numpy(), of a PyTorch "
    "state the bytes that torch.save writes)"
)


class FunctionCheckpoints:
    """One attempt's checkpoints, in the files that the harness's own training has (`harness.training.checkpoints`).

    One that cannot be written or used costs time, never the trial. With the function's state go the random states of
    Python, NumPy, Keras and PyTorch, which `resume` puts back.
    """

    def __init__(self, context: TrialContext) -> None:
        self._trial, self._progress = context.trial, context.progress
        self._board = context.board
        self._epochs: list[Mapping[str, Any]] = []  # logged so far: number, values, seconds since the trial began
        self._written = context.progress.started_at
        self._source: tuple[Path, Checkpoint] | None = None  # that was resumed, until its epochs are logged
        self._attempts: tuple[int, ...] = (self._trial.attempt,)
        self._lost = 0.0

    def logged(self, number: int, values: Mapping[str, Any]) -> None:
        """Remember an epoch for the next checkpoint."""
        plain = {name: float(value) for name, value in values.items()}
        self._epochs.append({"number": int(number), "values": plain, "seconds": self._progress.seconds})

    def keep(self, state: Any, *, last: int, ending: bool) -> None:
        """Write the state behind the last epoch, if it is time or the training ends; UsageError for one of other things."""
        if type(state) is not dict:
            raise UsageError(f"trial.checkpoint: received a {type(state).__name__}; {EXPECTED}.")
        if not last:
            raise UsageError(
                "trial.checkpoint keeps the state behind the epoch that was logged last, and none was yet; "
                "call trial.log(epoch, ...) before it."
            )
        try:
            serialize(state)
        except TypeError as error:
            raise UsageError(f"trial.checkpoint: {str(error).replace('value', 'state', 1)}; {EXPECTED}.") from None
        if not ending and time.perf_counter() < self._written + self._trial.checkpoint_seconds:
            return
        self._written = time.perf_counter()
        self._write({"own": state, "random": _random_state()})

    def resume(self) -> dict[str, Any] | None:
        """Return the newest usable state that an earlier attempt has kept, random states put back; None where there is none."""
        notes = self._progress.provenance
        for path in find_checkpoints(self._trial.folder, self._trial.trial_id, first=self._trial.resumable):
            try:
                checkpoint = read_checkpoint(path)
                differing = [name for name, value in self._conditions().items() if checkpoint.conditions.get(name) != value]
                if differing:
                    notes["checkpoint_unused"] = f"{path}: was made under other conditions ({', '.join(differing)})."
                    continue
                state: dict[str, Any] = checkpoint.state["own"]
                _restore_random(checkpoint.state["random"])
            except (CheckpointError, KeyError, TypeError, ValueError) as error:
                notes["checkpoint_set_aside"] = str(error)
                give_up(path, self._trial.folder, self._trial.home)
                continue
            self._source = path, checkpoint
            return state
        return None

    def go_on(self, number: int, epochs: OwnEpochs) -> None:
        """Log the epochs of earlier attempts that lie before the first one of this attempt, where it was resumed.

        UsageError where epochs are missing between: the state was kept before its epoch was logged.
        """
        if self._source is None:
            return
        (path, checkpoint), self._source = self._source, None
        standing = [epoch for epoch in checkpoint.epochs if epoch["number"] < number]
        if not standing:  # the function begins anew
            return
        _require_gapless([epoch["number"] for epoch in standing], number)
        before = 0.0
        for epoch in standing:
            epochs.add(epoch["number"], epoch["values"], seconds=epoch["seconds"] - before)
            before = epoch["seconds"]
        self._epochs = list(standing)
        spent = checkpoint.seconds
        self._attempts = (*checkpoint.attempts, self._trial.attempt)
        self._lost = checkpoint.lost_seconds + spent - before
        self._progress.earlier_seconds = spent
        self._progress.provenance |= {
            "resumed_from": standing[-1]["number"],
            "attempts": list(self._attempts),
            "earlier_seconds": spent,
            "lost_seconds": self._lost,
        }
        self._take_over(path, checkpoint)

    def _take_over(self, path: Path, checkpoint: Checkpoint) -> None:
        """Make the resumed checkpoint this attempt's own, now that its curves are whole; hide the older ones."""
        if not self._write(checkpoint.state):
            return
        take_over(path, checkpoint, self._trial.folder, self._trial.home)

    def _write(self, state: Mapping[str, Any]) -> bool:
        checkpoint = Checkpoint(
            trial_id=self._trial.trial_id,
            attempts=self._attempts,
            conditions=self._conditions(),
            seconds=self._progress.seconds,
            lost_seconds=self._lost,
            epochs=self._epochs,
            state=state,
        )
        try:
            require_home(self._trial.folder, self._trial.home)
            write_checkpoint(self._trial.folder, checkpoint)
        except OSError as error:
            self._progress.provenance["checkpoint_unwritten"] = str(error)
            return False
        return True

    def _conditions(self) -> dict[str, Any]:
        found = environment()
        return {"engine": ENGINE, "torch": package_version("torch")} | {name: found.get(name) for name in CONDITIONS}


def _require_gapless(numbers: list[int], number: int) -> None:
    widest = max(one - before for before, one in zip([0, *numbers], numbers, strict=False))
    if number - numbers[-1] > widest:
        raise UsageError(
            f"trial.resume() gave the state behind epoch {numbers[-1]}, and epoch {number} is logged next: the curves would "
            "lack what lies between. Call trial.checkpoint(state) after trial.log(epoch, ...) of its epoch."
        )


def _random_state() -> dict[str, Any]:
    torch = sys.modules.get("torch")
    return random_state() | {"torch": None if torch is None else np.asarray(torch.get_rng_state().numpy())}


def _restore_random(kept: Mapping[str, Any]) -> None:
    restore_random(kept)
    if kept["torch"] is not None and (torch := sys.modules.get("torch")):
        torch.set_rng_state(torch.from_numpy(kept["torch"]))
