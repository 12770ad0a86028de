"""A trial by its last epoch, by its best one, or by the one that its validation samples choose.

The last epoch is what a fixed plan of training gives, with the weights that it ends with, be they an average. The best
one is chosen by the very test samples that judge it: an optimistic choice, of use as an upper bound. The one chosen on
validation samples may be judged on the test samples.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from harness.errors import UsageError, unknown
from harness.records import Record
from harness.study import PREFIXES, Metric, metric_from_dict

LAST, BEST, VALIDATION = "last", "best", "validation"
EPOCHS = (LAST, BEST, VALIDATION)
IN_WORDS = {
    LAST: "Values of the model as training left it.",
    BEST: "Values of the epoch that is best on the test samples themselves: an optimistic choice.",
    VALIDATION: "Values of the epoch that is best on the validation samples.",
}
NEEDED = {BEST: "test values by epoch", VALIDATION: "validation samples"}  # to choose an epoch by


@dataclass(frozen=True, slots=True)
class Chosen:
    """One epoch of a trial: its number, counted from 1, and the metric's value on the test samples."""

    epoch: float  # NaN where nothing was measured
    value: float


NOT_CHOSEN = Chosen(math.nan, math.nan)


def metric_of(records: Sequence[Record]) -> Metric:
    """Return the metric that one study's records are about: that of the first of them."""
    return metric_from_dict(records[0].metric)


def chosen_epoch(record: Record, which: str, metric: Metric) -> Chosen:
    """Return the best epoch of a trial, or the one that validation chooses; NOT_CHOSEN where nothing was measured."""
    place = _place(record, which, metric)
    if place is None:
        return NOT_CHOSEN
    values = record.history.get(metric.column, ())
    return Chosen(epoch_numbers(record)[place], values[place] if place < len(values) else math.nan)


def at_epoch(record: Record, which: str, metric: Metric) -> Record:
    """Return a record whose metrics are those of its end, its best epoch, or the one that validation chooses.

    The answers to each test sample are those at the end, so that for another their number is left out. A record
    without values to choose by has NaN for metrics then.
    """
    if which == LAST:
        return record
    place = _place(record, which, metric)
    measured = dict.fromkeys(record.metrics, math.nan)
    if place is not None:
        measured = {name: series[place] for name, series in measured_series(record) if place < len(series)}
    cost = {name: value for name, value in record.cost.items() if name != "test_samples"}
    return replace(record, metrics=measured, cost=cost, first_test_image=())


def all_at_epoch(records: Iterable[Record], which: str) -> tuple[list[Record], list[str]]:
    """Return records by the epoch asked for, and one line on those that have no such epoch.

    UsageError where no record that ended as it should has one.
    """
    if which not in EPOCHS:
        raise unknown("Epoch", which, EPOCHS)
    every = list(records)
    if which == LAST:
        return every, []
    chosen = [at_epoch(record, which, metric_from_dict(record.metric)) for record in every]
    finished = [record for record in chosen if record.finished]
    without = [record for record in finished if math.isnan(metric_from_dict(record.metric).of(record.metrics))]
    if not without:
        return chosen, []
    first, what = without[0], NEEDED[which]
    name = f"{first.study}/{first.variant}/seed-{first.seed}"
    if len(without) == len(finished):
        raise UsageError(
            f"No trial has {what}, {name} for one: there is no epoch to choose by them; "
            f"expected {'a study with validation=N, or ' if which == VALIDATION else ''}--epoch last."
        )
    line = f"{len(without)} of {len(finished)} trials have no {what}, {name} for one: they are left without values."
    return chosen, [line]


def lacks_epoch(records: Iterable[Record], which: str) -> bool:
    """Say whether a variant's trials were trained, but none of them has anything to choose such an epoch by."""
    if which == LAST:
        return False
    finished = [record for record in records if record.finished]
    return bool(finished) and all(_place(record, which, metric_from_dict(record.metric)) is None for record in finished)


def measured_epochs(record: Record, metric: Metric) -> int:
    """Return among how many epochs the best one of a trial is chosen."""
    return sum(map(math.isfinite, record.history.get(metric.column, ())))


def _place(record: Record, which: str, metric: Metric) -> int | None:
    """Return the place in the history of the first epoch with the best value to choose by."""
    column = metric.column if which == BEST else f"validation_{metric.name}"
    values = {place: value for place, value in enumerate(record.history.get(column, ())) if math.isfinite(value)}
    if not values:
        return None
    return (max if metric.higher_is_better else min)(values, key=values.__getitem__)


def measured_series(record: Record) -> list[tuple[str, Sequence[float]]]:
    """Return the series of the history that are measured values, and not times."""
    return [
        (name, series) for name, series in record.history.items() if name.startswith(PREFIXES) and not name.endswith("_seconds")
    ]


def epoch_numbers(record: Record) -> list[int]:
    """Return the number of the epoch behind each entry of the history, counted from 1; epochs may have been left out."""
    entries = max(map(len, record.history.values()), default=0)
    given = [int(number) for number in record.history.get("epoch", ()) if math.isfinite(number)]
    return given if len(given) == entries else [*range(1, entries + 1)]
