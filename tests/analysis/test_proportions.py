import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint

from harness.analysis.proportions import compare_correctness, highest_rate, mcnemar_exact, wilson_interval

pytestmark = pytest.mark.quick


def exactly(value: float) -> object:
    return pytest.approx(value, rel=1e-12, abs=1e-12)


def answers(*, both: int, only_variant: int, only_control: int, neither: int) -> tuple[np.ndarray, np.ndarray]:
    """Return which samples the variant and the control get right, given how many fall in each cell."""
    cells = (both, only_variant, only_control, neither)
    return np.repeat([True, True, False, False], cells), np.repeat([True, False, True, False], cells)


@pytest.mark.parametrize(("right", "n"), [(9785, 10_000), (0, 10), (10, 10), (1, 3)])
def test_wilson_interval_agrees_with_statsmodels(right: int, n: int) -> None:
    interval = wilson_interval(right, n)
    low, high = proportion_confint(right, n, method="wilson")
    assert (interval.mean, interval.low, interval.high) == (exactly(right / n), exactly(low), exactly(high))


@pytest.mark.parametrize(("right", "n"), [(11, 10), (-1, 10), (2.5, 10)])
def test_wilson_interval_refuses_impossible_counts(right: float, n: int) -> None:
    with pytest.raises(ValueError, match=f"successes is {right}; expected a whole number from 0 to 10"):
        wilson_interval(right, n)


def test_wilson_interval_refuses_an_empty_test_set() -> None:
    with pytest.raises(ValueError, match="n is 0"):
        wilson_interval(0, 0)


@pytest.mark.parametrize("counts", [(3, 12), (12, 3), (40, 44), (1, 90), (7, 7), (0, 5), (0, 0)])
def test_mcnemar_agrees_with_statsmodels(counts: tuple[int, int]) -> None:
    expected = mcnemar([[0, counts[0]], [counts[1], 0]], exact=True).pvalue
    assert mcnemar_exact(*counts) == exactly(expected)


def test_a_tiny_mcnemar_p_value_keeps_its_digits() -> None:
    assert mcnemar_exact(20, 300) == pytest.approx(stats.binomtest(20, 320).pvalue, rel=1e-10)


def test_mcnemar_refuses_negative_counts() -> None:
    with pytest.raises(ValueError, match="only_variant is -1"):
        mcnemar_exact(-1, 5)


def test_compared_answers_count_what_one_alone_gets_right() -> None:
    difference = compare_correctness(*answers(both=900, only_variant=30, only_control=10, neither=60))
    assert (difference.only_variant, difference.only_control, difference.n) == (30, 10, 1000)
    assert difference.mean == exactly(0.02)
    assert difference.p_value == exactly(mcnemar_exact(30, 10))


def test_paired_interval_is_the_published_one() -> None:
    # Agresti and Min (2005), 2: half a sample in each cell, then Wald's interval of the paired difference.
    b, c, n = 30.5, 10.5, 1002
    error = math.sqrt((b + c) - (b - c) ** 2 / n) / n
    difference = compare_correctness(*answers(both=900, only_variant=30, only_control=10, neither=60))
    z = stats.norm.ppf(0.975)
    assert (difference.low, difference.high) == (exactly((b - c) / n - z * error), exactly((b - c) / n + z * error))


def test_paired_interval_covers_the_true_difference() -> None:
    rng = np.random.default_rng(5)
    counts = rng.multinomial(500, [0.93, 0.03, 0.01, 0.03], size=2000)
    names = ("both", "only_variant", "only_control", "neither")
    found = [compare_correctness(*answers(**dict(zip(names, row, strict=True)))) for row in counts.tolist()]
    covered = [difference.low <= 0.02 <= difference.high for difference in found]
    assert np.mean(covered) == pytest.approx(0.95, abs=0.015)


def test_equal_answers_leave_the_test_sets_own_uncertainty() -> None:
    difference = compare_correctness(*answers(both=90, only_variant=0, only_control=0, neither=10))
    assert difference.p_value == 1.0
    assert difference.low < 0 < difference.high


def test_answers_on_different_test_sets_are_refused() -> None:
    with pytest.raises(ValueError, match=r"shape \(3,\) and the control \(2,\)"):
        compare_correctness([True, False, True], [True, False])


@pytest.mark.parametrize(("failures", "n"), [(0, 5), (0, 59), (3, 10), (10, 10)])
def test_the_highest_rate_of_failure_is_clopper_and_pearsons_upper_limit(failures, n):
    theirs = stats.binomtest(failures, n, alternative="less").proportion_ci(0.95, method="exact").high
    assert highest_rate(failures, n) == pytest.approx(theirs)
    assert failures or highest_rate(0, n) == pytest.approx(1 - 0.05 ** (1 / n))
