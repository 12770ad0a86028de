import math

import numpy as np
import pytest
from scipy import stats

from harness.analysis import verdicts
from harness.analysis.planning import likely_seeds, seeds_to_settle
from harness.analysis.statistics import PairedDifference, equivalence_test, holm, paired_difference
from harness.analysis.verdicts import INCONCLUSIVE, Corrected, Verdict, corrected
from harness.study.claims import BETTER, EQUIVALENT, IDENTICAL, WORSE
from harness.study.metrics import Metric

pytestmark = pytest.mark.quick

STUDIES = 1000
VARIANTS = 12
SPREAD = 0.003  # over seeds, of a test accuracy on MNIST


def verdict(
    difference: PairedDifference | None, *, adjusted_p: float | None, margin: float = 0.003, higher_is_better: bool = True
) -> Verdict:
    """Return the verdict on a difference with this p-value, as the only comparison of its study."""
    alike = equivalence_test(difference, margin) if difference else None
    metric = Metric("accuracy", margin=margin, higher_is_better=higher_is_better)
    return verdicts.verdict(difference, Corrected(different=adjusted_p, equivalent=alike), metric=metric)


@pytest.fixture
def unplanned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the seeds that would settle what is open: thousands of plans take time and change no word."""
    monkeypatch.setattr(verdicts, "seeds_to_settle", lambda *_, **__: None)
    monkeypatch.setattr(verdicts, "likely_seeds", lambda *_, **__: (None, None))


def differing(mean: float, *, std: float = 0.001, n: int = 5) -> PairedDifference:
    """Return n differences of this very mean and standard deviation, as a pairing gives them."""
    shape = np.arange(n) - (n - 1) / 2
    control = np.full(n, 0.97)
    return paired_difference(control + mean + shape / shape.std(ddof=1) * std, control)


@pytest.mark.parametrize(
    ("mean", "higher_is_better", "word"),
    [(0.01, True, BETTER), (-0.01, True, WORSE), (0.01, False, WORSE), (-0.01, False, BETTER)],
)
def test_a_large_sure_difference_is_better_or_worse(mean: float, higher_is_better: bool, word: str) -> None:
    difference = differing(mean)
    judged = verdict(difference, adjusted_p=difference.p_value, higher_is_better=higher_is_better)
    assert judged.word == word


def test_a_difference_of_exactly_the_margin_counts() -> None:
    assert verdict(differing(0.003, std=0.0005), adjusted_p=0.001, margin=0.003).word == BETTER


def test_the_corrected_p_value_decides_not_the_raw_one() -> None:
    difference = differing(0.005, std=0.003)
    assert difference.p_value < 0.05
    assert verdict(difference, adjusted_p=12 * difference.p_value).word == INCONCLUSIVE


def test_an_interval_inside_the_margin_is_equivalent() -> None:
    assert verdict(differing(0.0005, std=0.001), adjusted_p=1.0).word == EQUIVALENT


def test_a_sure_difference_that_is_too_small_to_matter_is_equivalent() -> None:
    difference = differing(0.002, std=0.0003)
    assert difference.p_value < 0.001
    assert verdict(difference, adjusted_p=difference.p_value).word == EQUIVALENT


def test_a_failed_test_is_inconclusive_and_never_equal() -> None:
    judged = verdict(differing(0.0, std=0.01), adjusted_p=1.0)
    low, high = judged.likely
    assert (judged.word, judged.detail) == (INCONCLUSIVE, f"likely {low} to {high} seeds would settle it")


def test_a_sure_difference_that_may_or_may_not_matter_is_inconclusive() -> None:
    judged = verdict(differing(0.0025, std=0.001), adjusted_p=0.01)
    assert judged.word == INCONCLUSIVE
    assert judged.detail.startswith("more than noise, but perhaps below ±0.003; ")


def test_fewer_than_five_pairs_have_intervals_only() -> None:
    assert verdict(differing(0.05, n=3), adjusted_p=0.0001) == Verdict("", "intervals only: 3 of 5 seeds")


def test_pairs_that_are_all_equal_are_identical() -> None:
    assert verdict(differing(0.0, std=0.0), adjusted_p=None) == Verdict(IDENTICAL, "the same on all 5 seeds")


def test_identical_is_not_claimed_below_five_pairs() -> None:
    assert verdict(differing(0.0, std=0.0, n=2), adjusted_p=None) == Verdict("", "identical so far: 2 of 5 seeds")


def test_a_constant_difference_is_inconclusive_however_large() -> None:
    judged = verdict(differing(-0.2, std=0.0), adjusted_p=None)
    assert (judged.word, judged.seeds) == (INCONCLUSIVE, None)
    assert judged.detail == "off by the same -0.2 on every seed: no spread to judge by"


def test_a_constant_difference_over_few_seeds_claims_no_interval() -> None:
    judged = verdict(differing(-0.2, std=0.0, n=2), adjusted_p=None)
    assert judged == Verdict("", "same difference in every seed so far: 2 of 5 seeds")


def test_nothing_to_compare_has_no_verdict() -> None:
    assert verdict(None, adjusted_p=None) == Verdict("", "no seed in common with the control")


@pytest.mark.parametrize("margin", [-0.001, math.nan, math.inf])
def test_a_margin_that_is_no_size_is_refused(margin: float) -> None:
    with pytest.raises(ValueError, match="margin is .* at least 0"):
        corrected([differing(0.01)], margin=margin)


@pytest.mark.parametrize(("mean", "std"), [(0.004, 0.002), (0.0, 0.002), (0.0005, 0.003), (-0.006, 0.004)])
def test_the_seeds_named_would_settle_it_in_80_percent_and_one_fewer_would_not(mean: float, std: float) -> None:
    seeds = seeds_to_settle(mean, std, n=2, comparisons=VARIANTS)
    rate = settled_rate(seeds, mean, std)
    assert rate == pytest.approx(0.8, abs=0.06) or seeds == 5
    assert rate > 0.78
    assert settled_rate(seeds - 1, mean, std) < 0.81


def settled_rate(seeds: int, mean: float, std: float, *, studies: int = 4000) -> float:
    """Return how often simulated studies of so many seeds end with a word other than inconclusive."""
    from scipy.special import stdtrit

    values = np.random.default_rng(seeds).normal(mean, std, (studies, seeds))
    means, errors = values.mean(axis=1), values.std(axis=1, ddof=1) / math.sqrt(seeds)
    different = (np.abs(means) > stdtrit(seeds - 1, 1 - 0.025 / VARIANTS) * errors) & (np.abs(means) >= 0.003)
    alike = np.abs(means) + stdtrit(seeds - 1, 1 - 0.05 / VARIANTS) * errors < 0.003
    return float(np.mean(different | alike))


def test_a_mean_on_the_margin_is_never_settled() -> None:
    assert seeds_to_settle(0.003, 0.002, n=5, margin=0.003) is None


def test_more_seeds_than_there_are_already_are_asked_for() -> None:
    assert seeds_to_settle(0.02, 0.001, n=7) == 8


def test_a_larger_family_needs_more_seeds() -> None:
    assert seeds_to_settle(0.005, 0.004, n=5, comparisons=50) > seeds_to_settle(0.005, 0.004, n=5)


def test_seeds_cannot_be_planned_without_a_spread() -> None:
    with pytest.raises(ValueError, match="std 0; expected finite ones and a std above 0"):
        seeds_to_settle(0.01, 0.0, n=5)


def test_studies_without_an_effect_are_falsely_judged_in_at_most_6_percent(unplanned: None) -> None:
    # Differences that are independent, and a margin of zero: nothing but Holm's correction holds the rate down.
    words = simulated_words(effect=0.0, seeds=5, margin=0.0)
    assert np.mean([BETTER in study or WORSE in study for study in words]) <= 0.06


def test_uncorrected_studies_would_be_falsely_judged_far_more_often(unplanned: None) -> None:
    words = simulated_words(effect=0.0, seeds=5, margin=0.0, correct=False, studies=100)
    assert np.mean([BETTER in study or WORSE in study for study in words]) > 0.3


@pytest.mark.parametrize(("effect", "seeds", "least"), [(2.0, 10, 0.95), (3.0, 5, 0.65)])
def test_a_real_effect_is_found(effect: float, seeds: int, least: float, unplanned: None) -> None:
    words = simulated_words(effect=effect, seeds=seeds, studies=400)
    assert np.mean([study[0] == BETTER for study in words]) >= least


def test_variants_at_the_margin_are_called_equivalent_in_at_most_6_percent_of_studies(unplanned: None) -> None:
    # Each differs by just what matters, so that every `equivalent` is false; they share their control, as variants do.
    rng, family, alone = np.random.default_rng(11), 0, 0
    for _ in range(STUDIES):
        control = rng.normal(0.97, 0.0005, 5)
        differences = [paired_difference(one, control) for one in rng.normal(0.97 + 0.003, 0.0005, (VARIANTS, 5))]
        words = [
            verdicts.verdict(one, its).word for one, its in zip(differences, corrected(differences, margin=0.003), strict=True)
        ]
        family += EQUIVALENT in words
        alone += any(verdict(one, adjusted_p=1.0).word == EQUIVALENT for one in differences)
    assert family / STUDIES <= 0.06
    assert alone / STUDIES > 0.1  # what the correction is for


def test_equivalence_takes_the_corrected_p_value_and_the_interval() -> None:
    inside = differing(0.0, std=0.0015)
    p_value = equivalence_test(inside, 0.003)
    assert inside.low > -0.003 and inside.high < 0.003 and 0.05 / VARIANTS < p_value < 0.05
    assert verdicts.verdict(inside, Corrected(1.0, None, p_value)).word == EQUIVALENT
    assert verdicts.verdict(inside, Corrected(1.0, None, VARIANTS * p_value)).word == INCONCLUSIVE
    across = differing(0.0, std=0.0028)
    assert across.high > 0.003 and equivalence_test(across, 0.003) < 0.05
    assert verdicts.verdict(across, Corrected(1.0, None, equivalence_test(across, 0.003))).word == INCONCLUSIVE


@pytest.mark.parametrize(("mean", "std", "n"), [(0.0, 0.002, 5), (-0.002, 0.003, 12), (0.004, 0.001, 6)])
def test_the_p_value_of_equivalence_is_that_of_two_one_sided_tests(mean: float, std: float, n: int) -> None:
    difference = differing(mean, std=std, n=n)
    error = difference.std / math.sqrt(n)
    one_sided = stats.t.sf((mean + 0.003) / error, n - 1), stats.t.cdf((mean - 0.003) / error, n - 1)
    assert equivalence_test(difference, 0.003) == pytest.approx(max(one_sided), rel=1e-6)


def test_comparisons_of_too_few_seeds_have_no_p_value_and_are_not_in_the_family() -> None:
    few, enough = differing(0.01, n=4), differing(0.01, n=5)
    one, other = corrected([few, enough], margin=0.003)
    assert one.different is None and one.equivalent is None and other.different == enough.p_value


def test_the_range_of_the_seeds_needed_is_as_wide_as_the_estimate_is_poor() -> None:
    # A comparison that truly takes 119 seeds, planned from five of them again and again.
    rng, planned, covered = np.random.default_rng(3), [], 0
    truth = seeds_to_settle(0.0, 0.0098, n=5)
    for _ in range(300):
        values = rng.normal(0.0, 0.0098, 5)
        mean, std = float(values.mean()), float(values.std(ddof=1))
        low, high = likely_seeds(mean, std, n=5)
        planned.append(seeds_to_settle(mean, std, n=5) or 1001)
        covered += (low or 1001) <= truth <= (high or 1001)
    quarter, three = np.quantile(planned, (0.25, 0.75))
    assert quarter < truth < three and three > 3 * quarter
    assert covered / 300 >= 0.5


def test_the_range_narrows_with_the_seeds_that_it_is_from() -> None:
    widths = [np.diff(likely_seeds(0.0, 0.003, n=n)) for n in (5, 20)]
    assert widths[0] > 2 * widths[1]


def test_a_mark_needs_a_verdict() -> None:
    assert verdicts.is_marked(0.01, BETTER) and verdicts.is_marked(0.01, EQUIVALENT)
    assert verdicts.is_marked(0.01, None) and not verdicts.is_marked(0.01, "") and not verdicts.is_marked(0.2, WORSE)


def simulated_words(
    *, effect: float, seeds: int, margin: float = 0.003, correct: bool = True, studies: int = STUDIES
) -> list[list[str]]:
    """Return the verdicts of simulated studies, of which the first variant alone has the effect.

    effect: in standard deviations of the paired difference, which is √2 times the spread over seeds.
    """
    rng = np.random.default_rng(7)
    shift = np.where(np.arange(VARIANTS) == 0, effect * SPREAD * math.sqrt(2), 0.0)[:, np.newaxis]
    words = []
    for _ in range(studies):
        control, variant = rng.normal(0.97, SPREAD, (2, VARIANTS, seeds))
        differences = [paired_difference(*pair) for pair in zip(variant + shift, control, strict=True)]
        p_values = [difference.p_value for difference in differences]
        adjusted = holm(p_values) if correct else p_values
        judged = zip(differences, adjusted, strict=True)
        words.append([verdict(difference, adjusted_p=p, margin=margin).word for difference, p in judged])
    return words
