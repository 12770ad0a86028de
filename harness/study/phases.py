"""Phases of a training: what each one trains, at which rate, for how long."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from harness.errors import UsageError
from harness.study.setting_values import check, require_positive


@dataclass(frozen=True, slots=True)
class Phase:
    """One phase of a training, which goes on where the phase before it ended, as another call of fit does.

    freeze and train name layers by name or pattern, as the setting `freeze` does. What neither names stays as it was in the
    phase before; where both name a layer, the one that names fewer layers counts. Each phase begins with a fresh compile: a
    new optimizer of the same configuration, with nothing in its memory.
    """

    epochs: int
    learning_rate: float | None = None  # None: the one that the model was compiled with
    freeze: tuple[str, ...] = ()  # layers whose weights stay as they are from here on
    train: tuple[str, ...] = ()  # layers that learn from here on
    prepare: Callable[[Any], Any] | None = None  # prepare(model) changes the model before its compile, or compiles it itself

    def __post_init__(self) -> None:
        kinds: dict[str, Any] = {"epochs": int, "learning_rate": float | None, "freeze": tuple[str, ...]}
        for name, kind in (kinds | {"train": tuple[str, ...]}).items():
            object.__setattr__(self, name, check(f"Phase: {name}", getattr(self, name), kind))
        require_positive("Phase: epochs", self.epochs)
        if self.learning_rate is not None:
            require_positive("Phase: learning_rate", self.learning_rate)
        for name in ("freeze", "train"):
            if not all(pattern.strip() for pattern in getattr(self, name)):
                raise UsageError(f"Phase: {name} must be names or patterns of layers; received an empty one.")
        if self.prepare is not None and not callable(self.prepare):
            raise UsageError(f"Phase: prepare must be a function of the model; received {self.prepare!r}.")
