"""Cost beside benefit: what a variant costs, as a ratio to its control, and which variants nothing beats at their price."""

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from harness.analysis.statistics import pareto
from harness.records import OK, UNEXPECTED_PASS, Record
from harness.study import HIGHER

COSTS = ("parameters", "flops_per_sample", "epoch_seconds", "state_mb")


def costs_of(records: Sequence[Record]) -> dict[str, float]:
    """Return a variant's costs: counts and megabytes of its first record, the median epoch over all of them."""
    known = {name: _first(records, name) for name in COSTS if name != "epoch_seconds"}
    # The first epoch of a trial may hold the compilation of its program, so it counts only where it is the only one.
    epochs = [seconds for record in records for seconds in _steady(record.history.get("epoch_seconds", ()))]
    return known | {"epoch_seconds": statistics.median(epochs) if epochs else math.nan}


def _first(records: Sequence[Record], name: str) -> float:
    return next((value for record in records if (value := record.cost.get(name)) is not None), math.nan)


def _steady(seconds: Sequence[float]) -> Sequence[float]:
    return seconds[1:] or seconds


def ratios(costs: Mapping[str, float], control: Mapping[str, float]) -> dict[str, float]:
    """Return each cost as a multiple of the control's, NaN where one of them is not known."""
    return {f"{name}_ratio": costs[name] / control[name] if control[name] else math.nan for name in COSTS}


def pareto_best(rows: Sequence[Mapping[str, Any]]) -> list[bool]:
    """Say of each row of a summary whether no other on the same data is at least as good for less computation.

    Good is a value of the study's metric, in its own direction.
    Computation is floating-point operations of a sample's forward pass × epochs: it does not depend on the machine.
    """
    best = [False] * len(rows)
    for data in {row["data"] for row in rows}:
        places = [place for place, row in enumerate(rows) if row["data"] == data]
        benefit = np.array([_benefit(rows[place]) for place in places], dtype=float)
        work = np.array([rows[place]["flops_per_sample"] * rows[place]["epochs"] for place in places], dtype=float)
        for place, is_best in zip(places, pareto(benefit, work), strict=True):
            best[place] = bool(is_best)
    return best


def _benefit(row: Mapping[str, Any]) -> float:
    if row["status"] not in (OK, UNEXPECTED_PASS):
        return math.nan  # what was cut off is cheap, and no bargain
    value: float = row["value"]
    return value if row["direction"] == HIGHER else -value
