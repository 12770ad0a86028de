"""Two dates of one study held against each other over their seeds, and the exit status that a build goes by."""

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from calling import harness
from resulting import CHANGES, make_record, store

from harness.analysis.table_files import write_tables
from harness.records.record import Record
from harness.study.metrics import Metric

pytestmark = pytest.mark.quick

Change = Callable[[Record], Record | None]


def a_run(folder: Path, change: Change = lambda record: record, *, seeds: int = 5) -> Path:
    """Store the small study as a change makes it; None: the trial is not there."""
    made = [change(make_record(variant, seed)) for variant in CHANGES for seed in range(seeds)]
    records = [record for record in made if record is not None]
    store(folder, *records)
    write_tables(folder / "s", records)
    return folder


def moved(by: float, variant: str = "wide", noise: float = 0.0005) -> Change:
    """Return a change that moves one variant's accuracy, and that of every trial by a little noise."""

    def change(record: Record) -> Record:
        if not record.metrics:
            return record
        random = np.random.default_rng((record.position, record.seed))
        shift = float(random.normal(0, noise)) + (by if record.variant == variant else 0.0)
        return replace(record, metrics={**record.metrics, "test_accuracy": record.metrics["test_accuracy"] + shift})

    return change


@pytest.fixture
def before(tmp_path: Path) -> Path:
    return a_run(tmp_path / "before")


def rows(*words: object) -> dict[str, dict[str, str]]:
    result = harness("compare", *words, "--format", "csv", "--all-columns")
    assert result.exit_code == 0, result.output
    return {row["variant"]: row for row in csv.DictReader(io.StringIO(result.stdout))}


def test_a_difference_of_two_dates_is_paired_by_seed_with_its_interval(before, tmp_path):
    later = a_run(tmp_path / "later", moved(-0.01))
    row = rows(before, later)["wide"]
    difference, low, high = (float(row[f"difference_{name}"]) for name in ("paired", "low", "high"))
    values = [
        [float(line["test_accuracy"]) for line in csv.DictReader((folder / "s/runs.csv").open()) if line["variant"] == "wide"]
        for folder in (before, later)
    ]
    apart = np.subtract(values[1], values[0])
    assert difference == pytest.approx(apart.mean()) and low < difference < high
    assert high - low == pytest.approx(2 * 2.7764451 * apart.std(ddof=1) / 5**0.5, rel=1e-5)  # t(0.975, 4)
    assert (row["paired_verdict"], row["paired_seeds"]) == ("worse", "5")


def test_only_seeds_that_both_have_are_paired(before, tmp_path):
    later = a_run(tmp_path / "later", moved(-0.01), seeds=9)
    assert rows(before, later)["wide"]["paired_seeds"] == "5"


def test_a_variant_that_became_worse_fails_a_build_and_others_do_not(before, tmp_path):
    worse = harness("compare", before, a_run(tmp_path / "worse", moved(-0.01)), "--fail-on", "worse")
    assert worse.exit_code == 1 and "WORSE: wide (-1.0 points)" in worse.stderr
    better = harness("compare", before, a_run(tmp_path / "better", moved(+0.01)), "--fail-on", "worse")
    assert better.exit_code == 0 and "none of 4 variants is worse" in better.stderr


def test_the_same_loss_on_every_seed_fails_a_build_although_no_test_can_judge_it(before, tmp_path):
    later = a_run(tmp_path / "later", moved(-0.01, noise=0.0))
    assert rows(before, later)["wide"]["paired_verdict"] == "inconclusive"
    failed = harness("compare", before, later, "--fail-on", "worse")
    assert failed.exit_code == 1 and "WORSE: wide (-1.0 points on every seed)." in failed.stderr
    for by in (0.01, -0.001):  # a gain, and less than matters
        fine = a_run(tmp_path / f"by{by}", moved(by, noise=0.0))
        assert harness("compare", before, fine, "--fail-on", "worse").exit_code == 0


def test_what_is_open_fails_only_a_build_that_asks_for_proof(before, tmp_path):
    later = a_run(tmp_path / "later", moved(-0.002, noise=0.004))
    assert harness("compare", before, later, "--fail-on", "worse").exit_code == 0
    strict = harness("compare", before, later, "--fail-on", "inconclusive")
    assert strict.exit_code == 1 and "NOT SHOWN TO BE AS GOOD" in strict.stderr


def test_the_same_numbers_pass_the_strictest_build(before, tmp_path):
    result = harness("compare", before, a_run(tmp_path / "later"), "--fail-on", "inconclusive")
    assert result.exit_code == 0, result.output


