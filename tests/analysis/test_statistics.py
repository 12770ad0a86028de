import math
import subprocess
import sys

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.weightstats import DescrStatsW

from harness.analysis.statistics import (
    PairedDifference,
    TooLarge,
    equivalence_test,
    holm,
    mean_interval,
    pair,
    paired_difference,
    pareto,
    prediction_interval,
)

pytestmark = pytest.mark.quick

CONTROL = [0.9771, 0.9782, 0.9764, 0.9790, 0.9775]
VARIANT = [0.9802, 0.9808, 0.9811, 0.9799, 0.9806]


def exactly(value: float) -> object:
    return pytest.approx(value, rel=1e-12, abs=1e-12)


def test_mean_interval_agrees_with_statsmodels() -> None:
    interval = mean_interval(CONTROL, confidence=0.9)
    low, high = DescrStatsW(CONTROL).tconfint_mean(alpha=0.1)
    assert (interval.mean, interval.low, interval.high) == (exactly(np.mean(CONTROL)), exactly(low), exactly(high))
    assert (interval.std, interval.n) == (exactly(np.std(CONTROL, ddof=1)), 5)


def test_mean_interval_covers_the_mean_in_95_percent_of_samples_of_three() -> None:
    samples = np.random.default_rng(1).normal(0.97, 0.003, (4000, 3))
    covered = [interval.low <= 0.97 <= interval.high for interval in map(mean_interval, samples)]
    assert np.mean(covered) == pytest.approx(0.95, abs=0.012)


def test_prediction_interval_holds_one_more_value_in_95_percent() -> None:
    samples = np.random.default_rng(2).normal(0.97, 0.003, (4000, 6))
    intervals = [prediction_interval(sample[:5]) for sample in samples]
    held = [interval.low <= sample[5] <= interval.high for interval, sample in zip(intervals, samples, strict=True)]
    assert np.mean(held) == pytest.approx(0.95, abs=0.012)


def test_prediction_interval_agrees_with_scipy() -> None:
    expected = stats.t.interval(0.95, 4, np.mean(CONTROL), np.std(CONTROL, ddof=1) * math.sqrt(1.2))
    interval = prediction_interval(CONTROL)
    assert (interval.low, interval.high) == (exactly(expected[0]), exactly(expected[1]))


def test_paired_difference_agrees_with_scipy() -> None:
    difference = paired_difference(VARIANT, CONTROL)
    expected = stats.ttest_rel(VARIANT, CONTROL)
    low, high = expected.confidence_interval(0.95)
    assert difference.p_value == exactly(expected.pvalue)
    assert (difference.low, difference.high) == (exactly(low), exactly(high))
    assert difference.mean == exactly(np.mean(VARIANT) - np.mean(CONTROL))


def test_a_tiny_p_value_keeps_its_digits() -> None:
    variant = np.asarray(CONTROL) + 0.5 + np.array([0, 1, 2, 3, 4]) * 1e-6
    expected = stats.ttest_rel(variant, CONTROL).pvalue
    assert expected < 1e-18
    assert paired_difference(variant, CONTROL).p_value == pytest.approx(expected, rel=1e-12)


def test_effect_size_is_cohens_d_with_hedges_correction() -> None:
    difference = np.subtract(VARIANT, CONTROL)
    cohen = difference.mean() / difference.std(ddof=1)
    correction = math.gamma(2) / (math.sqrt(2) * math.gamma(1.5))  # J(4)
    assert paired_difference(VARIANT, CONTROL).effect_size == exactly(cohen * correction)


def test_effect_size_is_unbiased_at_five_pairs() -> None:
    differences = np.random.default_rng(3).normal(1.5, 1.0, (4000, 5))
    sizes = [paired_difference(sample, np.zeros(5)).effect_size for sample in differences]
    assert np.mean(sizes) == pytest.approx(1.5, abs=0.05)


def test_equal_pairs_are_identical_without_a_p_value() -> None:
    difference = paired_difference(CONTROL, CONTROL)
    assert difference.identical
    assert (difference.p_value, difference.low, difference.high, difference.effect_size) == (None, None, None, None)


def test_a_constant_difference_is_not_identical_and_claims_no_certainty() -> None:
    # 0.1 each on paper; in floating point they differ in the last bits, which a t-test takes for certainty.
    variant, control = [0.2, 0.3, 0.4, 0.5, 0.7], [0.1, 0.2, 0.3, 0.4, 0.6]
    assert np.ptp(np.subtract(variant, control)) > 0
    difference = paired_difference(variant, control)
    assert not difference.identical
    assert (difference.p_value, difference.low, difference.high, difference.std) == (None, None, None, 0.0)
    assert difference.mean == pytest.approx(0.1)


def test_differences_of_single_precision_rounding_are_identical() -> None:
    assert paired_difference(np.float32(CONTROL).astype(float), CONTROL).identical


def test_one_pair_has_a_difference_and_nothing_more() -> None:
    assert paired_difference([0.98], [0.97]) == PairedDifference(
        pytest.approx(0.01), None, None, None, 1, None, None, identical=False
    )


