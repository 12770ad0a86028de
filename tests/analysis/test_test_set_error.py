"""The test set's share of a difference's error, against an analysis of variance, by simulation, and in the tables."""

import numpy as np
import pandas as pd
import pytest
from plain_records import record
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm

from harness.analysis.conclusions import conclude
from harness.analysis.predictions import write_predictions
from harness.analysis.summary import summary_table
from harness.analysis.test_set_error import test_set_error as split_error
from harness.records.attempts import attempt_folder
from harness.records.record import trial_folder
from harness.study.cells import text_of

pytestmark = pytest.mark.quick


def drawn(random, *, seeds: int, samples: int, by_seed: float, by_sample: float, rest: float, mean: float = 0.0):
    """Differences of a crossed design with normal effects, (seeds, samples)."""
    effects = by_seed * random.normal(size=(seeds, 1)) + by_sample * random.normal(size=(1, samples))
    return mean + effects + rest * random.normal(size=(seeds, samples))


def test_the_mean_squares_are_those_of_statsmodels():
    differences = np.random.default_rng(0).choice([-1, 0, 0, 0, 1], size=(4, 9))
    found = split_error(iter(differences))
    long = pd.DataFrame(
        {"d": differences.ravel(), "seed": np.repeat(range(4), 9).astype(str), "sample": np.tile(range(9), 4).astype(str)}
    )
    table = anova_lm(ols("d ~ seed + sample", long).fit())
    squares = table["sum_sq"] / table["df"]
    assert found.over_seeds**2 == pytest.approx(squares["seed"] / 36)
    assert found.over_samples**2 == pytest.approx(max(squares["sample"] - squares["Residual"], 0) / 36)
    assert found.over_seeds == pytest.approx(differences.mean(axis=1).std(ddof=1) / 2)  # what the paired t-test takes


@pytest.mark.parametrize(("by_seed", "by_sample"), [(0.05, 0.0), (0.02, 0.5), (0.0, 0.5)])
def test_the_interval_covers_the_difference_on_other_samples_and_seeds(by_seed, by_sample):
    random = np.random.default_rng(1)
    covered = 0
    for _ in range(1000):
        values = drawn(random, seeds=6, samples=120, by_seed=by_seed, by_sample=by_sample, rest=0.4)
        # As answers are counted, in -1, 0 and 1: whole numbers whose mean is the drawn one.
        found = split_error(iter(np.floor(values + random.random(values.shape)).astype(int)))
        covered += found.low <= 0 <= found.high
    assert 0.93 < covered / 1000 < 0.985


def test_the_share_is_the_samples_where_they_vary_and_nothing_where_they_do_not():
    random = np.random.default_rng(2)
    hard = np.where(np.arange(400) < 40, np.where(np.arange(400) % 2, 1, -1), 0)
    same = split_error(hard + 0 * random.integers(2, size=(5, 1)))
    assert same.share == 1 and same.over_samples == pytest.approx(hard.std(ddof=1) / 20, rel=1e-6)
    noise = [split_error(iter(random.choice([-1, 0, 1], size=(5, 400)))).share for _ in range(200)]
    assert np.mean(noise) < 0.25


def test_fewer_than_two_seeds_say_nothing():
    assert split_error(iter([np.array([1, 0, -1])])) is None


@pytest.mark.parametrize(
    ("low", "high", "limited"),
    [
        (-0.004, 0.006, True),  # however many seeds: neither beyond ± 0.0196 nor inside of the margin
        (-0.004, 0.030, False),  # the mean may turn out so large that these samples show it
        (0.020, 0.030, False),
    ],
)
def test_more_seeds_are_no_way_out_only_where_no_mean_that_they_leave_possible_would_settle_it(low, high, limited):
    samples = np.where(np.arange(2500) < 625, np.where(np.arange(2500) % 2, 1, -1), 0)  # error 0.01
    assert split_error([samples] * 5).limits(low, high, 0.003) is limited


def test_a_large_test_set_limits_nothing():
    samples = np.where(np.arange(40_000) < 400, np.where(np.arange(40_000) % 2, 1, -1), 0)  # error 0.0005
    assert not split_error([samples] * 5).limits(-0.002, 0.003, 0.003)


