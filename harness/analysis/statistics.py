"""Pure functions over arrays: intervals, paired differences, corrections, Pareto fronts.

SciPy is imported inside the functions, and only `scipy.special`, so that a command that computes nothing does not
pay for it. A number that cannot be known is None, never a guess.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

CONFIDENCE = 0.95

# Metrics are computed in single precision: what differs by less is rounding, and a t-test on rounding proves nothing.
RESOLUTION = 2.0**-23


class TooLarge(ValueError):
    """Finite values whose mean or spread no float can hold."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean with its interval, in the unit of the values.

    low, high: None where no interval is known: fewer than two values, or values without any spread, whose interval
    of zero width would claim a certainty that repeated values do not give. std: the sample standard deviation
    (n - 1 in the denominator), None for one value.
    """

    mean: float
    low: float | None
    high: float | None
    std: float | None
    n: int


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """Variant minus control over the seeds that both have, in the metric's unit.

    low, high, p_value and effect_size are None for one pair and for differences that are all the same: neither has a
    spread to judge by. identical: every difference is zero (to single precision). effect_size: Hedges' g_z, None
    below three pairs.
    """

    mean: float
    low: float | None
    high: float | None
    std: float | None
    n: int
    p_value: float | None
    effect_size: float | None
    identical: bool
    overlap: float = 0.0  # of folds: test samples over training samples, most of which the pairs share

    @property
    def error(self) -> float | None:
        """The standard error of the mean, None without a spread: s · √(1/n + overlap)."""
        return None if self.std is None else self.std * math.sqrt(1 / self.n + self.overlap)


@dataclass(frozen=True, slots=True)
class Pairs:
    """The values of two variants on the seeds that both have, and what had to be left out."""

    variant: tuple[float, ...]
    control: tuple[float, ...]
    seeds: tuple[int, ...]
    note: str  # empty when every seed has its pair


def mean_interval(values: ArrayLike, *, confidence: float = CONFIDENCE, overlap: float = 0.0) -> Interval:
    """Return the mean and its Student t interval: mean ± t(n - 1) · s / √n.

    values: shape (n,), finite. overlap: of folds, see `paired_difference`.
    Source: Student, "The probable error of a mean", Biometrika 6 (1908).
    """
    sample = finite_sample(values, "values")
    return spread_interval(sample, math.sqrt(1 / sample.size + overlap), confidence)


def prediction_interval(values: ArrayLike, *, confidence: float = CONFIDENCE) -> Interval:
    """Return the interval in which one more run is expected: mean ± t(n - 1) · s · √(1 + 1/n).

    values: shape (n,), finite, taken as draws of one normal distribution. Source: Hahn and Meeker, "Statistical
    Intervals" (1991), section 4.7.
    """
    sample = finite_sample(values, "values")
    return spread_interval(sample, math.sqrt(1 + 1 / sample.size), confidence)


@np.errstate(over="ignore", invalid="ignore")  # what overflows is refused as TooLarge
def paired_difference(
    variant: ArrayLike, control: ArrayLike, *, confidence: float = CONFIDENCE, overlap: float = 0.0
) -> PairedDifference:
    """Return the mean of variant minus control, its t interval, the paired t-test's p-value and the effect size.

    variant, control: shape (n,), finite, aligned by seed (see `pair`). The effect size is Cohen's d_z, mean / s of
    the differences (Cohen, "Statistical Power Analysis" (1988), 2.3.5), with Hedges' exact correction for few pairs.

    overlap: of pairs that are folds, the test samples over the training samples of one. Folds train on each other's samples,
    so that their differences vary less than independent ones would: the variance of the mean is s² · (1/n + overlap).
    Source: Nadeau and Bengio, "Inference for the generalization error", Machine Learning 52 (2003), section 4.
    """
    treated, reference = finite_sample(variant, "variant"), finite_sample(control, "control")
    if treated.size != reference.size:
        raise ValueError(f"variant has {treated.size} values, control {reference.size}; expected as many of each.")
    differences = treated - reference
    rounding = RESOLUTION * float(max(np.abs(treated).max(), np.abs(reference).max()))
    width = math.sqrt(1 / treated.size + overlap)
    interval = spread_interval(differences, width, confidence, resolution=rounding)
    p_value = effect_size = None
    if interval.low is not None and interval.std is not None:
        p_value = t_test(interval.mean / (interval.std * width), interval.n - 1)
        if interval.n > 2:
            effect_size = hedges_correction(interval.n - 1) * interval.mean / interval.std
    return PairedDifference(
        interval.mean, interval.low, interval.high, interval.std, interval.n, p_value, effect_size,
        identical=bool(np.abs(differences).max() <= rounding), overlap=overlap,
    )  # fmt: skip


def equivalence_test(difference: PairedDifference, margin: float) -> float | None:
    """Return the p-value of two one-sided t-tests that the true mean difference lies within ± margin.

    It is the larger of the two: that of a mean at or above the margin, and that of one at or below its negative. None
    where the differences have no spread. Source: Schuirmann, "A comparison of the two one-sided tests procedure and the
    power approach", Journal of Pharmacokinetics and Biopharmaceutics 15 (1987).
    """
    if difference.low is None or difference.error is None:
        return None
    from scipy.special import stdtr

    return float(stdtr(difference.n - 1, (abs(difference.mean) - margin) / difference.error))


def pair(variant: Mapping[int, float], control: Mapping[int, float]) -> Pairs:
    """Align two variants' values by seed, with a note of the seeds that have no pair or no finite value."""
    both = sorted(variant.keys() & control.keys())
    seeds = [seed for seed in both if math.isfinite(variant[seed]) and math.isfinite(control[seed])]
    notes = [
        (variant.keys() - control.keys(), "only in the variant"),
        (control.keys() - variant.keys(), "only in the control"),
        (set(both) - set(seeds), "not finite"),
    ]
    return Pairs(
        variant=tuple(float(variant[seed]) for seed in seeds),
        control=tuple(float(control[seed]) for seed in seeds),
        seeds=tuple(seeds),
        note="; ".join(f"{seeds_in_words(missing)} {reason}" for missing, reason in notes if missing),
    )


