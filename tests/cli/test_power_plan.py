"""`plan`: what it counts by, what it refuses, and that it agrees with what the records show."""

import statistics

import pytest
from calling import harness
from made_studies import made_records
from plain_records import record
from resulting import store

from harness.study.loading import load_study
from harness.study.metrics import Metric

pytestmark = pytest.mark.quick


def test_without_records_the_spread_is_said_to_be_assumed(tmp_path):
    result = harness("plan", "ablations", "--logdir", tmp_path / "none")
    assert result.exit_code == 0 and "ASSUMED" in result.stdout and "--seeds 3" in result.stdout
    assert not (tmp_path / "none").exists()


def test_with_records_it_is_their_median_and_each_comparison_has_its_own(tmp_path):
    study = load_study("ablations")
    records = made_records(study, seeds=4)
    store(tmp_path, *records)
    value = {(one.variant, one.seed): one.metrics.get("test_accuracy") for one in records}
    spreads = [
        statistics.stdev(value[name, seed] - value[study.control(name), seed] for seed in range(4))
        for name in study.names
        if study.control(name) and study.expectation(name).finishes and name != "fashion-baseline"
    ]
    result = harness("plan", "ablations", "--logdir", tmp_path)
    assert f"differ by {100 * statistics.median(spreads):.2g} points" in result.stdout
    assert "13 comparisons recorded" in result.stdout and "neurons-512" in result.stdout


def test_more_seeds_find_more_and_a_named_spread_counts(tmp_path):
    result = harness("plan", "ablations", "--logdir", tmp_path, "--std", "0.002", "--see", "0.004")
    probabilities = [int(line.rpartition("%")[0].split()[-1]) for line in result.stdout.splitlines() if "%" in line]
    assert probabilities == sorted(probabilities) and probabilities[0] < probabilities[-1] and "as --std says" in result.stdout


def test_a_difference_within_the_margin_is_said_to_be_out_of_reach(tmp_path):
    result = harness("plan", "ablations", "--logdir", tmp_path, "--see", "0.002")
    assert "no number of seeds is enough" in result.stdout


@pytest.mark.parametrize(("option", "value"), [("--see", "0"), ("--std", "nan"), ("--std", "inf"), ("--see", "-1")])
def test_what_is_no_number_above_zero_is_refused(option, value):
    result = harness("plan", "ablations", option, value)
    assert result.exit_code == 2 and option in result.stderr


def test_a_study_that_trains_on_folds_is_refused(tmp_path):
    path = tmp_path / "folded.py"
    path.write_text(
        "from harness import Folds, Settings, Study, Variant\n"
        "def arrays(settings):\n    return None\n"
        "def build(settings):\n    return None\n"
        "STUDY = Study('folded', base=Settings(), build=build, arrays=arrays, folds=Folds(5),\n"
        "              variants=[Variant('wide', hidden=(512,))])\n"
    )
    result = harness("plan", path, "--logdir", tmp_path / "logs")
    assert result.exit_code == 2 and "not on seeds" in result.stderr


PERCENT = """
from dataclasses import dataclass
from harness import Metric, Study, Variant

@dataclass(frozen=True)
class Rate:
    rate: float = 0.1

def train(settings, trial):
    return {"test_accuracy": 90 + settings.rate}

STUDY = Study("percent", question="Which?", base=Rate(), train=train, variants=[Variant("high", rate=0.5)],
    metric=Metric("accuracy", margin=0.3, higher_is_better=True))
"""


def test_an_accuracy_in_percent_is_not_told_as_points(tmp_path):
    path = tmp_path / "percent.py"
    path.write_text(PERCENT)
    own = Metric("accuracy", margin=0.3, higher_is_better=True).to_dict()
    records = [
        record(name, seed, study="percent", metrics={"test_accuracy": 90 + seed * shift}, metric=own, settings={"rate": rate},
               changes=changes)
        for seed in range(3)
        for name, shift, rate, changes in (("base", 0.1, 0.1, {}), ("high", 0.5, 0.5, {"rate": 0.5}))
    ]  # fmt: skip
    for there in ((), records):
        store(tmp_path, *there)
        result = harness("plan", path, "--logdir", tmp_path)
        assert "differences below 0.3 do not matter" in result.stdout and "points" not in result.stdout, result.output
        assert ("A training takes 10 s: ASSUMED, as none of them has run" in result.stdout) == (not there)
    assert "differ by 0.4000" in result.stdout
