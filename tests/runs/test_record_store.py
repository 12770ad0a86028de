"""Records that cannot be stored where they belong."""

import os
import pickle
import shutil
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from small_disk import mounted_disk
from tiny_studies import plan_of

from harness.errors import UsageError
from harness.records.atomic_files import write_atomically
from harness.records.attempts import attempt_folder
from harness.records.locks import one_writer
from harness.records.own_paths import folder_identity
from harness.records.record import load_records, read_record
from harness.runs.executors.worker import Failure, answer
from harness.runs.log_folder import begin_study
from harness.runs.record_store import RecordStore
from harness.tensorboard.failover_writer import FailoverWriter
from harness.training.trial import blank_record

pytestmark = pytest.mark.quick


@pytest.fixture
def full(tmp_path):
    """A plan whose log folder lies on a disk without any room, a finished record of its first trial, and its store.

    Where no disk may be mounted, the folder is one that cannot be written.
    """
    with mounted_disk(tmp_path / "disk", megabytes=1) as mounted:
        plan = plan_of(tmp_path, logdir=tmp_path / "disk" / "logs")
        plan.folder.mkdir(parents=True)
        store = RecordStore(plan.folder, tmp_path / "fallback")
        blank = blank_record(plan.trials[0], plan.study)
        record = replace(blank, status="ok", as_expected=True, metrics={"test_loss": 0.25})
        before = plan.folder / "runs.csv"
        before.write_text("as it was")
        if mounted:
            with pytest.raises(OSError), open(tmp_path / "disk" / "filler", "wb", buffering=0) as file:
                while True:
                    file.write(bytes(4096))
        else:
            plan.folder.chmod(0o500)
        yield plan, record, store, mounted
        plan.folder.chmod(0o700)


def test_a_finished_record_that_finds_no_room_lies_in_the_fallback(full, tmp_path):
    plan, record, store, mounted = full
    kept = store.keep(plan.trials[0], record)
    assert (kept.status, kept.as_expected) == (("failed", False) if mounted else ("ok", True))
    assert kept.error.startswith("disk full" if mounted else "")
    (stored,) = load_records(tmp_path / "fallback")[0]
    assert stored.metrics == {"test_loss": 0.25}
    assert str(tmp_path / "fallback") in store.problems[0]
    assert not list(plan.folder.rglob("record.json")) and not list(plan.folder.rglob("*.tmp"))


def test_a_table_that_finds_no_room_leaves_the_one_that_was_there(full):
    plan, _, store, mounted = full
    store.attempt("The tables", lambda: write_atomically(plan.folder / "runs.csv", "x" * 100_000))
    assert (plan.folder / "runs.csv").read_text() == "as it was"
    (problem,) = store.problems
    assert problem.startswith(f"The tables could not be written ({'disk full' if mounted else 'Permission denied'}")


def test_a_folder_that_was_removed_does_not_come_back_half_empty(tmp_path):
    plan = plan_of(tmp_path)
    plan.folder.mkdir(parents=True)
    store = RecordStore(plan.folder, tmp_path / "fallback")
    shutil.rmtree(plan.folder)
    record = replace(blank_record(plan.trials[0], plan.study), status="ok", as_expected=True)
    assert store.keep(plan.trials[0], record).status == "ok"
    store.finish()
    assert not plan.folder.exists()
    assert (tmp_path / "fallback" / "one" / "runs.csv").exists()
    where = next((tmp_path / "fallback").rglob("record.json"))
    assert read_record(where).status == "ok" and str(where.parent) in store.problems[0]


def test_a_board_whose_folder_vanishes_is_written_anew_elsewhere(tmp_path):
    home = tmp_path / "logs" / "one"
    home.mkdir(parents=True)
    with FailoverWriter(home / "attempt-1", fallback=tmp_path / "elsewhere", home=home) as board:
        board.text("first", "before")
        shutil.rmtree(tmp_path / "logs")
        board.text("second", "after")
    assert not home.exists() and "removed" not in board.moved and board.folder == tmp_path / "elsewhere"
    content = b"".join(path.read_bytes() for path in (tmp_path / "elsewhere/test").glob("events*"))
    assert b"before" in content and b"after" in content


