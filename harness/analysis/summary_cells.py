"""The cells of one variant's row of the summary: its measured values over the seeds."""

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from harness.analysis.comparison import Comparison, reliability_cells
from harness.analysis.epochs import BEST, VALIDATION, Chosen, chosen_epoch
from harness.analysis.pairing import by_seed
from harness.analysis.posterior import posterior, probability_of_improvement
from harness.analysis.proportions import wilson_interval
from harness.analysis.test_sets import overlap
from harness.analysis.verdicts import INCONCLUSIVE, UNFAIR
from harness.records import Record
from harness.study import ACCURACY, BETTER, EQUIVALENT, WORSE, Metric


def mean_cells(group: Sequence[Record], names: Iterable[str]) -> dict[str, float]:
    """Return the means of these metrics over a variant's seeds."""
    shown = shown_records(group)
    return {name: mean(record.metrics.get(name, math.nan) for record in shown) for name in names}


def shown_records(group: Sequence[Record]) -> Sequence[Record]:
    """Return the records whose values a variant's row shows: the finished ones, else whatever was measured."""
    return [record for record in group if record.finished] or [record for record in group if record.metrics]


def measured_cells(group: Sequence[Record], comparison: Comparison | None, metric: Metric) -> dict[str, Any]:
    """Return a variant's cells of the study's metric."""
    finished = [record for record in group if record.finished]
    value = mean(metric.of(record.metrics) for record in shown_records(group))
    cells: dict[str, Any] = {
        "metric": metric.column,
        "direction": metric.direction,
        "margin": metric.margin,
        "value": value,
        "value_std": std([metric.of(record.metrics) for record in finished]),
        **_chosen("best_epoch", "best_value", [chosen_epoch(record, BEST, metric) for record in finished]),
        **_chosen("validation_epoch", "value_at_validation", [chosen_epoch(record, VALIDATION, metric) for record in finished]),
    }
    cells |= reliability_cells(group, metric)
    if comparison and comparison.difference and metric.name == ACCURACY.name:
        cells["delta_test_accuracy"] = comparison.difference.mean
    if finished and math.isnan(value) and any(metric.column not in record.metrics for record in finished):
        cells["error"] = _lacking(finished, metric)
    return cells


def belief_cells(
    group: Sequence[Record], control: Sequence[Record], comparison: Comparison, metric: Metric
) -> dict[str, float]:
    """Return what a variant's seeds make of it in probabilities, where they can be held against its control's at all."""
    if comparison.verdict.word not in (BETTER, WORSE, EQUIVALENT, INCONCLUSIVE) or comparison.verdict == UNFAIR:
        return {}
    belief = posterior(comparison.difference, metric)
    if belief is None:
        return {}
    cells = {f"probability_{name}": getattr(belief, name) for name in ("worse", "same", "better")}
    if overlap(group):  # folds are no runs that one draws from
        return cells
    mine, its = (_finite(by_seed(records, metric)) for records in (group, control))
    improvement = probability_of_improvement(mine, its, higher_is_better=metric.higher_is_better)
    return cells if improvement is None else cells | {"probability_of_improvement": improvement}


def _finite(values: Mapping[int, float]) -> dict[int, float]:
    return {seed: value for seed, value in values.items() if math.isfinite(value)}


def _chosen(epoch: str, value: str, chosen: Sequence[Chosen]) -> dict[str, float]:
    return {epoch: mean(one.epoch for one in chosen), value: mean(one.value for one in chosen)}


def _lacking(finished: Sequence[Record], metric: Metric) -> str:
    """Say that the study's metric was not measured, and what was."""
    names = sorted({name for record in finished for name in record.metrics if name.startswith("test_")})
    return f"No trial measured {metric.column}; measured: {', '.join(names) or 'nothing'}."


def first_image_cells(finished: Sequence[Record]) -> dict[str, Any]:
    """Return what the first finished seed says of the first test image: the class, and how sure it is."""
    for record in finished:
        if record.first_test_image:
            probability = max(record.first_test_image)
            chosen = list(record.first_test_image).index(probability)
            return {"first_test_image_class": chosen, "first_test_image_probability": probability}
    return {"first_test_image_class": math.nan, "first_test_image_probability": math.nan}


def sampling_cells(finished: Sequence[Record]) -> dict[str, float | None]:
    """Return the Wilson interval of the mean accuracy: how far the test set, as a sample, could mislead."""
    if overlap(finished):  # of a mean over several test sets
        return {}
    samples = {record.cost.get("test_samples") for record in finished}
    accuracy = mean(record.metrics.get("test_accuracy", math.nan) for record in finished)
    count = samples.pop() if len(samples) == 1 else None
    if not count or not count >= 1 or not 0 <= accuracy <= 1:  # an accuracy in percent is no share of samples
        return {}
    interval = wilson_interval(round(accuracy * count), int(count))
    return {"test_set_low": interval.low, "test_set_high": interval.high}


def mean(values: Iterable[float]) -> float:
    """Return the mean of the values that are known, NaN where none is."""
    finite = [value for value in values if not math.isnan(value)]
    if not finite:
        return math.nan
    try:
        return statistics.fmean(finite)
    except OverflowError:  # their sum is beyond any float, their mean is not
        return math.fsum(value / len(finite) for value in finite)


def std(values: Iterable[float]) -> float:
    """Return the standard deviation of the values that are known, NaN for fewer than two."""
    finite = [value for value in values if not math.isnan(value)]
    if len(finite) < 2:
        return math.nan
    # statistics.stdev computes in fractions: a tenth of a second over a thousand variants, for digits that no float holds.
    middle = mean(finite)
    try:
        return math.sqrt(math.fsum((value - middle) ** 2 for value in finite) / (len(finite) - 1))
    except OverflowError:  # squares are beyond any float sooner than their root
        return math.hypot(*(value - middle for value in finite)) / math.sqrt(len(finite) - 1)
