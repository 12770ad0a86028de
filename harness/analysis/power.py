"""What so many seeds can show: the chance to find a difference, before anything is trained or after a pilot."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from harness.analysis.pairing import hold
from harness.analysis.planning import MOST_SEEDS, check_plan, critical_value, spread_quantiles
from harness.analysis.statistics import PairedDifference
from harness.records import Record
from harness.study import FEWEST_PAIRS, SIGNIFICANCE, Metric

POWER = 0.8
FINEST = 1e-3  # of a difference that is looked for, in spreads


def detection_probability(
    seeds: ArrayLike, effect: float, std: float, *, margin: float, comparisons: int = 1
) -> NDArray[np.float64]:
    """Return how probably a study of so many seeds calls a variant better whose true difference is `effect`; shape (k,).

    seeds: shape (k,), at least FEWEST_PAIRS. effect: above 0; std: of a difference between pairs; margin: the smallest mean
    that is called better, all in the metric's unit. comparisons: of the study; the p-value must be below SIGNIFICANCE divided
    by it, which is Holm's first and hardest step. The power of the paired t-test (Cohen 1988, 2.3), with the margin's rule
    beside it: for a margin of 0 it is that of the noncentral t distribution.
    """
    from scipy.special import ndtr

    check_plan(effect, std, margin, comparisons)
    numbers = np.atleast_1d(np.asarray(seeds)).tolist()
    found = []
    for number in numbers:
        error = std / math.sqrt(number)
        needed = critical_value(1 - SIGNIFICANCE / comparisons / 2, number) * spread_quantiles(number, points=64) * error
        found.append(float(ndtr((effect - np.maximum(margin, needed)) / error).mean()))
    return np.array(found)


def seeds_to_find(effect: float, std: float, *, margin: float, comparisons: int = 1, power: float = POWER) -> int | None:
    """Return the smallest number of seeds with this chance to find a difference; None where MOST_SEEDS are too few.

    A difference of no more than the margin is found in half of all studies at the most, however many seeds they have.
    """
    low, high = FEWEST_PAIRS - 1, MOST_SEEDS + 1
    while high - low > 1:
        middle = (low + high) // 2
        enough = detection_probability(middle, effect, std, margin=margin, comparisons=comparisons)[0] >= power
        low, high = (low, middle) if enough else (middle, high)
    return None if high > MOST_SEEDS else high


def smallest_found(seeds: int, std: float, *, margin: float, comparisons: int = 1, power: float = POWER) -> float:
    """Return the smallest true difference that so many seeds find with this chance, in the metric's unit."""
    low, high = 0.0, margin + 100 * std
    while high - low > FINEST * std:
        middle = (low + high) / 2
        enough = detection_probability(seeds, middle, std, margin=margin, comparisons=comparisons)[0] >= power
        low, high = (low, middle) if enough else (middle, high)
    return high


def measured_spreads(differences: Mapping[str, PairedDifference | None]) -> dict[str, float]:
    """Return the standard deviation of each variant's differences, of those that have at least two pairs and a spread."""
    return {
        name: one.std
        for name, one in differences.items()
        if one is not None and one.n >= 2 and one.std is not None and one.std > 0
    }


def paired_differences(by_variant: Mapping[str, Sequence[Record]], metric: Metric) -> dict[str, PairedDifference | None]:
    """Return each variant's differences from its control in a pilot; None where they cannot be judged."""
    controls = {name: by_variant[group[0].control] for name, group in by_variant.items() if group[0].control in by_variant}
    held = {name: hold(by_variant[name], control, metric=metric) for name, control in controls.items()}
    return {name: None if one.refused else one.difference for name, one in held.items()}
