"""Nothing outside the log folder is touched: symbolic and hard links, forged notes and pipes in our places."""

import json
import os
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from calling import harness
from resulting import make_record, store, store_study
from tiny_studies import plan_of

from harness.errors import UsageError
from harness.maintenance import log_check
from harness.maintenance.retabling import make_tables_again
from harness.maintenance.trash import TRASH, in_trash
from harness.records.atomic_files import write_atomically
from harness.records.locks import LOCK_FILE, _local_file as local_lock, one_writer, writer_of
from harness.records.own_paths import ForeignPathError, is_own, require_own
from harness.records.record import load_records
from harness.runs.execution import show_failure
from harness.runs.log_folder import require_own_trials, require_writable
from harness.runs.record_store import RecordStore, sweep
from harness.tensorboard.event_file import EventFile
from harness.tensorboard.failover_writer import FailoverWriter
from harness.tensorboard.study_writer import StudyFindings, write_study
from harness.tensorboard.trial_writer import TrialWriter
from harness.training.trial import blank_record

pytestmark = pytest.mark.quick

AGGREGATE = "aggregate"  # a variant's run by older versions, which is removed


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    """Somebody else's folder, which must stay as it is."""
    folder = tmp_path / "theirs"
    (folder / AGGREGATE).mkdir(parents=True)
    for name in ("precious.txt", ".notes.7.tmp", "trashed.events.out.tf-events.1", f"{AGGREGATE}/kept.txt"):
        (folder / name).write_text(name)
    yield folder
    names = sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))
    assert names == [".notes.7.tmp", AGGREGATE, f"{AGGREGATE}/kept.txt", "precious.txt", "trashed.events.out.tf-events.1"]
    assert (folder / "precious.txt").read_text() == "precious.txt"


@pytest.fixture
def logdir(tmp_path: Path) -> Path:
    """One seed of a study with its tables."""
    folder = store_study(tmp_path / "logs", seeds=1)
    make_tables_again(folder / "s", {record.trial_id for record in load_records(folder)[0]})
    return folder


def test_a_path_is_ours_below_the_log_folder_and_behind_no_link(tmp_path):
    (tmp_path / "real" / "s").mkdir(parents=True)
    (tmp_path / "logs").symlink_to("real")  # as the user has chosen it
    (tmp_path / "real" / "link").symlink_to("s")
    assert is_own(tmp_path / "logs" / "s" / "not-yet" / "made", root=tmp_path / "logs")
    for foreign in ("link", "link/base", "s/../../x", "../x", ""):
        with pytest.raises(ForeignPathError):
            require_own(Path(f"{tmp_path}/logs/{foreign}"), root=tmp_path / "logs")


@pytest.mark.parametrize("kind", ["symlink", "hard link", "foreign text", "pipe", "folder"])
def test_a_lock_that_is_somebody_elses_is_neither_followed_nor_emptied(logdir, theirs, kind):
    lock, precious = logdir / "s" / LOCK_FILE, theirs / "precious.txt"
    if kind == "symlink":
        lock.symlink_to(precious)
    elif kind == "hard link":
        os.link(precious, lock)
    elif kind == "foreign text":
        shutil.copy(precious, lock)
    elif kind == "pipe":
        os.mkfifo(lock)
    else:
        lock.mkdir()
    assert writer_of(logdir / "s") == ""
    list(log_check.examine_logs(logdir).findings)
    with pytest.raises(UsageError, match="not a lock of the harness"), one_writer(logdir / "s"):
        pass
    assert harness("remove", "s/base/seed-0", "--logdir", logdir).exit_code == 2
    assert kind not in ("hard link", "foreign text") or lock.read_text() == "precious.txt"


