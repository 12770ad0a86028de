"""A study with folds, run: each trial is a fold, paired by fold, with intervals that allow for shared samples."""

import csv
import json
from pathlib import Path

import pytest
from calling import harness

from harness.analysis.statistics import paired_difference
from harness.study.loading import load_study
from harness.training.trial import trial_id

pytestmark = pytest.mark.processes
EXAMPLE = Path(__file__).parents[2] / "docs" / "own" / "folds.py"


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("folds")
    result = harness("run", EXAMPLE, "--logdir", folder, "--seeds", 3)
    assert result.exit_code == 0, result.output
    return folder / "folds", result.output


def rows(logs: Path, file: str) -> list[dict[str, str]]:
    with open(logs / file) as lines:
        return list(csv.DictReader(lines))


def test_each_variant_has_one_trial_a_fold_whatever_the_seeds_asked_for(logs: tuple[Path, str]):
    folder, output = logs
    assert {row["seeds"] for row in rows(folder, "summary.csv")} == {"10"}
    assert "--seeds 3 is not for folds: each variant is trained on stratified 5 folds, 2 times." in output
    assert "Each trial is a fold, not a seed: stratified 5 folds, 2 times;" in " ".join(output.split())


def test_a_record_says_which_fold_it_is_and_how_much_of_the_samples_it_tests(logs: tuple[Path, str]):
    data = json.loads((logs[0] / "base" / "seed-7" / "record.json").read_text())["record"]["data"]
    assert data["fold"] == "3 of stratified 5 folds, 2 times, repeat 2" and float(data["test_share"]) == 30 / 120


def test_the_summary_has_the_corrected_interval(logs: tuple[Path, str]):
    values = {
        name: [float(row["test_accuracy"]) for row in rows(logs[0], "runs.csv") if row["variant"] == name]
        for name in ("base", "weak")
    }
    expected = paired_difference(values["weak"], values["base"], overlap=0.25)
    (row,) = [row for row in rows(logs[0], "summary.csv") if row["variant"] == "weak"]
    assert float(row["ci_low"]) == pytest.approx(expected.low) and float(row["ci_high"]) == pytest.approx(expected.high)
    assert row["verdict"] == "worse"


def test_run_again_nothing_is_trained_and_other_folds_are_other_trials(logs: tuple[Path, str], tmp_path: Path):
    again = harness("run", EXAMPLE, "--logdir", logs[0].parent)
    assert "0 to train, 30 done already" in again.output, again.output
    study = load_study(str(EXAMPLE))
    (tmp_path / "folds.py").write_text(EXAMPLE.read_text().replace("repeats=2", "repeats=3"))
    other = load_study(str(tmp_path / "folds.py"))
    ids = [trial_id(one, one.base, seed=0, data_sha256="", engine="auto") for one in (study, other)]
    assert ids[0] != ids[1]
