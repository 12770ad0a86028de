"""`rerun`: a recorded trial again, bit for bit, or what differs."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from calling import harness
from resulting import make_record, store
from tiny_studies import VARIED as STUDY

from harness.errors import UsageError
from harness.records.record import find_records, read_record, write_record
from harness.results.loading import gather_records
from harness.results.selection import find_trial

VARIANTS = 'Variant("wide", hidden=(16,)), Variant("one-output", outputs=1, expect=raises("ValueError")),'


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A study's file and the log folder of its run."""
    folder = tmp_path_factory.mktemp("recorded")
    study, logdir = folder / "tiny.py", folder / "logs"
    study.write_text(STUDY.replace("VARIANTS", VARIANTS))
    result = harness("run", study, "--seeds", 1, "--logdir", logdir, "--jobs", 1, "--engine", "graph", "--set", "epochs=3")
    assert result.exit_code == 0, result.output
    return study, logdir


def test_every_record_says_where_it_comes_from(recorded):
    study, logdir = recorded
    provenance = read_record(logdir / "tiny/wide/seed-0/record.json").provenance
    assert provenance["study_file"] == str(study) and provenance["command"].startswith("python -m harness")
    assert len(provenance["study_sha256"]) == 64 and provenance["engine_asked"] == "graph"
    assert provenance["base_changes"] == {"epochs": 3}
    assert provenance["tensorflow"] and provenance["intra_op_threads"] and provenance["ended"] >= provenance["started"]
    assert not {"PATH", "HOME"} & set(provenance["variables"])


def test_a_rerun_is_identical_and_leaves_the_record_alone(recorded):
    study, logdir = recorded
    before = {path: path.read_bytes() for path in find_records(logdir)}
    result = harness("rerun", "wide/seed-0", "--study", study, "--logdir", logdir)
    assert result.exit_code == 0, result.output
    assert "Identical, bit for bit" in result.output and "a different trial now" not in result.output
    assert "source" not in result.output
    assert {path: path.read_bytes() for path in find_records(logdir)} == before
    again = read_record(logdir / ".reruns/tiny/wide/seed-0/record.json")
    assert again.metrics == read_record(logdir / "tiny/wide/seed-0/record.json").metrics
    assert again.provenance["engine"] == "graph" and again.settings["epochs"] == 3 and again.variant == "wide"


def test_a_trial_that_fails_as_expected_fails_so_again(recorded):
    study, logdir = recorded
    result = harness("rerun", "one-output/seed-0", "--study", study, "--logdir", logdir)
    assert result.exit_code == 0 and "Identical, bit for bit: ValueError" in result.output


def test_a_changed_study_gives_other_numbers_and_is_named_as_the_reason(recorded, tmp_path):
    study, logdir = recorded
    mine = Path(shutil.copytree(logdir, tmp_path / "logs"))
    changed = tmp_path / "tiny.py"
    # The variant is gone as well: what is recorded of it is enough.
    changed.write_text(
        study.read_text().replace('activation="relu"', 'activation="tanh"').replace('Variant("wide", hidden=(16,)), ', "")
    )
    path = mine / "tiny/wide/seed-0/record.json"
    record = read_record(path)
    write_record(path.parent, replace(record, provenance={**record.provenance, "study_file": str(changed)}))
    result = harness("rerun", path, "--study", changed, "--logdir", mine)
    assert result.exit_code == 1, result.output
    assert "Not identical" in result.output and "test accuracy" in result.output
    assert "a different trial now" in result.output and "study sha256" in result.output


