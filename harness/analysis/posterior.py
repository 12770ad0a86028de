"""What the seeds say of a difference in probabilities: that it is worse, too small to matter, or better."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

from harness.analysis.statistics import PairedDifference
from harness.study import FEWEST_PAIRS, Metric


@dataclass(frozen=True, slots=True)
class Posterior:
    """The probabilities that the true mean difference lies below, within and above ± margin; they add up to 1."""

    worse: float
    same: float
    better: float


def posterior(difference: PairedDifference | None, metric: Metric) -> Posterior | None:
    """Return what is to be believed of a difference after these pairs, where nothing was known before them.

    With a prior that favours no mean and no scale, the true mean is distributed as Student's t with n - 1 degrees of
    freedom around the measured one, its scale the standard error: the same numbers that the interval and the p-value are
    made of. Folds have the standard error that their common samples leave. None below FEWEST_PAIRS pairs, and for
    differences without a spread. It is of one comparison: of many, some look good by chance, which the verdict's
    correction allows for, and this does not.

    Source: Benavoli, Corani, Demšar and Zaffalon, "Time for a change: a tutorial for comparing multiple classifiers
    through Bayesian analysis", JMLR 18 (2017), section 4.2.
    """
    if difference is None or difference.n < FEWEST_PAIRS or difference.low is None or difference.error is None:
        return None
    from scipy.special import stdtr

    below = float(stdtr(difference.n - 1, (-metric.margin - difference.mean) / difference.error))
    above = float(stdtr(difference.n - 1, (difference.mean - metric.margin) / difference.error))
    worse, better = (below, above) if metric.higher_is_better else (above, below)
    return Posterior(worse, max(1.0 - worse - better, 0.0), better)


def probability_of_improvement(
    variant: Mapping[int, float], control: Mapping[int, float], *, higher_is_better: bool
) -> float | None:
    """Return how often a run of the variant beats a run of the control, each drawn from those there are; ties count half.

    variant, control: values by seed, finite. It is of single runs and not of means: 0.5 where neither is better, however
    far their means may be told apart by many seeds. None where either has no value.

    Source: Agarwal et al., "Deep reinforcement learning at the edge of the statistical precipice", NeurIPS (2021), section 4.3.
    """
    if not variant or not control:
        return None
    sign = 1 if higher_is_better else -1
    wins = sum((sign * (mine - its) > 0) + (mine == its) / 2 for mine, its in product(variant.values(), control.values()))
    return wins / (len(variant) * len(control))