def test_a_result_that_cannot_be_pickled_is_a_failure_with_a_text():
    failure = pickle.loads(answer(lambda: lambda: 0, ()))
    assert isinstance(failure, Failure) and "pickle" in failure.text.lower()


def replaced(folder: Path) -> None:
    """Put a copy into a folder's place, as a user does who moves the log folder away and starts afresh."""
    folder.rename(folder.with_name("moved"))
    shutil.copytree(folder.with_name("moved"), folder)


def contents(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_folder_that_took_the_place_of_the_runs_own_is_not_written_into(tmp_path):
    (tmp_path / "logs" / "one").mkdir(parents=True)
    plan = plan_of(tmp_path)
    with one_writer(plan.folder):
        replaced(plan.folder)
        (plan.folder / ".table.1.tmp").write_text("of somebody else's run")
        before = contents(plan.folder)
        store = RecordStore(plan.folder, plan.fallback, home=plan.home)  # as after the workers have looked at the study
        store.keep(plan.trials[0], replace(blank_record(plan.trials[0], plan.study), status="ok", as_expected=True))
        store.attempt("The tables", lambda: write_atomically(plan.folder / "runs.csv", "x"))
        with pytest.raises(UsageError, match="another one has taken its place"):
            begin_study(plan)
        assert contents(plan.folder) == before
    assert len(store.problems) == 2 and len(load_records(plan.fallback)[0]) == 1
    shutil.rmtree(plan.fallback)


def test_a_board_writes_nothing_into_a_folder_that_took_its_place(tmp_path):
    home = tmp_path / "logs" / "one"
    home.mkdir(parents=True)
    identity = folder_identity(home)
    with one_writer(home):
        with FailoverWriter(home / "a", fallback=tmp_path / "elsewhere", home=home, identity=identity) as board:
            board.text("first", "before")
            replaced(home)
            before = contents(home)
            board.epoch(0, train={"loss": 1.0}, test={}, learning_rate=None, seconds=1.0)
        with FailoverWriter(home / "b", fallback=tmp_path / "later", home=home, identity=identity) as board:
            board.text("first", "of a trial that began after the change")
        assert contents(home) == before and "another one has taken its place" in board.moved


def test_a_folder_that_cannot_be_synced_does_not_make_what_is_stored_unstored(tmp_path, monkeypatch):
    plan = plan_of(tmp_path)
    plan.folder.mkdir(parents=True)
    store = RecordStore(plan.folder, tmp_path / "fallback")
    synced = os.fsync

    def files_alone(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(22, "Invalid argument")
        synced(descriptor)

    monkeypatch.setattr("harness.records.atomic_files.os.fsync", files_alone)
    record = replace(blank_record(plan.trials[0], plan.study), status="ok", as_expected=True)
    assert store.keep(plan.trials[0], record).status == "ok" and not store.problems
    assert len(load_records(plan.folder)[0]) == 1 and not (tmp_path / "fallback").exists()


def test_a_checkpoint_that_cannot_be_removed_does_not_make_its_record_unstored(tmp_path, monkeypatch):
    plan = plan_of(tmp_path)
    trial = plan.trials[0]
    path = attempt_folder(trial.folder, 1) / f"checkpoint-{trial.trial_id}.npz"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"left")
    store, unlink = RecordStore(plan.folder, tmp_path / "fallback"), Path.unlink

    def stuck(self: Path, missing_ok: bool = False) -> None:
        if self == path:
            raise PermissionError(1, "Operation not permitted", str(self))
        unlink(self, missing_ok)

    monkeypatch.setattr(Path, "unlink", stuck)
    store.keep(trial, replace(blank_record(trial, plan.study), status="ok", as_expected=True))
    assert not store.problems and len(load_records(plan.folder)[0]) == 1