def test_trials_in_a_table_serve_as_the_earlier_date(before, tmp_path):
    result = harness("compare", before / "s/runs.csv", a_run(tmp_path / "later", moved(-0.01)), "--fail-on", "worse")
    assert result.exit_code == 1 and "WORSE: wide" in result.stderr
    assert "settings differ" not in result.stdout, "a table of runs does not tell them"


def test_a_variant_that_is_gone_or_a_seed_that_fails_fails_a_build(before, tmp_path):
    gone = a_run(tmp_path / "gone", lambda record: None if record.variant == "deep" else record)
    result = harness("compare", before, gone, "--fail-on", "worse")
    assert result.exit_code == 1 and "deep (missing)" in result.stderr

    def failed(record: Record) -> Record:
        if (record.variant, record.seed) != ("deep", 3):
            return record
        return replace(record, status="failed", as_expected=False, error="ValueError: no", metrics={}, history={})

    result = harness("compare", before, a_run(tmp_path / "failed", failed), "--fail-on", "worse")
    assert result.exit_code == 1 and "deep (1 seed no longer as expected)" in result.stderr


def test_other_test_samples_are_not_compared(before, tmp_path):
    def elsewhere(record: Record) -> Record:
        return replace(record, data={**record.data, "test_sha256": "cd" * 32})

    earlier = a_run(tmp_path / "earlier", lambda one: replace(one, data={**one.data, "test_sha256": "ab" * 32}))
    later = a_run(tmp_path / "later", elsewhere)
    assert rows(earlier, later)["wide"]["paired_verdict"] == ""
    result = harness("compare", earlier, later, "--fail-on", "worse")
    assert result.exit_code == 2 and "can judge none of 4 variants" in result.stderr and "other samples" in result.stderr


def test_a_gate_that_could_not_fail_is_refused(before, tmp_path):
    few = a_run(tmp_path / "few", moved(-0.2), seeds=2)
    result = harness("compare", before, few, "--fail-on", "worse", "--filter", "variant != 'broken'")
    assert result.exit_code == 2 and "can judge none of 3 variants" in result.stderr


@pytest.mark.parametrize(("table", "said"), [("summary.csv", "holds no single trials"), ("", "expected two paths")])
def test_a_gate_without_trials_or_a_second_path_is_refused_before_a_table_is_shown(before, tmp_path, table, said):
    paths = [before / "s" / table, a_run(tmp_path / "later")] if table else [before]
    result = harness("compare", *paths, "--fail-on", "worse")
    assert (result.exit_code, result.stdout) == (2, "") and said in result.stderr


def test_a_metric_that_changed_is_not_compared(before, tmp_path):
    def of_loss(record: Record) -> Record:
        return replace(record, metric={"name": "loss", "margin": 0.01, "higher_is_better": False})

    row = rows(before, a_run(tmp_path / "later", of_loss))["wide"]
    assert (row["difference_paired"], row["paired_verdict"]) == ("", "") and "another metric" in row["paired_detail"]


def test_a_filter_that_leaves_nothing_to_judge_is_refused(before, tmp_path):
    result = harness("compare", before, a_run(tmp_path / "later"), "--fail-on", "worse", "--filter", "test_accuracy_1 > 2")
    assert result.exit_code == 2 and "no row of the table" in result.stderr


@pytest.mark.parametrize("status", ["expected-error", "diverged"])
def test_a_variant_that_is_now_expected_to_fail_fails_a_build(before, tmp_path, status):
    def failing(record: Record) -> Record:
        return replace(record, status=status, metrics={}, history={}) if record.variant == "deep" else record

    result = harness("compare", before, a_run(tmp_path / "later", failing), "--fail-on", "worse")
    assert result.exit_code == 1 and f"deep ({status}, and trained before)" in result.stderr


@pytest.mark.parametrize(("margin", "status"), [(0.02, 0), (0.001, 1)])
def test_the_margin_is_the_studys_own_whichever_date_is_a_table(tmp_path, margin, status):
    own = Metric("accuracy", margin=margin, higher_is_better=True).to_dict()
    before = a_run(tmp_path / "before", lambda record: replace(record, metric=own))
    later = a_run(tmp_path / "later", lambda record: replace(moved(-0.0025 if status else -0.01)(record), metric=own))
    for first, second in ((before, later), (before / "s/runs.csv", later), (before, later / "s/runs.csv")):
        result = harness("compare", first, second, "--fail-on", "worse")
        assert result.exit_code == status, result.output
