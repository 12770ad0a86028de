"""How many seeds an open comparison still needs: a plan from its mean and spread, and how far that plan may be off."""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from harness.analysis.statistics import CONFIDENCE, t_quantile
from harness.study import ACCURACY_MARGIN, FEWEST_PAIRS, SIGNIFICANCE

MOST_SEEDS = 1000
POWER = 0.8
GRID = 5  # spreads, and means of each, that the true ones may be


def seeds_to_settle(mean: float, std: float, *, n: int, margin: float = ACCURACY_MARGIN, comparisons: int = 1) -> int | None:
    """Return how many seeds, in all, would settle a comparison whose true mean and spread are those measured.

    It is the smallest number above n at which a new study of that many seeds ends better, worse or equivalent with a
    probability of at least POWER (see `settling_probability`). None: not within MOST_SEEDS, as when the mean lies on
    the margin itself, where no number of seeds tells. It is a plan, not a promise: the mean and spread are estimates,
    and `likely_seeds` says what that makes of it.
    """
    check_plan(mean, std, margin, comparisons)
    (found,) = _smallest(np.array([abs(mean) / std]), np.array([margin / std]), n, comparisons)
    return None if found > MOST_SEEDS else int(found)


def likely_seeds(
    mean: float, std: float, *, n: int, margin: float = ACCURACY_MARGIN, comparisons: int = 1
) -> tuple[int | None, int | None]:
    """Return the quartiles of the seeds that would settle a comparison, over the means and spreads that may be true.

    n: the seeds that mean and std are from. Given them, (n - 1) · std² / σ² is chi-squared and the true mean is normal
    around the measured one with σ / √n, where nothing else is known. None stands for more than MOST_SEEDS.
    """
    from scipy.special import chdtri, ndtri

    check_plan(mean, std, margin, comparisons)
    shares = (np.arange(GRID) + 0.5) / GRID
    spreads = std * np.sqrt((n - 1) / chdtri(n - 1, shares))[:, np.newaxis]
    means = mean + ndtri(shares) * spreads / math.sqrt(n)
    found = np.sort(_smallest((np.abs(means) / spreads).ravel(), (margin / spreads).repeat(GRID), n, comparisons))
    quartiles = found[found.size // 4], found[-1 - found.size // 4]
    low, high = (None if value > MOST_SEEDS else int(value) for value in quartiles)
    return low, high


def _smallest(effects: NDArray[np.float64], margins: NDArray[np.float64], n: int, comparisons: int) -> NDArray[np.int64]:
    """Return the smallest number of seeds above n that settles each, MOST_SEEDS + 1 where none does."""
    low = np.full(effects.shape, max(n, FEWEST_PAIRS - 1))
    high = np.full(effects.shape, MOST_SEEDS + 1)
    while (open_ones := high - low > 1).any():
        middle = np.where(open_ones, (low + high) // 2, high)
        settled = settling_probability(np.minimum(middle, MOST_SEEDS), effects, margins, comparisons) >= POWER
        low, high = np.where(open_ones & ~settled, middle, low), np.where(open_ones & settled, middle, high)
    return np.asarray(np.maximum(high, low))


def settling_probability(seeds: ArrayLike, effect: ArrayLike, margin: ArrayLike, comparisons: int = 1) -> NDArray[np.float64]:
    """Return how probably a study of so many seeds ends with better, worse or equivalent; each of shape (k,).

    effect, margin: the true mean and the margin, in standard deviations of the difference. Given the study's own
    spread s, better or worse needs |mean| ≥ max(margin, t · s / √n) at the level of Holm's first step,
    SIGNIFICANCE / comparisons; equivalence needs |mean| < margin - t · s / √n, at that level on one side and within the
    interval at CONFIDENCE. The mean is normal and independent of s (Student, 1908), so the probability is averaged over
    the quantiles of s.
    """
    from scipy.special import ndtr

    numbers = np.atleast_1d(np.asarray(seeds)).tolist()
    effects, margins = (np.atleast_1d(np.asarray(values, dtype=float))[:, np.newaxis] for values in (effect, margin))
    error = 1 / np.sqrt(np.array(numbers))[:, np.newaxis]
    spread = np.stack([spread_quantiles(number) for number in numbers]) * error
    levels = 1 - SIGNIFICANCE / comparisons / 2, max(1 - SIGNIFICANCE / comparisons, (1 + CONFIDENCE) / 2)
    differing, aliking = (np.array([[critical_value(level, number)] for number in numbers]) for level in levels)
    different, alike = np.maximum(margins, differing * spread), np.maximum(0.0, margins - aliking * spread)
    above, below = ndtr((effects - different) / error), ndtr((-effects - different) / error)
    inside, outside = ndtr((alike - effects) / error), ndtr((-alike - effects) / error)
    return np.asarray((above + below + inside - outside).mean(axis=1))


@lru_cache(maxsize=8192)
def critical_value(probability: float, seeds: int) -> float:
    """Return the t quantile that a study of so many seeds is judged by."""
    return t_quantile(probability, seeds - 1)


@lru_cache(maxsize=4096)
def spread_quantiles(seeds: int, *, points: int = 16) -> NDArray[np.float64]:
    """Return the measured standard deviation's quantiles, at the middles of equal shares, where the true one is 1."""
    from scipy.special import chdtri

    upper_tails = (np.arange(points) + 0.5) / points
    return np.asarray(np.sqrt(chdtri(seeds - 1, upper_tails) / (seeds - 1)))


def check_plan(mean: float, std: float, margin: float, comparisons: int) -> None:
    """Refuse what no number of seeds can be planned from."""
    check_margin(margin)
    if not (math.isfinite(mean) and math.isfinite(std) and std > 0):
        raise ValueError(f"The differences have mean {mean:g} and std {std:g}; expected finite ones and a std above 0.")
    if comparisons < 1:
        raise ValueError(f"comparisons is {comparisons}; expected the size of the family, at least 1.")


def check_margin(margin: float) -> None:
    """Refuse a smallest difference that is negative or not finite."""
    if not (math.isfinite(margin) and margin >= 0):
        raise ValueError(f"margin is {margin:g}; expected the smallest difference that matters, at least 0.")
