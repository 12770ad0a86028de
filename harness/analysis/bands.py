"""Curves across seeds: each variant's mean and band per epoch."""

import math
from collections.abc import Iterable, Sequence
from itertools import count

import numpy as np

from harness.analysis.statistics import mean_interval
from harness.analysis.test_sets import overlap
from harness.records import Record
from harness.study import PREFIXES, metric_from_dict

LAST_STEP = 2**63 - 1  # that an event can have
Band = tuple[float, float, float]  # mean, low, high


def band(records: Sequence[Record], curve: str) -> dict[int, Band]:
    """Return mean, low and high by step, of each step that at least one finished seed reached.

    The band is the 95% Student t interval of the mean over the seeds that reached the step; for one seed, or where
    the seeds do not differ, it is the curve itself.
    """
    shared = overlap(records)
    by_step: dict[int, list[float]] = {}
    for record in records:
        if record.finished:
            for step, value in zip(curve_steps(record), record.history.get(curve, ()), strict=False):
                by_step.setdefault(step, []).append(value)
    points: dict[int, Band] = {}
    for step in sorted(step for step in by_step if abs(step) <= LAST_STEP):
        values = np.array(by_step[step])
        try:
            with np.errstate(all="ignore"):
                found = mean_interval(values[np.isfinite(values)], overlap=shared) if np.isfinite(values).any() else None
        except ValueError:  # losses near the largest float have no interval that a float can hold
            continue
        if found is None:
            break
        low, high = (found.mean, found.mean) if found.low is None or found.high is None else (found.low, found.high)
        points[step] = (found.mean, low, high)
    return points


def curve_steps(record: Record) -> Iterable[int]:
    """Return where a trial's own curves have their points: batches so far where epochs are counted in them, else epochs."""
    batches, numbers = (record.history.get(name, ()) for name in ("step", "epoch"))
    if record.settings.get("steps_per_epoch"):
        return (int(step) for step in batches if math.isfinite(step))
    return (int(number) for number in numbers if math.isfinite(number)) if numbers else count(1)


def curve_names(records: Sequence[Record]) -> tuple[str, ...]:
    """Return the names of all that the records measured on training, validation and test samples.

    The study's metric comes first, then the loss: models of several outputs measure much besides.
    """
    names = {name for record in records for name in record.history if name.startswith(PREFIXES)}
    first = [metric_from_dict(record.metric).name for record in records[:1]] + ["loss"]

    def rank(name: str) -> tuple[int, str]:
        metric = name.partition("_")[2]
        return (first.index(metric) if metric in first else len(first)), name

    return tuple(sorted(names - {"test_seconds"}, key=rank))
