"""The seeds in probabilities, against SciPy's distribution, a simulation and plain counting."""

import numpy as np
import pytest
from scipy import stats

from harness.analysis.posterior import posterior, probability_of_improvement
from harness.analysis.statistics import paired_difference
from harness.study import ACCURACY, Metric

pytestmark = pytest.mark.quick


def test_the_three_add_up_and_are_those_of_students_t():
    control = np.array([0.97, 0.972, 0.969, 0.971, 0.97, 0.968])
    variant = control + np.array([0.004, 0.001, 0.006, 0.002, 0.005, 0.003])
    found = posterior(paired_difference(variant, control), ACCURACY)
    assert found is not None and found.worse + found.same + found.better == pytest.approx(1)
    apart = variant - control
    true = stats.t(5, loc=apart.mean(), scale=apart.std(ddof=1) / 6**0.5)
    assert found.better == pytest.approx(true.sf(0.003)) and found.worse == pytest.approx(true.cdf(-0.003))


def test_of_a_loss_lower_is_better():
    control, variant = np.array([1.0, 1.1, 0.9, 1.05, 0.95]), np.array([0.7, 0.82, 0.58, 0.77, 0.66])
    found = posterior(paired_difference(variant, control), Metric("loss", margin=0.05, higher_is_better=False))
    assert found is not None and found.better > 0.99


def test_too_few_seeds_and_no_spread_say_nothing():
    assert posterior(paired_difference([0.9] * 4, [0.8, 0.81, 0.79, 0.8]), ACCURACY) is None
    assert posterior(paired_difference([0.9] * 5, [0.8] * 5), ACCURACY) is None
    assert posterior(None, ACCURACY) is None


def test_it_keeps_what_it_says_where_nothing_was_known_before():
    """Of the true means that a flat prior allows for these seeds, the stated share lies above the margin."""
    random = np.random.default_rng(0)
    apart = np.array([0.001, 0.006, 0.004, -0.001, 0.005])
    spread = apart.std(ddof=1) * np.sqrt(4 / random.chisquare(4, 200_000))
    means = apart.mean() + spread / 5**0.5 * random.normal(size=spread.size)
    found = posterior(paired_difference(0.9 + apart, np.full(5, 0.9)), ACCURACY)
    assert found is not None and found.better == pytest.approx((means > 0.003).mean(), abs=0.005)


def test_the_chance_that_one_run_beats_another_is_mann_whitneys():
    random = np.random.default_rng(1)
    variant, control = (dict(enumerate(np.round(random.normal(size=size), 1))) for size in (7, 9))
    u = stats.mannwhitneyu(list(variant.values()), list(control.values())).statistic
    assert probability_of_improvement(variant, control, higher_is_better=True) == pytest.approx(u / 63)
    assert probability_of_improvement(variant, control, higher_is_better=False) == pytest.approx(1 - u / 63)
    assert probability_of_improvement({}, control, higher_is_better=True) is None