def test_the_lock_in_the_temporary_folder_is_not_followed_either(logdir, theirs, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    local_lock(logdir / "s").symlink_to(theirs / "precious.txt")

    def no_locks(descriptor: int, operation: int) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("harness.records.locks.fcntl.flock", no_locks)
    assert writer_of(logdir / "s") == ""
    with pytest.raises(UsageError, match="not a lock of the harness"), one_writer(logdir / "s"):
        pass


def test_an_examination_leaves_a_lock_as_it_is(logdir):
    (logdir / "s" / LOCK_FILE).write_text('{"pid": 1, "host": "of a killed run"}')
    list(log_check.examine_logs(logdir).findings)
    assert "of a killed run" in (logdir / "s" / LOCK_FILE).read_text()


def test_a_draft_is_written_into_no_link(tmp_path, theirs):
    (tmp_path / f".table.csv.{os.getpid()}.tmp").symlink_to(theirs / "precious.txt")
    (tmp_path / "table.csv").symlink_to(theirs / "precious.txt")
    write_atomically(tmp_path / "table.csv", "ours")
    assert (tmp_path / "table.csv").read_text() == "ours" and not (tmp_path / "table.csv").is_symlink()


def test_a_sweep_removes_drafts_alone(tmp_path):
    for name in (".record.json.123.tmp", ".mine.tmp"):
        (tmp_path / name).write_text("x")
    sweep(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [".mine.tmp"]


def test_bands_and_tables_pass_over_a_linked_variant(logdir, theirs):
    (logdir / "s" / "linked").symlink_to(theirs)
    records = load_records(logdir)[0]
    write_study(logdir / "s", records, StudyFindings())
    make_tables_again(logdir / "s", {record.trial_id for record in records})
    (logdir / "s" / "moved").symlink_to(theirs)
    with pytest.raises(ForeignPathError):
        write_study(logdir / "s", [make_record(), replace(make_record(), variant="moved")], StudyFindings())


def test_removing_touches_nothing_behind_a_linked_variant_trash_or_study(logdir, theirs):
    (logdir / "s" / "linked").symlink_to(theirs)
    assert harness("remove", "s/base/seed-0", "--logdir", logdir).exit_code == 0
    assert harness("remove", str(logdir / "s" / "linked" / AGGREGATE), "--logdir", logdir).exit_code == 2
    shutil.rmtree(logdir / TRASH)
    (logdir / TRASH).symlink_to(theirs)
    result = harness("remove", "s/wide/seed-0", "--logdir", logdir)
    assert result.exit_code == 2 and "symbolic link" in result.output
    assert (logdir / "s" / "wide" / "seed-0" / "record.json").exists()
    assert harness("purge", "--yes", "--logdir", logdir).output == "The trash is empty.\n"


@pytest.mark.parametrize("name", ["linked/base/seed-0", "s/linked/seed-0"])
def test_a_forged_note_restores_nothing_through_a_link(logdir, theirs, name):
    harness("remove", "s/wide/seed-0", "--logdir", logdir)
    (trashed,) = in_trash(logdir)
    (trashed.entry / "removed.json").write_text(json.dumps({"name": name, "removed": 1.0, "shown": []}))
    (logdir / name.removesuffix("/base/seed-0").removesuffix("/seed-0")).symlink_to(theirs)
    result = harness("restore", "s/wide/seed-0", "--logdir", logdir)
    assert result.exit_code == 2 and "symbolic link" in result.output and (trashed.content / "record.json").exists()


def test_a_linked_content_or_entry_of_the_trash_is_not_ours(logdir, theirs):
    harness("remove", "s/wide/seed-0", "--logdir", logdir)
    (trashed,) = in_trash(logdir)
    shutil.rmtree(trashed.content)
    trashed.content.symlink_to(theirs)
    (logdir / TRASH / "000099").symlink_to(theirs)
    assert in_trash(logdir) == ()
    assert harness("restore", "s/wide/seed-0", "--logdir", logdir).exit_code == 2
    assert harness("purge", "--yes", "--logdir", logdir).exit_code == 0


@pytest.mark.parametrize("where", ["", "wide", "wide/seed-1", "wide/seed-1/attempt-4"])
def test_a_run_refuses_links_in_the_place_of_its_folders(tmp_path, theirs, where):
    plan = plan_of(tmp_path)
    link = plan.folder / where
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(theirs)
    with pytest.raises(UsageError, match="symbolic link"):
        require_writable(plan.folder)
        require_own_trials(plan)


def test_a_record_whose_folder_became_a_link_is_kept_elsewhere(tmp_path, theirs):
    plan = plan_of(tmp_path)
    plan.folder.mkdir(parents=True)
    store = RecordStore(plan.folder, tmp_path / "fallback")
    trial = plan.trials[0]
    trial.folder.parent.symlink_to(theirs)
    store.keep(trial, replace(blank_record(trial, plan.study), status="ok", as_expected=True))
    assert len(load_records(tmp_path / "fallback")[0]) == 1 and "symbolic link" in store.problems[0]


def test_the_failure_of_a_lost_worker_is_shown_through_no_link(tmp_path, theirs):
    plan = plan_of(tmp_path)
    trial = plan.trials[0]
    trial.folder.mkdir(parents=True)
    (trial.folder / "attempt-1").symlink_to(theirs)
    with pytest.raises(ForeignPathError):
        show_failure(trial, blank_record(trial, plan.study))


def test_a_board_writes_through_no_link(tmp_path, theirs):
    home = tmp_path / "logs" / "one"
    home.mkdir(parents=True)
    (home / "base").symlink_to(theirs)
    with FailoverWriter(home / "base/seed-0/attempt-1", fallback=tmp_path / "elsewhere", home=home) as board:
        board.text("first", "text")
    assert "symbolic link" in board.moved and any((tmp_path / "elsewhere").iterdir())
    with TrialWriter(home / "own") as board:
        (home / "own" / "train").symlink_to(theirs)
        with pytest.raises(ForeignPathError):
            board.epoch(0, train={"loss": 1.0}, test={}, learning_rate=None, seconds=1.0)


def test_a_log_folder_that_is_a_link_itself_works_as_ever(tmp_path):
    real = store(tmp_path / "real", make_record(), make_record("wide"))
    EventFile(real / "s/wide/seed-0/attempt-1/train").close()
    (tmp_path / "logs").symlink_to("real")
    for words in (["remove", "s/wide/seed-0"], ["restore", "s/wide/seed-0"], ["remove", "s/base"], ["purge", "--yes"]):
        result = harness(*words, "--logdir", tmp_path / "logs")
        assert result.exit_code == 0, result.output
    assert (real / "s/wide/seed-0/record.json").exists() and not (real / "s/base/seed-0").exists()
