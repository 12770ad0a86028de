"""What is known of a trial so far, and what its training is given."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from harness.analysis import first_probabilities, predicted_classes, write_predictions
from harness.engine import Epoch, finite
from harness.errors import UsageError, failure_text
from harness.study import Metric, Settings, Study
from harness.tensorboard import FailoverWriter
from harness.training.figure_logger import FigureLogger
from harness.training.trial import Trial

# Called with each measured epoch's number and values; says whether training is to stop there.
Report = Callable[[int, Mapping[str, float]], bool]


class Interrupted(Exception):
    """The user asked that training stop before its end."""


@dataclass(slots=True)
class TrialProgress:
    """What is known of a trial so far; it grows while the trial runs and outlives its failure."""

    history: dict[str, list[float]] = field(default_factory=dict)
    record_fields: dict[str, Any] = field(default_factory=dict)  # fields of the record
    cost: dict[str, float] = field(default_factory=dict)
    provenance: dict[str, Any] = field(default_factory=dict)
    data: dict[str, str] = field(default_factory=dict)  # what the record's data say besides which they are
    started_at: float = field(default_factory=time.perf_counter)  # when it began
    earlier_seconds: float = 0.0  # spent by the attempts that it goes on from
    picture_seconds: float = 0.0  # spent on pictures, which is no part of what the trial costs
    diverged: bool = False  # whether a loss was not finite

    def add(self, epoch: Epoch, *, numbered: bool) -> dict[str, float]:
        """Keep what an epoch measured and return it; numbered: whether the epochs kept are not simply 1, 2, 3, ..."""
        values = self.measured(epoch)
        others = {"epoch_seconds": epoch.seconds, "test_seconds": epoch.test_seconds}
        if epoch.learning_rate is not None:
            others = {"learning_rate": epoch.learning_rate, **others}
        if numbered:
            others |= {"epoch": epoch.number, "step": epoch.batches}
        for name, value in (values | others).items():
            self.history.setdefault(name, []).append(float(value))
        return values

    def measured(self, epoch: Epoch) -> dict[str, float]:
        """Keep what was measured last and return it."""
        self.record_fields["metrics"] = values = _by_part(epoch)
        self.diverged |= not all(map(finite, (epoch.train, epoch.validation, epoch.test)))
        return values

    @property
    def seconds(self) -> float:
        """Wall time of all attempts so far, without their pictures."""
        return self.earlier_seconds + time.perf_counter() - self.started_at - self.picture_seconds

    def add_figure_notes(self, figures: FigureLogger) -> None:
        """Keep what a gallery has to say of its pictures, and what they took."""
        self.picture_seconds = figures.seconds
        self.provenance |= figures.notes


@dataclass(frozen=True, slots=True)
class TrialContext:
    """One trial under way: what is to be trained, and who hears of it."""

    trial: Trial
    study: Study
    settings: Settings
    progress: TrialProgress
    board: FailoverWriter
    report: Report
    stop_asked: Callable[[], bool] = lambda: False  # whether training is asked to stop, without an epoch to report
    tell: Callable[[str], None] = lambda doing: None  # hears what is done before the first epoch

    def log_epoch(self, epoch: Epoch) -> dict[str, float]:
        """Keep an epoch and show it; return its values. UsageError if they lack the metric that the study is about."""
        epoch = with_metric_name(epoch, self.study.metric)
        _require_metric(epoch, self.study)
        numbered = self.settings.log_every > 1 or self.settings.steps_per_epoch is not None
        values = self.progress.add(epoch, numbered=numbered)
        self.board.epoch(epoch.step, **epoch.by_split, learning_rate=epoch.learning_rate, seconds=epoch.seconds)
        return values

    def finish(self, final: Epoch) -> None:
        """Keep what the model measures with its final weights, in the place of its last epoch's values, and show it.

        The history stays what was measured behind each epoch. TensorBoard takes a curve's last point for a session's
        result, so that each curve goes on to the final values, one step behind the last epoch.
        """
        final = with_metric_name(final, self.study.metric)
        self.progress.measured(final)
        self.board.epoch(final.step, **final.by_split, learning_rate=None, seconds=None)

    def attempt(self, name: str, make: Callable[[], None]) -> None:
        """Make what is only there to be looked at; where it fails, keep the reason. OSError if it cannot be written."""
        try:
            make()
        except OSError:
            raise
        except Exception as error:
            reason = f"failed: {failure_text(error)}"
            self.progress.provenance["not_shown"] = {**self.progress.provenance.get("not_shown", {}), name: reason}

    def save_predictions(self, outputs: Any, labels: Any) -> np.ndarray | None:
        """Keep what a classifier says of each test sample: its class, whether that is right, and the first one's chances.

        Return the true classes, (n,); None for another task.
        """
        answers = predicted_classes(outputs, labels)
        if answers is None:
            return None
        classes, truth = answers
        self.progress.record_fields["first_test_image"] = first_probabilities(outputs)
        self.progress.cost["test_samples"] = len(truth)
        truth = np.asarray(truth)
        self.board.write(lambda _, folder: write_predictions(folder, classes, truth))
        return truth


def _by_part(epoch: Epoch) -> dict[str, float]:
    return {f"{split}_{name}": float(value) for split, values in epoch.by_split.items() for name, value in values.items()}


def with_metric_name(epoch: Epoch, metric: Metric) -> Epoch:
    """Return the epoch with the metric under its own name, where the model reports it under one of its aliases."""

    def named(values: Mapping[str, float]) -> Mapping[str, float]:
        alias = next((alias for alias in metric.aliases if alias in values), None)
        return values if metric.name in values or alias is None else {**values, metric.name: values[alias]}

    return replace(epoch, train=named(epoch.train), validation=named(epoch.validation), test=named(epoch.test))


def _require_metric(epoch: Epoch, study: Study) -> None:
    metric = study.metric
    if metric.name in epoch.test:
        return
    asked = f"{metric.name!r}" + (f" (nor {', '.join(map(repr, metric.aliases))})" if metric.aliases else "")
    raise UsageError(
        f"Study {study.name!r} is judged by {asked}, which this model does not report; it reports "
        f"{', '.join(epoch.test)}. Compile it with that metric, or name one of these: metric=harness.Metric(...)."
    )