def answered(logdir, name: str, right: np.ndarray, **changes):
    """The records of a variant whose seeds get these samples right, (seeds, samples), with the answers beside them."""
    records = []
    labels = np.zeros(right.shape[1], dtype=int)
    for seed, one in enumerate(right):
        folder = attempt_folder(trial_folder(logdir, "s", name, seed), 1)
        folder.mkdir(parents=True)
        write_predictions(folder, np.where(one, 0, 1), labels)
        records.append(record(name, seed, float(one.mean()), **changes))
    return records


def small_test_set(seeds: int = 8):
    """Two variants on 300 samples, of which each alone gets a few right, with little difference between seeds."""
    random = np.random.default_rng(3)
    control, variant = np.ones((seeds, 300), bool), np.ones((seeds, 300), bool)
    control[:, :12], variant[:, 12:23] = False, False
    for seed, (mine, its) in enumerate(zip(variant, control, strict=True)):
        (mine if seed % 2 else its)[random.choice(np.arange(100, 300), 2, replace=False)] = False
    return control, variant


def test_a_verdict_says_when_the_test_set_limits_it_and_suggests_no_more_seeds(tmp_path):
    control, variant = small_test_set()
    records = [*answered(tmp_path, "base", control), *answered(tmp_path, "wide", variant)]
    table = summary_table(records, logdir=tmp_path)
    row = table.iloc[1]
    assert row.verdict == "inconclusive" and row.limited_by == "test set" and row.test_set_share > 0.8
    assert row.verdict_detail.endswith("but for these 300 test samples alone")
    assert row.new_samples_low < row.ci_low and row.new_samples_high > row.ci_high
    said = conclude(table.to_dict("records"))
    assert any("More seeds will not settle wide; more test samples would" in sentence for sentence in said.sentences)
    assert said.seeds is None and not said.unsettled
    # Without the answers nothing is said of them.
    alone = summary_table(records)
    assert not text_of(alone.iloc[1].limited_by)
    assert not any("test samples" in sentence for sentence in conclude(alone.to_dict("records")).sentences)


def test_no_difference_on_these_samples_alone_is_named(tmp_path):
    control, variant = np.ones((8, 300), bool), np.ones((8, 300), bool)
    control[:, :12], variant[:, 12:24] = False, False
    control[0, 100] = variant[1, 200] = False
    records = [*answered(tmp_path, "base", control), *answered(tmp_path, "wide", variant)]
    table = summary_table(records, logdir=tmp_path)
    assert table.iloc[1].verdict == "equivalent"
    said = conclude(table.to_dict("records")).sentences
    assert "The same on these test samples; with others it could be a difference: wide." in said


def test_what_is_shown_for_these_samples_alone_is_named(tmp_path):
    control, variant = small_test_set()
    variant[:, 12:18] = True
    records = [*answered(tmp_path, "base", control), *answered(tmp_path, "wide", variant)]
    table = summary_table(records, logdir=tmp_path)
    assert table.iloc[1].verdict == "better" and not text_of(table.iloc[1].limited_by)
    assert (
        "Shown for these test samples; with others it could be no difference: wide."
        in conclude(table.to_dict("records")).sentences
    )


@pytest.mark.parametrize("fault", ["missing", "damaged", "of another metric", "of other samples"])
def test_answers_that_are_not_those_of_the_recorded_accuracies_count_for_nothing(tmp_path, fault):
    control, variant = small_test_set()
    records = [*answered(tmp_path, "base", control), *answered(tmp_path, "wide", variant)]
    last = attempt_folder(trial_folder(tmp_path, "s", "wide", 7), 1)
    (kept,) = (path for path in last.iterdir() if path.name != "record.json")
    if fault == "missing":
        kept.unlink()
    elif fault == "damaged":
        kept.write_bytes(kept.read_bytes()[:100])
    elif fault == "of another metric":
        write_predictions(last, np.zeros(300, int), np.zeros(300, int))
    else:
        write_predictions(last, np.zeros(301, int), np.where(np.arange(301) < 13, 1, 0))
    row = summary_table(records, logdir=tmp_path).iloc[1]
    assert np.isnan(row.test_set_share) and not text_of(row.limited_by) and row.verdict == "inconclusive"
