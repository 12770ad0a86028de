"""What a second run does: exactly what is missing, failed or changed; records of another trial are never mixed in."""

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from faulty_study import PROJECT
from tiny_studies import GROWING, plan_of

from harness.records.attempts import attempt_folder
from harness.records.record import read_record, write_record
from harness.runs.plan import Plan, results
from harness.runs.record_store import store
from harness.training.trial import blank_record

pytestmark = pytest.mark.quick


@pytest.fixture
def done(tmp_path) -> Plan:
    """A plan whose four trials all have their record."""
    plan = plan_of(tmp_path)
    for trial in plan.trials:
        (attempt_folder(trial.folder, 1) / "test").mkdir(parents=True)
        write_record(trial.folder, replace(blank_record(trial, plan.study), status="ok", as_expected=True))
    return plan


def record_file(tmp_path: Path, variant: str = "wide", seed: int = 1) -> Path:
    return tmp_path / "logs" / "one" / variant / f"seed-{seed}" / "record.json"


def test_what_is_recorded_is_not_run_again(done, tmp_path):
    assert plan_of(tmp_path).tally == "0 to train, 4 done already"


def test_missing_failed_interrupted_and_damaged_trials_are_run_and_counted(done, tmp_path):
    record_file(tmp_path).unlink()
    record_file(tmp_path, "base").write_text("{")
    ended = {record_file(tmp_path, "wide", 0): "failed", record_file(tmp_path, "base", 0): "interrupted"}
    for path, status in ended.items():
        write_record(path.parent, replace(read_record(path), status=status, as_expected=False))
    plan = plan_of(tmp_path)
    assert plan.reasons == {"missing": 1, "failed unexpectedly": 1, "interrupted": 1, "with a damaged record": 1}
    assert len(plan.trials) == 4 and not plan.cached


@pytest.mark.parametrize(
    ("was", "becomes"),
    [("return helper()", "return 1 + helper()"), ("return WIDTH", "return 1 + WIDTH"), ("WIDTH = 3", "WIDTH = 4")],
)
def test_a_changed_function_or_constant_makes_records_stale_and_keeps_them(done, tmp_path, was, becomes):
    plan = plan_of(tmp_path, text=GROWING.replace(was, becomes))
    assert plan.reasons == {"changed": 4}
    assert len(results(plan).stale) == 4 and not results(plan).records and record_file(tmp_path).exists()


def test_a_changed_helper_file_beside_the_study_is_a_change(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    text = "import beside_the_study\n" + GROWING.replace("return helper()", "return beside_the_study.WIDTH")
    ids = []
    for width in (1, 2):
        (tmp_path / "beside_the_study.py").write_text(f"WIDTH = {width}\n")
        monkeypatch.delitem(sys.modules, "beside_the_study", raising=False)
        ids.append([trial.trial_id for trial in plan_of(tmp_path, text=text).trials])
    assert not set(ids[0]) & set(ids[1])


@pytest.mark.processes
def test_a_trials_id_depends_on_no_path_and_no_hash_seed(done, tmp_path):
    code = (
        "import sys; from pathlib import Path; from harness.runs.plan import *; from harness.study.loading import load_study\n"
        "plan = make_plan(load_study(sys.argv[1]), RunRequest(logdir=Path('x'), seeds=2), {})\n"
        "print(*[trial.trial_id for trial in plan.trials])"
    )
    (tmp_path / "elsewhere").mkdir()
    shutil.copy(tmp_path / "study.py", tmp_path / "elsewhere" / "other_name.py")
    for hash_seed in ("1", "2"):
        environment = os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(PROJECT), "TZ": "Asia/Tokyo"}
        command = [sys.executable, "-c", code, str(tmp_path / "elsewhere" / "other_name.py")]
        said = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
        assert said.split() == [trial.trial_id for trial in done.trials]


def test_a_study_renamed_is_another_study(done, tmp_path):
    (tmp_path / "logs" / "one").rename(tmp_path / "logs" / "two")
    plan = plan_of(tmp_path, text=GROWING.replace('"one"', '"two"'))
    assert plan.reasons == {"changed": 4}
    assert not results(plan).records and {record.study for record in results(plan).stale} == {"one"}


def test_a_copied_trial_is_not_counted_twice(done, tmp_path):
    shutil.copytree(record_file(tmp_path).parent, record_file(tmp_path, seed=7).parent)
    found = results(plan_of(tmp_path))
    assert len(found.records) == 4 and len(found.stale) == 1


def test_an_orphaned_attempt_keeps_its_number(done, tmp_path):
    attempt_folder(record_file(tmp_path).parent, 2).mkdir()
    plan = plan_of(tmp_path, force=True)
    assert {(trial.variant, trial.seed): trial.attempt for trial in plan.trials}["wide", 1] == 3


def test_a_record_without_its_attempts_files_still_counts_its_attempt(done, tmp_path):
    (record_file(tmp_path).parent / "test").rmdir()
    assert {trial.attempt for trial in plan_of(tmp_path, force=True).trials} == {2}


def test_an_interrupted_repetition_does_not_take_a_results_place(done, tmp_path):
    before = record_file(tmp_path).read_bytes()
    (trial,) = (trial for trial in plan_of(tmp_path, force=True).trials if (trial.variant, trial.seed) == ("wide", 1))
    store(trial.folder, replace(blank_record(trial, done.study), status="interrupted"))
    assert record_file(tmp_path).read_bytes() == before
    assert read_record(attempt_folder(trial.folder, 2) / "record.json").status == "interrupted"


def test_a_damaged_record_is_kept_byte_for_byte_by_its_successor(done, tmp_path):
    record_file(tmp_path).write_bytes(b"\xff half")
    (trial,) = plan_of(tmp_path).trials
    store(trial.folder, replace(blank_record(trial, done.study), status="ok", as_expected=True))
    assert read_record(record_file(tmp_path)).attempt == 2
    assert (attempt_folder(trial.folder, 1) / "record.json").read_bytes() == b"\xff half"


def test_a_study_that_changes_while_it_runs_is_refused(done, tmp_path):
    trial = done.trials[0]
    (tmp_path / "study.py").write_text(GROWING.replace("WIDTH = 3", "WIDTH = 4"))
    with pytest.raises(ValueError, match="was changed while the study ran"):
        trial.load()


def test_so_is_one_whose_numbers_change(done, tmp_path):
    trial = done.trials[0]
    (tmp_path / "study.py").write_text(GROWING.replace("base=Settings()", "base=Settings(learning_rate=0.5)"))
    with pytest.raises(ValueError, match="was changed while the study ran"):
        trial.load()


def test_what_a_killed_writer_left_is_swept_away(done, tmp_path):
    trial = done.trials[0]
    (trial.folder / ".record.json.123.tmp").write_text("hal")
    store(trial.folder, replace(blank_record(trial, done.study), status="ok", as_expected=True))
    assert sorted(path.name for path in trial.folder.iterdir()) == ["attempt-1", "record.json"]
