"""What further seeds could still decide: the chance that a comparison is settled at the last look of its design."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from harness.analysis.planning import spread_quantiles

FUTILITY = 0.3  # chance of being settled in the end below which no more seeds are spent: found by scripts/simulate.py


@dataclass(frozen=True, slots=True)
class LastLook:
    """What the last look of a design asks for: its seeds, and the one-sided levels for a difference and for its absence."""

    seeds: int
    differing: float
    alike: float


def chance_of_settling(mean: ArrayLike, std: ArrayLike, n: int, last: LastLook, margin: float) -> NDArray[np.float64]:
    """Return how probably the last look says better, worse or equivalent, given the mean and the spread of n differences.

    Where nothing else is known, (n - 1) std² / σ² is chi-squared, and given σ the mean of all N seeds is normal around the
    present one with σ √(1/n - 1/N): the predictive probability (Spiegelhalter, Freedman and Blackburn, "Monitoring clinical
    trials: conditional or predictive power?", Controlled Clinical Trials 7 (1986)). At that look σ is taken for the spread.
    """
    from scipy.special import ndtr, stdtrit

    means, spreads = np.asarray(mean, dtype=float)[..., np.newaxis], np.asarray(std, dtype=float)[..., np.newaxis]
    spreads = spreads / spread_quantiles(n)
    error = spreads / np.sqrt(last.seeds)
    differing, alike = (-stdtrit(last.seeds - 1, level) for level in (last.differing, min(last.alike, 0.025)))
    far, near = np.maximum(margin, differing * error), np.maximum(0.0, margin - alike * error)
    width = spreads * np.sqrt(1 / n - 1 / last.seeds)
    above, below = ndtr((means - far) / width), ndtr((-means - far) / width)
    inside = ndtr((near - means) / width) - ndtr((-near - means) / width)
    return np.asarray((above + below + inside).mean(axis=-1))