def test_a_broken_expectation_of_results_is_named_and_ends_with_status_1(recorded, tmp_path):
    study, logdir = recorded
    stricter = tmp_path / "tiny.py"
    claim = "hidden=(16,), expect=finishes(accuracy_at_least=1.0, loss_at_most=100)"
    text = study.read_text().replace("import Settings", "import finishes, Settings").replace("hidden=(16,)", claim)
    stricter.write_text(text.replace("epochs=2", "epochs=3"))
    words = ("run", stricter, "--logdir", shutil.copytree(logdir, tmp_path / "logs"), "--seeds", 1, "--engine", "graph")
    result = harness(*words)
    assert result.exit_code == 1, result.output
    assert "Broken expectation: wide: expected test accuracy at least 1; measured" in result.output
    assert "test loss at most" not in result.output.partition("Broken expectation")[2]
    # What is expected of the study as it is declared does not bind a run whose base was changed.
    same = harness(*words, "--set", "epochs=3")  # which it has already
    assert same.exit_code == 1 and "0 to train" in same.output
    changed = harness(*words, "--set", "epochs=4")
    assert changed.exit_code == 0 and "wide: claims not checked: the base was changed" in changed.output


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"study": "absent"}, "Study 'absent' is not known"),
        ({"study": "ablations", "settings": {"neurons": 5}}, "settings that study 'ablations' no longer has"),
        ({"study": "ablations", "settings": {"epochs": "many"}}, "epochs must be a whole number"),
        ({"study": "ablations", "settings": {}, "data": {"used": "digits", "sha256": "00"}}, "trained on other data"),
        ({"study": "ablations", "settings": {}, "data": {"used": "nothing"}}, "Dataset 'nothing' is not known"),
        ({"study": "ablations", "settings": {}, "data": {}}, "Dataset '' is not known"),
        ({"study": "absent", "provenance": {"study_file": "\0.py"}}, "is not known"),
    ],
)
def test_what_cannot_be_trained_again_is_one_line(tmp_path, values, said):
    store(tmp_path, make_record(**values))
    result = harness("rerun", "base/seed-0", "--logdir", tmp_path)
    lines = result.output.splitlines()
    assert result.exit_code == 2 and said in lines[-1]
    assert len(lines) == 1 or (len(lines) == 2 and lines[0].endswith("ablations.py …"))  # it was said before the file was run
    assert not (tmp_path / ".reruns").exists()


def test_a_file_that_a_record_alone_names_is_not_run(tmp_path):
    evil = tmp_path / "tiny.py"
    evil.write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    store(tmp_path, make_record(study="tiny", provenance={"study_file": str(evil)}))
    result = harness("rerun", "base/seed-0", "--logdir", tmp_path)
    assert result.exit_code == 2 and f"--study {evil}" in result.output and len(result.output.splitlines()) == 1
    assert not (tmp_path / "ran").exists()
    store(tmp_path, make_record(study="ablations", provenance={"study_file": str(evil)}))
    other = harness("rerun", "ablations/base/seed-0", "--logdir", tmp_path)
    assert other.exit_code == 2 and "study 'ablations' of experiments/ is another one" in other.output
    assert not (tmp_path / "ran").exists()
    named = harness("rerun", "tiny/base/seed-0", "--logdir", tmp_path, "--study", evil)
    assert (tmp_path / "ran").exists() and named.output.splitlines()[0].endswith(f"by {evil} …")


def test_of_trials_of_one_name_in_nested_log_folders_the_outer_one_is_meant_or_none(tmp_path):
    def place(folder: str, **values: object) -> Path:
        return store(tmp_path / folder, make_record(**values)) / "s/base/seed-0/record.json"

    inner, outer = place("a-backup", trial_id="inner"), place(".", trial_id="outer")
    assert find_trial("base/seed-0", logdir=tmp_path).path == outer
    assert find_trial("a-backup/s/base/seed-0", logdir=tmp_path).path == inner
    assert find_trial("base/seed-0", logdir=tmp_path / "a-backup").path == inner
    assert gather_records(tmp_path).paths == (outer,) and str(inner) in gather_records(tmp_path).problems[0]
    outer.unlink()
    place("b-backup", trial_id="other")
    with pytest.raises(UsageError, match="ambiguous: it is in .*a-backup.* and .*b-backup"):
        find_trial("s/base/seed-0", logdir=tmp_path)
    removed = harness("remove", "base/seed-0", "--logdir", tmp_path)
    assert removed.exit_code == 2 and "ambiguous" in removed.output and inner.exists()