def holm(p_values: Sequence[float | None]) -> tuple[float | None, ...]:
    """Return Holm's adjusted p-values, in the order given; None and NaN stay None and out of the family.

    With p(1) ≤ … ≤ p(m): adjusted p(i) = max over j ≤ i of min(1, (m - j + 1) · p(j)). It holds the family-wise error
    rate under any dependence, which variants that share a control have. Source: Holm, "A simple sequentially
    rejective multiple test procedure", Scandinavian Journal of Statistics 6 (1979).
    """
    known = [index for index, p in enumerate(p_values) if p is not None and not math.isnan(p)]
    family = np.array([p_values[index] for index in known], dtype=float)
    if np.any((family < 0) | (family > 1)):
        raise ValueError(f"p_values holds {family.min():g} to {family.max():g}; expected values from 0 to 1.")
    order = np.argsort(family, kind="stable")
    stepped = np.minimum(1.0, family[order] * np.arange(family.size, 0, -1))
    adjusted: list[float | None] = [None] * len(p_values)
    for position, value in zip(order, np.maximum.accumulate(stepped), strict=True):
        adjusted[known[position]] = float(value)
    return tuple(adjusted)


def pareto(benefit: ArrayLike, cost: ArrayLike) -> NDArray[np.bool_]:
    """Return which entries no other one beats: none has at least the benefit at no more cost, and one of them better.

    benefit, cost: shape (n,). An entry that is not finite is never best and beats nothing; equal entries are both best.
    """
    gains, costs = np.asarray(benefit, dtype=float), np.asarray(cost, dtype=float)
    if gains.ndim != 1 or gains.shape != costs.shape:
        raise ValueError(f"benefit has shape {gains.shape} and cost {costs.shape}; expected one of each an entry.")
    best = np.zeros(gains.shape, dtype=bool)
    known = np.isfinite(gains) & np.isfinite(costs)
    if known.any():
        levels, level = np.unique(costs[known], return_inverse=True)
        highest = np.full(levels.size, -math.inf)
        np.maximum.at(highest, level, gains[known])
        cheaper = np.concatenate(([-math.inf], np.maximum.accumulate(highest)[:-1]))
        best[known] = (gains[known] == highest[level]) & (gains[known] > cheaper[level])
    return best


def hedges_correction(freedom: int) -> float:
    """Return J(m) = Γ(m/2) / (√(m/2) · Γ((m - 1)/2)), which makes a standardized mean unbiased.

    freedom: m, at least 2. Source: Hedges, "Distribution theory for Glass's estimator of effect size", Journal of
    Educational Statistics 6 (1981).
    """
    return math.exp(math.lgamma(freedom / 2) - math.lgamma((freedom - 1) / 2)) / math.sqrt(freedom / 2)


def t_test(statistic: float, freedom: int) -> float:
    """Return the two-sided p-value of a t statistic."""
    from scipy.special import stdtr

    return float(2 * stdtr(freedom, -abs(statistic)))


def t_quantile(probability: float, freedom: float) -> float:
    """Return Student's t below which a variable lies with this probability."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, probability))


@np.errstate(over="ignore", invalid="ignore")
def spread_interval(
    sample: NDArray[np.float64], width: float, confidence: float, *, resolution: float | None = None
) -> Interval:
    """Return mean ± t · s · width, without the interval where the sample has no spread.

    width: the standard error in standard deviations. resolution: a spread up to this is rounding; by default from the
    sample's own magnitude. TooLarge: where the mean or the interval is beyond any float.
    """
    check_confidence(confidence)
    mean = float(sample.mean())
    if sample.size < 2:
        return Interval(mean, None, None, None, sample.size)
    if resolution is None:
        resolution = RESOLUTION * float(np.abs(sample).max())
    if float(np.ptp(sample)) <= resolution:
        return Interval(mean, None, None, 0.0, sample.size)
    std = float(sample.std(ddof=1))
    margin = t_quantile((1 + confidence) / 2, sample.size - 1) * std * width
    if not math.isfinite(mean) or not math.isfinite(margin):
        raise TooLarge(f"values reach {np.abs(sample).max():g}, too large to average; expected smaller numbers.")
    return Interval(mean, mean - margin, mean + margin, std, sample.size)


def finite_sample(values: ArrayLike, name: str) -> NDArray[np.float64]:
    """Return values as a float array, or say what is wrong with them."""
    sample = np.asarray(values, dtype=float)
    if sample.ndim != 1 or not sample.size:
        raise ValueError(f"{name} has shape {sample.shape}; expected at least one number, in one dimension.")
    finite = np.isfinite(sample)
    if not finite.all():
        bad = int(sample.size - finite.sum())
        raise ValueError(f"{bad} of {sample.size} values of {name} are not finite; expected finite numbers.")
    return sample


def check_confidence(confidence: float) -> None:
    """Refuse a confidence that is not a probability."""
    if not 0 < confidence < 1:
        raise ValueError(f"confidence is {confidence:g}; expected a value between 0 and 1, such as {CONFIDENCE:g}.")


def seeds_in_words(seeds: Iterable[int]) -> str:
    """Write seeds in order: seed 1, or seeds 1, 4."""
    ordered = sorted(set(seeds))
    return f"{'seed' if len(ordered) == 1 else 'seeds'} {', '.join(map(str, ordered))}"
