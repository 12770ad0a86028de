"""Whether one documented run, with all its figures at once, could be one more run of a variant."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.analysis import CONFIDENCE, t_quantile

# Two seeds can lie close by chance and make their own truth look impossible; three do so rarely enough.
FEWEST_SEEDS = 3

# Where one variant explains the figures, another that makes them this many times less likely adds nothing.
EVIDENCE = math.log(20)


@dataclass(frozen=True, slots=True)
class Fit:
    """How well a variant's runs agree with a documented one.

    plausible: no figure lies further out than chance allows. log_density: of all the figures together; a variant that
    would allow anything, because its runs differ widely, has a low one.
    """

    plausible: bool
    log_density: float


def joint_fit(
    values: Sequence[float],
    samples: Sequence[NDArray[np.float64]],
    *,
    rounding: Sequence[float],
    confidence: float = CONFIDENCE,
) -> Fit | None:
    """Return how one run's figures fit a variant's runs; None when a figure has fewer than FEWEST_SEEDS of them.

    values: the run's figures. samples: of each figure, the variant's finite values over its seeds. rounding: half a
    unit of each figure's last printed digit; it adds the variance of a uniform rounding error, so that a spread of
    zero decides nothing by itself.

    A further run lies at t = (value - mean) / √(s² (1 + 1/n) + rounding² / 3), Student with n - 1 degrees of freedom
    (Hahn and Meeker, "Statistical Intervals" (1991), 4.7). Over k figures |t| may reach the quantile at confidence
    1 - (1 - confidence) / k, as Bonferroni's inequality holds however the epochs of one curve depend on each other.
    The log density is the sum over the figures, which takes them as independent: good to rank variants by, no more.
    """
    if not values or any(sample.size < FEWEST_SEEDS for sample in samples):
        return None
    plausible, log_density = True, 0.0
    for value, sample, error in zip(values, samples, rounding, strict=True):
        freedom = sample.size - 1
        scale = math.sqrt(sample.var(ddof=1) * (1 + 1 / sample.size) + max(error, math.ulp(value)) ** 2 / 3)
        distance = (value - sample.mean()) / scale
        plausible &= bool(abs(distance) <= t_quantile(1 - (1 - confidence) / (2 * len(values)), freedom))
        log_density += t_log_density(distance, freedom) - math.log(scale)
    return Fit(plausible, log_density)


def t_log_density(distance: float, freedom: int) -> float:
    """Return the logarithm of Student's t density."""
    constant = math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2) - math.log(freedom * math.pi) / 2
    return constant - (freedom + 1) / 2 * math.log1p(distance * distance / freedom)


def explanations(own: Fit | None, others: Mapping[str, Fit | None]) -> tuple[str, ...]:
    """Return the variants that explain figures which the variant's own runs do not, the likeliest first.

    Empty when its own runs do fit, when they are too few to say, and when no other variant fits either.
    """
    if own is None or own.plausible:
        return ()
    fitting = {name: fit.log_density for name, fit in others.items() if fit is not None and fit.plausible}
    likeliest = max(fitting.values(), default=0.0)
    named = [name for name, density in fitting.items() if density > max(own.log_density, likeliest - EVIDENCE)]
    return tuple(sorted(named, key=fitting.__getitem__, reverse=True))
