"""What a study that trains itself measures: its epochs as they come, and what its training ends with."""

import math
import time
from collections.abc import Mapping
from contextlib import suppress

import numpy as np

from harness.engine import Epoch, finite
from harness.errors import UsageError
from harness.study import SPLITS, is_metric_name
from harness.training.context import TrialContext

EXPECTED = "expected names such as train_loss, validation_loss or test_accuracy"


class Diverged(Exception):
    """A loss was not finite, which ends the training there, as it ends the harness's own."""


class OwnEpochs:
    """Takes one trial's epochs down, in its history and in TensorBoard, and tells of them who follows the run.

    Not every epoch need have every metric: what it lacks is NaN in the history.
    """

    def __init__(self, context: TrialContext, *, who: str) -> None:
        """Begin with no epoch; who: what measures them, as errors call it."""
        self.last = 0  # the number of the epoch that was measured last
        self._who, self._context = who, context
        self._since = time.perf_counter()
        self._values: dict[str, float] = {}  # of the last epoch

    def add(self, number: int, values: Mapping[str, float], *, seconds: float | None = None) -> bool:
        """Keep an epoch and show it; return whether training is to stop there. Diverged for a loss that is not finite.

        number: from 1, above the last one's. values: by names such as train_loss. seconds: that one epoch took; without
        it, those since the last one, shared among the epochs since.
        """
        self._require_number(number)
        if not values:
            raise UsageError(f"{self._who}: epoch {number} has no values; {EXPECTED}.")
        checked = {name: checked_value(name, value, who=self._who) for name, value in values.items()}
        number, now = int(number), time.perf_counter()
        if seconds is None:
            seconds = (now - self._since) / (number - self.last)
        self._since, self.last, self._values = now, number, checked
        self._keep(number, checked, seconds)
        context, epoch = self._context, epoch_of(number, checked, seconds)
        context.board.epoch(
            epoch.step, **epoch.by_split, learning_rate=None, seconds=seconds if math.isfinite(seconds) else None
        )
        stopping = context.report(number, checked)
        if not all(map(finite, epoch.by_split.values())):
            context.progress.diverged = True
            raise Diverged(f"A loss is not finite after epoch {number}.")
        return stopping

    def end(self, values: Mapping[str, float]) -> None:
        """Keep what the training has ended with, in the place of the last epoch's; it needs the study's metric.

        values: what was measured at the end, on top of what the last epoch has; of a training without epochs, its only one.
        """
        context = self._context
        checked = {name: checked_value(name, value, who=self._who) for name, value in values.items()}
        if checked and not self.last:
            with suppress(Diverged):  # which the trial ends as, as behind any other epoch
                self.add(1, checked)
        elif checked:
            final = epoch_of(self.last, self._values | checked, math.nan)
            context.board.epoch(final.step + 1, **final.by_split, learning_rate=None, seconds=None)
            context.progress.diverged |= not all(map(finite, final.by_split.values()))
            context.progress.provenance["weights"] = f"as {self._who} measured them at the end"
        self._values |= checked
        context.progress.record_fields["metrics"] = dict(self._values)
        if not context.progress.diverged:
            self._require_metric()

    def _require_number(self, number: int) -> None:
        if isinstance(number, bool) or not isinstance(number, (int, np.integer)) or number <= self.last:
            before = f"above {self.last}, that of the last one" if self.last else "from 1 on"
            raise UsageError(f"{self._who}: epoch is {number!r}; expected a whole number {before}.")

    def _keep(self, number: int, values: Mapping[str, float], seconds: float) -> None:
        history = self._context.progress.history
        entries = len(history.get("epoch", ()))
        times = {"epoch_seconds": seconds} if math.isfinite(seconds) else {}
        row = {**values, **times, "epoch": float(number)}
        for name in history.keys() | row.keys():
            history.setdefault(name, [math.nan] * entries).append(row.get(name, math.nan))
        self._context.progress.record_fields["metrics"] = dict(values)

    def _require_metric(self) -> None:
        study = self._context.study
        metric = study.metric
        alias = next((f"test_{name}" for name in (metric.name, *metric.aliases) if f"test_{name}" in self._values), None)
        if alias is None:
            known = [name for name in self._context.progress.history if is_metric_name(name)]
            there = f"the last epoch has {', '.join(self._values)}" if self._values else "there is no value at all"
            earlier = "; earlier epochs have it" if metric.column in known else ""
            raise UsageError(
                f"Study {study.name!r} is judged by {metric.column}, which {self._who} does not give at its end: "
                f"{there}{earlier}."
            )
        self._values[metric.column] = value = self._values[alias]
        self._context.progress.record_fields["metrics"] = dict(self._values)
        if metric.fraction and not 0.0 <= value <= 1.0:
            raise UsageError(
                f"{self._who}: {metric.column} is {value:g}; expected a share between 0 and 1 (of percent, divide by 100), "
                f"or a metric that is none, as in Metric({metric.name!r}, ..., fraction=False)."
            )


def epoch_of(number: int, values: Mapping[str, float], seconds: float) -> Epoch:
    """Return values by their whole names as an epoch."""
    split = {
        one: {name.removeprefix(f"{one}_"): value for name, value in values.items() if name.startswith(f"{one}_")}
        for one in SPLITS
    }
    return Epoch(number, split["train"], split["test"], None, seconds, math.nan, validation=split["validation"], step=number)


def checked_value(name: str, value: object, *, who: str) -> float:
    """Return a measured value as a number, finite or not; UsageError for a name or a value that is none."""
    if not is_metric_name(name):
        raise UsageError(f"{who}: {name!r} is no name of a measured value; {EXPECTED}.")
    try:
        if isinstance(value, (str, bytes, bool)) or value is None:
            raise TypeError
        return float(value)  # type: ignore[arg-type]  # a tensor's or an array's single number, too
    except (TypeError, ValueError):
        raise UsageError(
            f"{who}: {name} is {str(value)[:60]!r}, of type {type(value).__name__}; expected one number."
        ) from None
