"""One truth: whatever makes a table judges by what the study declares now, or by what its last run declared."""

from dataclasses import dataclass, replace

import pytest
from calling import harness
from made_studies import made_record, made_records
from resulting import store

from harness import Metric, Settings, Study, Variant, finishes, load, raises, worse_than_control
from harness.analysis.comparison import compare_study
from harness.analysis.declarations import DECLARATION_FILE, write_declaration
from harness.analysis.record_matching import as_declared
from harness.analysis.summary import summary_table
from harness.analysis.table_files import SUMMARY_FILE, write_tables
from harness.isolation import BUILT_IN
from harness.maintenance.retabling import make_tables_again
from harness.records.old_records import claims_of
from harness.records.record import RECORD_FILE, read_record, trial_folder, write_record
from harness.results.csv_reading import read_csv_table
from harness.results.declared import as_declared_now
from harness.study.loading import load_study

pytestmark = pytest.mark.quick


@dataclass(frozen=True)
class Augmented(Settings):
    augment: str = "none"


def own(tmp_path, *, margin: float, expect=finishes()) -> Study:
    variant = Variant("wide", hidden=(512,), expect=expect)
    metric = Metric("accuracy", margin=margin, higher_is_better=True, fraction=True)
    return Study("own", base=Settings(), variants=(variant,), metric=metric, path=tmp_path / "own.py")


def recorded(study: Study) -> list:
    """Return the records of a study whose second variant is better by 0.01."""
    values = {"base": 0.95, "wide": 0.96}
    jitter = (0.0, 0.0005, -0.0005, 0.001, 0.0002)
    return [
        replace(record, metrics={"test_accuracy": values[record.variant] + jitter[(record.seed + record.position) % 5]})
        for record in made_records(study)
    ]


def after_an_edit(tmp_path) -> tuple:
    """Store records made with a small margin, as a run leaves them after that was raised; return both."""
    tmp_path.joinpath("own.py").write_text("edited")
    records = recorded(own(tmp_path, margin=0.003))
    store(tmp_path / "logs", *records)
    now = own(tmp_path, margin=0.5)
    declared = [as_declared(record, now, position=record.position) for record in records]
    write_tables(tmp_path / "logs" / "own", declared)
    write_declaration(tmp_path / "logs" / "own", declared)
    return tmp_path / "logs", records


def words(table) -> list[str]:
    return table["verdict"].fillna("").tolist()


def test_compare_load_and_tables_made_again_judge_as_the_last_run_did(tmp_path):
    logdir, records = after_an_edit(tmp_path)
    assert words(summary_table(records)) == ["", "better"]  # by what the records were made with
    result = harness("compare", logdir, "--format", "csv", "--columns", "variant,verdict")
    assert result.stdout.splitlines()[1:] == ["base,", "wide,equivalent"] and result.stderr == ""
    assert words(read_csv_table(logdir / "own" / SUMMARY_FILE)[0]) == ["", "equivalent"]
    make_tables_again(logdir / "own", [record.trial_id for record in records])
    assert words(read_csv_table(logdir / "own" / SUMMARY_FILE)[0]) == ["", "equivalent"]


def test_an_edited_expectation_is_what_load_shows(tmp_path):
    records = recorded(own(tmp_path, margin=0.003))
    store(tmp_path / "logs", *records)
    now = own(tmp_path, margin=0.003, expect=raises("ValueError"))
    write_declaration(tmp_path / "logs" / "own", [as_declared(record, now, position=record.position) for record in records])
    trials = load(tmp_path / "logs").trials.set_index("variant")
    assert set(trials.loc["wide", "status"]) == {"unexpected-pass"} and set(trials.loc["base", "status"]) == {"ok"}


def test_a_file_that_was_edited_since_its_last_run_is_named(tmp_path):
    logdir, _ = after_an_edit(tmp_path)
    tmp_path.joinpath("own.py").write_text("edited once more")
    result = harness("compare", logdir, "--format", "csv", "--columns", "variant,verdict")
    assert "own.py was edited since its last run: verdicts are as of then" in result.stderr
    with pytest.warns(UserWarning, match="edited since its last run"):
        load(logdir)


OWN = """from harness import Metric, Settings, Study, Variant, raises
STUDY = Study("own", base=Settings(), variants=(Variant("wide", hidden=(512,), expect=raises("ValueError")),),
              metric=Metric("accuracy", margin=0.5, higher_is_better=True, fraction=True))
"""


def test_a_file_that_the_user_names_is_judged_by_as_it_is_now(tmp_path):
    file = tmp_path / "own.py"
    file.write_text(OWN)
    store(tmp_path / "logs", *recorded(own(tmp_path, margin=0.003)))
    words = ("compare", tmp_path / "logs", "--format", "csv", "--columns", "variant,status,verdict")
    assert "wide,ok,better" in harness(*words).stdout
    assert "wide,unexpected-pass,equivalent" in harness(*words, "--study", file).stdout
    assert set(load(tmp_path / "logs", study=file).trials.query("variant == 'wide'")["status"]) == {"unexpected-pass"}


