"""What was measured after an epoch."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.study import TEST, TRAIN, VALIDATION


@dataclass(frozen=True, slots=True)
class Epoch:
    """What was measured after an epoch, and what it took."""

    number: int  # from 1
    train: Mapping[str, float]  # by Keras' names: loss, accuracy, ...
    test: Mapping[str, float]
    learning_rate: float | None  # None for a model that has none, or several
    seconds: float  # one training pass alone; the mean of those since the epoch that was measured before
    test_seconds: float  # on validation and test samples
    validation: Mapping[str, float] = field(default_factory=dict)  # empty where no samples are held out
    batches: int = 0  # trained so far
    step: int = 0  # the place in TensorBoard's charts: the number, or the batches where epochs are counted in them

    @property
    def by_split(self) -> dict[str, Mapping[str, float]]:
        """What was measured on the samples of each split."""
        return {TRAIN: self.train, VALIDATION: self.validation, TEST: self.test}


def logs_of(epoch: Epoch) -> dict[str, float]:
    """Return what an epoch measured by Keras' names: val_ is of validation samples, or else of the test's."""
    return {**epoch.train, **{f"val_{name}": value for name, value in (epoch.validation or epoch.test).items()}}


def finite(values: Mapping[str, float]) -> bool:
    """Say whether the losses among an epoch's values are finite: `loss`, `d_loss` and the like; all, where none is named so."""
    losses = [value for name, value in values.items() if name.endswith("loss")]
    return all(map(math.isfinite, losses or values.values()))
