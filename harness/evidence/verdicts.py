"""What a paired difference shows, in a word, and how many seeds an open question still needs."""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from harness.claims import BETTER, EQUIVALENT, IDENTICAL, WORSE
from harness.metrics import ACCURACY_MARGIN
from harness.statistics import CONFIDENCE, PairedDifference, t_quantile

INCONCLUSIVE = "inconclusive"
NOTHING_IN_COMMON = "no seed in common with the control"

SIGNIFICANCE = 0.05
FEWEST_PAIRS = 5
MOST_SEEDS = 1000
POWER = 0.8

# A computed mean of exactly the margin must not miss it by the last bit of a sum.
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Verdict:
    """One word on a variant, and what stands behind it.

    word: `better`, `worse`, `equivalent`, `inconclusive`, `identical`, or empty where there are too few pairs for any.
    seeds: how many would settle an inconclusive comparison; None where that is unknown or beyond MOST_SEEDS.
    """

    word: str
    detail: str
    seeds: int | None = None


def verdict(
    difference: PairedDifference | None,
    *,
    adjusted_p: float | None,
    margin: float = ACCURACY_MARGIN,
    higher_is_better: bool = True,
    comparisons: int = 1,
) -> Verdict:
    """Judge a variant's difference from its control by these rules, the first that holds.

    1. Fewer than FEWEST_PAIRS pairs: no word.  2. Every pair equal: identical.  3. Adjusted p below SIGNIFICANCE and a
    mean of at least the margin: better or worse.  4. The whole interval inside ± margin: equivalent.  5. Otherwise
    inconclusive: also for a difference that is more than noise yet smaller than the margin while its interval reaches
    beyond, and for one that is the same on every seed, as no spread means no measure of chance.

    adjusted_p: Holm's, over the study's variants. margin: the smallest difference that matters, in the metric's unit.
    comparisons: the size of Holm's family; it decides the number of seeds only.
    """
    check_margin(margin)
    if difference is None or difference.n < FEWEST_PAIRS:
        return too_few(difference)
    if difference.identical:
        return Verdict(IDENTICAL, f"the same on all {difference.n} seeds")
    if difference.low is None or difference.high is None:
        return Verdict(INCONCLUSIVE, f"off by the same {difference.mean:+.4g} on every seed: no spread to judge by")
    significant = adjusted_p is not None and adjusted_p < SIGNIFICANCE
    large = abs(difference.mean) >= margin * (1 - ROUNDING)
    if significant and large:
        return Verdict(BETTER if (difference.mean > 0) == higher_is_better else WORSE, f"Holm p = {adjusted_p:.2g}")
    if -margin < difference.low and difference.high < margin:
        return Verdict(EQUIVALENT, f"within ±{margin:g} of the control")
    seeds = seeds_to_settle(difference.mean, difference.std, n=difference.n, margin=margin, comparisons=comparisons)
    needed = f"about {seeds} seeds would settle it" if seeds else f"more than {MOST_SEEDS} seeds would be needed"
    reason = f"more than noise, but perhaps below ±{margin:g}; " if significant else ""
    return Verdict(INCONCLUSIVE, reason + needed, seeds)


def too_few(difference: PairedDifference | None) -> Verdict:
    """Return the empty verdict of a comparison with fewer than FEWEST_PAIRS pairs."""
    if difference is None:
        return Verdict("", NOTHING_IN_COMMON)
    if difference.identical:
        prefix = "identical so far"
    elif difference.n > 1 and difference.low is None:
        prefix = "same difference in every seed so far"
    else:
        prefix = "intervals only"
    return Verdict("", f"{prefix}: {difference.n} of {FEWEST_PAIRS} seeds")


def seeds_to_settle(mean: float, std: float, *, n: int, margin: float = ACCURACY_MARGIN, comparisons: int = 1) -> int | None:
    """Return how many seeds, in all, would settle a comparison whose true mean and spread are those measured.

    It is the smallest number above n at which a new study of that many seeds ends better, worse or equivalent with a
    probability of at least POWER (see `settling_probability`). None: not within MOST_SEEDS, as when the mean lies on
    the margin itself, where no number of seeds tells. It is a plan, not a promise: the mean and spread are estimates.
    """
    check_margin(margin)
    if not (math.isfinite(mean) and math.isfinite(std) and std > 0):
        raise ValueError(f"The differences have mean {mean:g} and std {std:g}; expected finite ones and a std above 0.")
    if comparisons < 1:
        raise ValueError(f"comparisons is {comparisons}; expected the size of the family, at least 1.")
    effect, smallest = abs(mean) / std, margin / std

    def settles(seeds: int) -> bool:
        return settling_probability(seeds, effect, smallest, comparisons) >= POWER

    low, high = max(n, FEWEST_PAIRS - 1), MOST_SEEDS
    if low >= high or not settles(high):
        return None
    while high - low > 1:
        middle = math.isqrt(low * high) + 1 if high > 2 * low else (low + high) // 2
        low, high = (low, middle) if settles(middle) else (middle, high)
    return high


def settling_probability(seeds: int, effect: float, margin: float, comparisons: int = 1) -> float:
    """Return how probably a study of so many seeds ends with better, worse or equivalent.

    effect, margin: the true mean and the margin, in standard deviations of the difference. Given the study's own
    spread s, better or worse needs |mean| ≥ max(margin, t · s / √n) at the level of Holm's first step,
    SIGNIFICANCE / comparisons; equivalence needs |mean| < margin - t · s / √n at CONFIDENCE. The mean is normal and
    independent of s (Student, 1908), so the probability is averaged over the quantiles of s.
    """
    from scipy.special import ndtr

    error = 1 / math.sqrt(seeds)
    spread = spread_quantiles(seeds) * error
    different = np.maximum(margin, critical_value(1 - SIGNIFICANCE / comparisons / 2, seeds) * spread)
    alike = np.maximum(0.0, margin - critical_value((1 + CONFIDENCE) / 2, seeds) * spread)
    above, below = ndtr((effect - different) / error), ndtr((-effect - different) / error)
    inside, outside = ndtr((alike - effect) / error), ndtr((-alike - effect) / error)
    return float((above + below + inside - outside).sum() / spread.size)


@lru_cache(maxsize=4096)
def critical_value(probability: float, seeds: int) -> float:
    """Return the t quantile that a study of so many seeds is judged by."""
    return t_quantile(probability, seeds - 1)


@lru_cache(maxsize=4096)
def spread_quantiles(seeds: int, *, points: int = 32) -> NDArray[np.float64]:
    """Return the measured standard deviation's quantiles, at the middles of equal shares, where the true one is 1."""
    from scipy.special import chdtri

    upper_tails = (np.arange(points) + 0.5) / points
    return np.sqrt(chdtri(seeds - 1, upper_tails) / (seeds - 1))


def check_margin(margin: float) -> None:
    """Refuse a smallest difference that is negative or not finite."""
    if not (math.isfinite(margin) and margin >= 0):
        raise ValueError(f"margin is {margin:g}; expected the smallest difference that matters, at least 0.")
