"""Trials to the trash, back from it and out of it; the tables follow."""

import csv
import shutil
from pathlib import Path

import pytest
from calling import harness
from resulting import make_record, store, store_study

from harness.maintenance.log_check import examine_logs
from harness.maintenance.retabling import make_tables_again, shown_trials
from harness.maintenance.trash import TRASH, in_trash
from harness.records.locks import one_writer
from harness.records.record import find_records
from harness.tensorboard.event_file import EventFile

pytestmark = pytest.mark.quick


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five seeds of four variants, each with an event file, and the tables that a run leaves."""
    folder = store_study(tmp_path_factory.mktemp("template") / "logs")
    for path in find_records(folder):
        EventFile(path.parent / "train").close()
    make_tables_again(
        folder / "s",
        shown={make_record(name, seed).trial_id for name in ("base", "wide", "deep", "broken") for seed in range(5)},
    )
    return folder


@pytest.fixture
def logdir(template: Path, tmp_path: Path) -> Path:
    """A copy of the study to remove from."""
    return Path(shutil.copytree(template, tmp_path / "logs"))


def shown(logdir: Path) -> list[tuple[str, str]]:
    """Return variant and seed of each row of runs.csv."""
    with open(logdir / "s" / "runs.csv", newline="") as file:
        return [(row["variant"], row["seed"]) for row in csv.DictReader(file)]


def contents(logdir: Path) -> dict[str, bytes]:
    """Return every file below a folder, apart from the runs of studies and variants, which are made anew, and the lock."""
    anew = {path for pattern in ("*/*tfevents*", "*/*/*tfevents*") for path in logdir.glob(pattern)}
    files = (path for path in logdir.rglob("*") if path.is_file() and path not in anew and path.name != ".lock")
    return {str(path.relative_to(logdir)): path.read_bytes() for path in files}


def test_a_removed_trial_leaves_the_records_and_the_tables(logdir: Path):
    result = harness("remove", "wide/seed-3", "--logdir", logdir)
    assert result.exit_code == 0 and "Removed s/wide/seed-3" in result.output and "kB) moved to" in result.output
    assert not (logdir / "s/wide/seed-3").exists()
    assert ("wide", "3") not in shown(logdir) and len(shown(logdir)) == 19
    summary = (logdir / "s/summary.csv").read_text().splitlines()
    assert next(line for line in summary if line.startswith("s,wide")).split(",")[4] == "4"


def test_what_is_restored_is_as_it_was_byte_for_byte(logdir: Path):
    make_tables_again(logdir / "s", shown_trials(logdir / "s"))  # runs.csv names the folder, which a copy has not
    before = contents(logdir)
    harness("remove", "s/wide", "base/seed-0", "--logdir", logdir)
    result = harness("restore", "s/wide", "s/base", "--logdir", logdir)
    assert result.exit_code == 0 and "6 folders restored." in result.output
    assert contents(logdir) == before


def test_tensorboard_sees_no_event_file_of_the_trash(logdir: Path):
    harness("remove", "s/wide", "--logdir", logdir)
    assert list((logdir / TRASH).rglob("trashed.*")) and not list((logdir / TRASH).rglob("*tfevents*"))


@pytest.mark.parametrize(
    ("words", "count"),
    [
        (["s/deep"], 5),
        (["deep/seed-1", "wide/seed-1"], 2),
        ([make_record("wide", 2).trial_id], 1),
        (["--filter", "status == 'expected-error'"], 5),
        (["--filter", "test_accuracy > 0.975 and seed < 2"], 2),
        (["s/wide", "--filter", "seed >= 3"], 2),
        (["--filter", "setting_hidden == '512-256'"], 5),
    ],
)
def test_trials_are_chosen_by_name_id_folder_and_filter(logdir: Path, words: list[str], count: int):
    result = harness("remove", *words, "--logdir", logdir)
    assert result.exit_code == 0, result.output
    assert len(in_trash(logdir)) == count and len(shown(logdir)) == 20 - count


def test_a_trial_is_chosen_by_its_path(logdir: Path):
    assert harness("remove", logdir / "s/deep/seed-4/record.json", "--logdir", logdir).exit_code == 0
    assert [trashed.name for trashed in in_trash(logdir)] == ["s/deep/seed-4"]
    assert harness("restore", logdir / "s/deep/seed-4", "--logdir", logdir).exit_code == 0
    assert (logdir / "s/deep/seed-4/record.json").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["remove"], "Name what to remove"),
        (["remove", "s/wode"], "Did you mean"),
        (["remove", "0"], "is ambiguous"),
        (["remove", ""], "is not known"),
        (["remove", "../outside"], "is not known"),
        (["remove", "/"], "is not known"),
        (["remove", "x\0y"], "is not known"),
        (["remove", "a" * 5000], "is not known"),
        (["remove", "--filter", "seed > 99"], "None of 20 trials fits the filter"),
        (["remove", "--filter", "sed > 1"], "Did you mean 'seed'?"),
        (["remove", "--filter", "__import__('os')"], "Filter"),
        (["restore", "s/wide"], "holds no trial"),
        (["restore"], "the trash holds nothing"),
        (["purge", "s/wide", "--yes"], "holds no trial"),
    ],
)
def test_what_fits_nothing_is_one_line_and_moves_nothing(logdir: Path, words: list[str], said: str):
    before = contents(logdir)
    result = harness(*words, "--logdir", logdir)
    assert result.exit_code == 2 and said in result.output and len(result.output.splitlines()) == 1
    assert contents(logdir) == before


def test_a_folder_that_is_missing_is_named(tmp_path: Path):
    for words in (["remove", "x"], ["purge", "--yes"]):
        result = harness(*words, "--logdir", tmp_path / "absent")
        assert result.exit_code == 2 and "is not a folder" in result.output


def test_a_trial_is_not_restored_over_another(logdir: Path):
    harness("remove", "wide/seed-0", "--logdir", logdir)
    store(logdir, make_record("wide", 0, accuracy=0.5))
    result = harness("restore", "wide/seed-0", "--logdir", logdir)
    assert result.exit_code == 2 and "there is one in its place" in result.output
    assert [trashed.name for trashed in in_trash(logdir)] == ["s/wide/seed-0"]


def test_of_two_of_one_name_the_last_removed_comes_back(logdir: Path):
    harness("remove", "wide/seed-0", "--logdir", logdir)
    store(logdir, make_record("wide", 0, accuracy=0.5))
    harness("remove", "wide/seed-0", "--logdir", logdir)
    result = harness("restore", "wide/seed-0", "--logdir", logdir)
    assert result.exit_code == 0 and "1 older of the same name stay" in result.output
    assert '"test_accuracy": 0.5' in (logdir / "s/wide/seed-0/record.json").read_text()


def test_records_that_the_tables_left_out_stay_out(logdir: Path):
    store(logdir, make_record("wide", 9, trial_id="f" * 12))
    harness("remove", "base/seed-0", "--logdir", logdir)
    assert ("wide", "9") not in shown(logdir)
    harness("remove", "wide/seed-9", "--logdir", logdir)
    harness("restore", "wide/seed-9", "--logdir", logdir)
    assert ("wide", "9") not in shown(logdir) and len(shown(logdir)) == 19


def test_the_tables_go_with_the_last_trial(logdir: Path):
    harness("remove", "--filter", "seed >= 0", "--logdir", logdir)
    assert not list(logdir.glob("s/*.csv")) and not list(logdir.rglob("aggregate"))
    harness("restore", "--filter", "seed >= 0", "--logdir", logdir)
    assert len(shown(logdir)) == 20


def test_an_attempt_without_a_record_can_be_removed_and_restored(logdir: Path):
    left = logdir / "s/wide/seed-0/attempt-2"
    EventFile(left).close()
    assert harness("remove", left, "--logdir", logdir).exit_code == 0
    assert not left.exists() and len(shown(logdir)) == 20
    restored = harness("restore", left, "--logdir", logdir)
    assert restored.exit_code == 0, restored.output
    assert list(left.glob("events*"))


def test_a_trial_whose_record_is_damaged_can_be_removed(logdir: Path):
    (logdir / "s/wide/seed-0/record.json").write_text("torn")
    assert harness("remove", logdir / "s/wide/seed-0", "--logdir", logdir).exit_code == 0
    assert [trashed.name for trashed in in_trash(logdir)] == ["s/wide/seed-0"]


def test_purge_asks_and_then_says_what_it_freed(logdir: Path):
    harness("remove", "s/wide", "--logdir", logdir)
    declined = harness("purge", "--logdir", logdir)
    assert declined.exit_code == 1 and "Nothing was deleted" in declined.output and len(in_trash(logdir)) == 5
    result = harness("purge", "--yes", "--logdir", logdir)
    assert result.exit_code == 0 and "5 folders deleted" in result.output and "freed" in result.output
    assert not list((logdir / TRASH).iterdir())
    assert "The trash is empty." in harness("purge", "--yes", "--logdir", logdir).output


def test_purge_takes_only_what_is_named(logdir: Path):
    harness("remove", "s/wide", "s/deep", "--logdir", logdir)
    harness("purge", "s/wide", "--yes", "--logdir", logdir)
    assert {trashed.name.split("/")[1] for trashed in in_trash(logdir)} == {"deep"}


def test_what_a_run_is_writing_is_not_moved(logdir: Path):
    with one_writer(logdir / "s"):
        result = harness("remove", "s/wide", "--logdir", logdir)
    assert result.exit_code == 2 and "is being written by" in result.output
    assert (logdir / "s/wide/seed-0").exists()


def test_a_note_that_leads_out_of_the_log_folder_is_not_followed(logdir: Path, tmp_path: Path):
    harness("remove", "wide/seed-0", "--logdir", logdir)
    note = in_trash(logdir)[0].entry / "removed.json"
    note.write_text(note.read_text().replace("s/wide/seed-0", "../outside"))
    assert harness("restore", "wide/seed-0", "--logdir", logdir).exit_code == 2
    assert not (tmp_path / "outside").exists()


def test_what_an_interrupted_purge_left_is_found_and_purged(logdir, monkeypatch):
    harness("remove", "s/wide/seed-0", "--logdir", logdir)

    def killed(folder: Path) -> None:
        (folder / "removed.json").unlink()
        raise OSError(5, "Input/output error", str(folder))

    with monkeypatch.context() as patched:
        patched.setattr("harness.maintenance.trash.shutil.rmtree", killed)
        assert harness("purge", "--yes", "--logdir", logdir).exit_code == 2
    assert in_trash(logdir) == ()
    (finding,) = (finding for finding in examine_logs(logdir).findings if "interrupted purge" in finding.what)
    assert "1 leftovers" in finding.what and "purge --logdir" in finding.mend
    result = harness("purge", "--yes", "--logdir", logdir)
    assert result.exit_code == 0 and "deleting-000001" in result.output and "1 folder deleted" in result.output
    assert not any((logdir / TRASH).iterdir())


def test_half_a_deleted_trial_is_never_restored(logdir, monkeypatch):
    harness("remove", "s/wide/seed-0", "--logdir", logdir)

    def killed(folder: Path) -> None:  # before the note, so that the entry looks whole
        shutil.move(folder / "content" / "record.json", logdir / "gone")
        raise OSError(5, "Input/output error", str(folder))

    with monkeypatch.context() as patched:
        patched.setattr("harness.maintenance.trash.shutil.rmtree", killed)
        harness("purge", "--yes", "--logdir", logdir)
    assert harness("restore", "s/wide/seed-0", "--logdir", logdir).exit_code == 2
    assert not (logdir / "s/wide/seed-0").exists()
