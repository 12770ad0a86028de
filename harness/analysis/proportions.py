"""The test set's own uncertainty: what one seed can say of an accuracy, and of two models on the same samples.

It is not the uncertainty over seeds: it says how far the test set, as a sample, could mislead about this one trained
model, and nothing about what another seed would have given.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from harness.analysis.statistics import CONFIDENCE, Interval, check_confidence


@dataclass(frozen=True, slots=True)
class SampleDifference:
    """Two trained models on the same test samples: variant minus control, as a fraction of the samples.

    only_variant, only_control: samples that one of the two alone gets right. p_value: McNemar's exact test.
    """

    mean: float
    low: float
    high: float
    n: int
    only_variant: int
    only_control: int
    p_value: float


def wilson_interval(successes: int, n: int, *, confidence: float = CONFIDENCE) -> Interval:
    """Return an accuracy with Wilson's score interval: the fraction of n samples that were right.

    Source: Wilson, "Probable inference, the law of succession, and statistical inference", Journal of the American
    Statistical Association 22 (1927).
    """
    check_counts(n, successes=successes)
    fraction, z = successes / n, normal_quantile(confidence)
    scale = 1 + z * z / n
    centre = (fraction + z * z / (2 * n)) / scale
    margin = z / scale * math.sqrt(fraction * (1 - fraction) / n + z * z / (4 * n * n))
    low = 0.0 if successes == 0 else centre - margin
    high = 1.0 if successes == n else centre + margin
    return Interval(fraction, low, high, std=None, n=n)


def highest_rate(failures: int, n: int, *, confidence: float = CONFIDENCE) -> float:
    """Return the highest rate of failure that so many failures in n runs do not rule out.

    Without any failure it is 1 - (1 - confidence)^(1/n), about 3/n. Source: Clopper and Pearson, "The use of confidence
    or fiducial limits illustrated in the case of the binomial", Biometrika 26 (1934), the upper limit alone.
    """
    from scipy.special import betaincinv

    check_counts(n, failures=failures)
    check_confidence(confidence)
    return 1.0 if failures == n else float(betaincinv(failures + 1, n - failures, confidence))


def mcnemar_exact(only_variant: int, only_control: int) -> float:
    """Return the two-sided exact p-value that two models are right equally often on the same samples.

    Under that hypothesis a sample that one alone gets right falls to either with probability 1/2:
    p = min(1, 2 · P(Binomial(a + b, 1/2) ≤ min(a, b))). Without any such sample it is 1. Source: McNemar, "Note on the
    sampling error of the difference between correlated proportions", Psychometrika 12 (1947).
    """
    from scipy.special import betainc

    check_counts(only_variant + only_control or 1, only_variant=only_variant, only_control=only_control)
    fewer, total = min(only_variant, only_control), only_variant + only_control
    if 2 * fewer == total:
        return 1.0
    # The binomial distribution as an incomplete beta function: Abramowitz and Stegun, 26.5.24.
    return min(1.0, 2 * float(betainc(total - fewer, fewer + 1, 0.5)))


def compare_correctness(
    variant_right: ArrayLike, control_right: ArrayLike, *, confidence: float = CONFIDENCE
) -> SampleDifference:
    """Compare which samples of one test set two trained models get right.

    variant_right, control_right: shape (samples,), true where the model's class is the label. The interval is the
    adjusted Wald interval: half a sample is added to each of the four cells. Source: Agresti and Min, "Simple improved
    confidence intervals for comparing matched proportions", Statistics in Medicine 24 (2005).
    """
    variant, control = np.asarray(variant_right, dtype=bool), np.asarray(control_right, dtype=bool)
    if variant.ndim != 1 or variant.shape != control.shape or not variant.size:
        raise ValueError(
            f"The variant has answers of shape {variant.shape} and the control {control.shape}; "
            "expected as many, on the same samples."
        )
    gained, lost, n = int((variant & ~control).sum()), int((control & ~variant).sum()), variant.size
    centre = (gained - lost) / (n + 2)
    margin = normal_quantile(confidence) * math.sqrt(gained + lost + 1 - (gained - lost) * centre) / (n + 2)
    return SampleDifference(
        mean=(gained - lost) / n,
        low=max(-1.0, centre - margin),
        high=min(1.0, centre + margin),
        n=n,
        only_variant=gained,
        only_control=lost,
        p_value=mcnemar_exact(gained, lost),
    )


def normal_quantile(confidence: float) -> float:
    """Return z such that a standard normal variable lies within ± z with this confidence."""
    from scipy.special import ndtri

    check_confidence(confidence)
    return float(ndtri((1 + confidence) / 2))


def check_counts(n: int, **counts: int) -> None:
    """Refuse counts of samples that are not whole numbers from 0 to n, and n below 1."""
    if n != int(n) or n < 1:
        raise ValueError(f"n is {n}; expected a whole number of samples, at least 1.")
    for name, count in counts.items():
        if count != int(count) or not 0 <= count <= n:
            raise ValueError(f"{name} is {count}; expected a whole number from 0 to {n}.")