def test_equal_values_have_no_interval() -> None:
    interval = mean_interval([0.098] * 5)
    assert (interval.mean, interval.low, interval.high, interval.std) == (exactly(0.098), None, None, 0.0)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_values_that_are_not_finite_are_refused_by_count_and_name(bad: float) -> None:
    with pytest.raises(ValueError, match="1 of 3 values of control are not finite"):
        paired_difference([1.0, 2.0, 3.0], [1.0, bad, 3.0])


@pytest.mark.parametrize("values", [[], [[1.0, 2.0]]])
def test_samples_that_are_not_a_row_of_numbers_are_refused(values: list[object]) -> None:
    with pytest.raises(ValueError, match="values has shape .* expected at least one number"):
        mean_interval(values)


def test_unequal_numbers_of_pairs_are_refused() -> None:
    with pytest.raises(ValueError, match="variant has 3 values, control 2"):
        paired_difference([1.0, 2.0, 3.0], [1.0, 2.0])


@pytest.mark.filterwarnings("error")
def test_values_too_large_to_average_are_refused() -> None:
    with pytest.raises(ValueError, match="too large"):
        mean_interval([1e308, -1e308, 1.7e308])
    with pytest.raises(TooLarge, match="too large"):
        paired_difference([1e308, 1e308], [-1e308, 0.0])


def test_a_confidence_in_percent_is_refused() -> None:
    with pytest.raises(ValueError, match="confidence is 95"):
        mean_interval(CONTROL, confidence=95)


def test_pairing_keeps_common_finite_seeds_and_names_the_others() -> None:
    pairs = pair({0: 0.1, 1: 0.2, 2: math.nan, 5: 0.5}, {5: 0.6, 0: 0.3, 2: 0.4, 7: 0.9})
    assert (pairs.seeds, pairs.variant, pairs.control) == ((0, 5), (0.1, 0.5), (0.3, 0.6))
    assert pairs.note == "seed 1 only in the variant; seed 7 only in the control; seed 2 not finite"


def test_complete_pairs_have_no_note() -> None:
    assert pair({0: 0.1, 1: 0.2}, {1: 0.3, 0: 0.4}).note == ""


def test_holm_agrees_with_statsmodels() -> None:
    p_values = [0.04, 0.001, 0.8, 0.012, 0.012, 0.3, 0.0049]
    expected = multipletests(p_values, method="holm")[1]
    assert holm(p_values) == tuple(exactly(value) for value in expected)


def test_holm_leaves_missing_p_values_out_of_the_family() -> None:
    assert holm([None, 0.02, math.nan, 0.03]) == (None, exactly(0.04), None, exactly(0.04))


def test_holm_of_nothing_is_nothing() -> None:
    assert holm([]) == ()


def test_holm_refuses_what_is_not_a_probability() -> None:
    with pytest.raises(ValueError, match="p_values holds 0.2 to 1.5"):
        holm([0.2, 1.5])


def test_pareto_marks_what_nothing_beats() -> None:
    benefit = [0.90, 0.95, 0.95, 0.99, 0.93, 0.99]
    cost = [1.0, 2.0, 3.0, 4.0, 2.0, 4.0]
    assert pareto(benefit, cost).tolist() == [True, True, False, True, False, True]


def test_pareto_agrees_with_its_definition() -> None:
    benefit, cost = np.random.default_rng(4).integers(0, 12, (2, 200))
    beaten = [
        np.any((benefit >= gain) & (cost <= price) & ((benefit > gain) | (cost < price)))
        for gain, price in zip(benefit, cost, strict=True)
    ]
    assert pareto(benefit, cost).tolist() == np.logical_not(beaten).tolist()


def test_pareto_ignores_what_is_not_finite() -> None:
    assert pareto([math.inf, 0.9, math.nan], [1.0, 2.0, 0.5]).tolist() == [False, True, False]


@pytest.mark.processes
def test_importing_statistics_loads_no_scipy() -> None:
    modules = ("statistics", "verdicts", "proportions")
    code = f"import sys, {', '.join(f'harness.analysis.{name}' for name in modules)}; print('scipy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_pairs_of_folds_have_the_corrected_resampled_t_test():
    """By hand, Nadeau and Bengio (2003): t = mean / (s * sqrt(1/n + n_test/n_train))."""
    variant, control = [0.91, 0.93, 0.90, 0.95, 0.92], [0.90, 0.90, 0.91, 0.92, 0.90]
    plain, folded = paired_difference(variant, control), paired_difference(variant, control, overlap=0.25)
    mean, std = 0.016, np.std([0.01, 0.03, -0.01, 0.03, 0.02], ddof=1)
    error = std * np.sqrt(1 / 5 + 1 / 4)
    assert folded.mean == pytest.approx(mean) and folded.error == pytest.approx(error)
    assert folded.p_value == pytest.approx(2 * stats.t.sf(mean / error, 4))
    assert folded.high == pytest.approx(mean + stats.t.ppf(0.975, 4) * error)
    assert equivalence_test(folded, 0.05) == pytest.approx(stats.t.cdf((mean - 0.05) / error, 4))
    assert plain.p_value < folded.p_value and plain.low > folded.low
