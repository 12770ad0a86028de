"""Folds: the samples of a study divided anew for each trial, so that each of them is tested once in a repeat."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from harness.errors import UsageError

MOST_TRIALS = 10_000


@dataclass(frozen=True, slots=True)
class Folds:
    """K-fold cross-validation, once or repeated: trial N of a variant is fold N % count of repeat N // count.

    stratified: whether each fold has about the share of each class that all samples have. groups(settings, arrays) returns
    a label for each sample, the training samples first and the test samples behind them: samples of one label are never
    on both sides. All variants have the same folds, which are drawn by the number of the repeat.
    """

    count: int
    repeats: int = 1
    stratified: bool = False
    groups: Callable[[Any, Any], Any] | None = None

    def __post_init__(self) -> None:
        for name, least in (("count", 2), ("repeats", 1)):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < least:
                raise UsageError(f"Folds: {name} is {value!r}; expected a whole number from {least}.")
        if self.trials > MOST_TRIALS:
            raise UsageError(f"Folds: {self.repeats} repeats of {self.count} folds; expected at most {MOST_TRIALS:,} in all.")
        if self.groups is not None and not callable(self.groups):
            raise UsageError(f"Folds: groups is {self.groups!r:.80}; expected a function groups(settings, arrays).")

    @property
    def trials(self) -> int:
        """How many trials a variant has: one a fold of each repeat."""
        return self.count * self.repeats

    def __str__(self) -> str:
        kinds = [*(["stratified"] if self.stratified else []), *(["grouped"] if self.groups else [])]
        said = " ".join([*kinds, f"{self.count} folds"])
        return f"{said}, {self.repeats} times" if self.repeats > 1 else said


def as_folds(who: str, value: Any) -> Folds | None:
    """Return a study's folds, which may be given as their number; UsageError for anything else."""
    if value is None or isinstance(value, Folds):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return Folds(value)
    raise UsageError(f"{who}: folds is {value!r:.80}; expected a number such as 5, or harness.Folds(5, stratified=True).")