def test_the_file_that_a_record_names_is_not_run(tmp_path):
    tmp_path.joinpath("own.py").write_text(f"open({str(tmp_path / 'trace')!r}, 'w')")
    store(tmp_path / "logs", *recorded(own(tmp_path, margin=0.003)))
    assert harness("compare", tmp_path / "logs").exit_code == 0
    assert not (tmp_path / "trace").exists()


def test_trials_that_the_last_run_did_not_count_are_judged_by_their_own_records(tmp_path):
    logdir, records = after_an_edit(tmp_path)
    others = [replace(record, trial_id=f"aaaa{record.trial_id[4:]}") for record in records]
    store(logdir, *others)
    paths = [trial_folder(logdir, one.study, one.variant, one.seed) / RECORD_FILE for one in others]
    found, _ = as_declared_now(others, paths)
    assert found == others


WITHOUT_WORDS = '{"variants": {"wide": {"trials": ["000001000000"]}}}'


@pytest.mark.parametrize("content", ["", "[]", '{"variants": 3}', WITHOUT_WORDS, "{" * 9999])
def test_a_damaged_declaration_leaves_the_records_own(tmp_path, content):
    logdir, _ = after_an_edit(tmp_path)
    (logdir / "own" / DECLARATION_FILE).write_text(content)
    result = harness("compare", logdir, "--format", "csv", "--columns", "variant,verdict")
    assert result.exit_code == 0 and "wide,better" in result.stdout


def test_a_study_of_experiments_is_judged_as_its_file_has_it_now(tmp_path):
    study = load_study("mnist-cnn")
    older = Metric("accuracy", margin=0.5, higher_is_better=True, fraction=True).to_dict()
    records = [replace(record, metric=older, expects={}, expectation="diverges") for record in made_records(study)]
    paths = [trial_folder(tmp_path, one.study, one.variant, one.seed) / RECORD_FILE for one in records]
    found, notes = as_declared_now(records, paths)
    assert not notes and {one.expectation for one in found} == {str(study.expectation(name)) for name in study.names}
    assert all(one.metric == study.metric.to_dict() for one in found)


def test_records_of_settings_that_the_study_has_no_more_keep_their_own(tmp_path):
    record = made_record(load_study("spirals"), "tanh", 0, settings={"hidden": [3]}, expectation="diverges", expects={})
    found, _ = as_declared_now([record], [tmp_path / "spirals" / "tanh" / "seed-0" / RECORD_FILE])
    assert found == [record]


def test_a_text_that_looks_like_a_change_is_none(tmp_path):
    variants = (Variant("flipped", augment="flip, rotate=10, hidden=3"),)
    study = Study("own", base=Augmented(), variants=variants, path=tmp_path / "own.py")
    made = {name: [made_record(study, name, seed) for seed in range(5)] for name in study.names}
    assert made["flipped"][0].changes == {"augment": "flip, rotate=10, hidden=3"}
    assert compare_study(made)["flipped"].difference.n == 5
    older = [replace(record, changes={}, change="augment=flip, rotate=10") for record in made["flipped"]]
    assert compare_study(made | {"flipped": older})["flipped"].difference.n == 5


def test_changes_and_expectations_are_kept_as_data_and_an_old_record_falls_back_to_its_words(tmp_path):
    study = load_study("mnist-cnn")
    record = made_record(study, "test-shift-4", 0)
    assert record.changes == {"test_shift": 4} and claims_of(record) == worse_than_control().claims
    write_record(tmp_path, record)
    found = read_record(tmp_path / RECORD_FILE)
    assert (found.changes, found.expects) == (record.changes, record.expects) and claims_of(found) == claims_of(record)
    assert claims_of(replace(record, expects={})) == worse_than_control().claims


@pytest.mark.processes
@pytest.mark.parametrize("command", ["compare", "doctor"])
def test_a_study_in_the_working_folder_is_not_run_for_looking_at_records_that_name_it(tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "experiments" / "ablations.py"
    file.parent.mkdir()
    file.write_text("# harness\nfrom pathlib import Path\nPath('was-run').touch()\nSTUDY = None\n")
    record = made_record(load_study(str(BUILT_IN / "ablations.py")), "base", 0)
    write_record(tmp_path / "logs" / "ablations" / "base" / "seed-0", replace(record, provenance={"study_file": str(file)}))
    words = ["compare", "logs"] if command == "compare" else ["doctor", "--logdir", "logs"]
    assert "ablations" in harness(*words).output and not (tmp_path / "was-run").exists()
