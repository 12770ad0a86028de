"""Records that cannot be stored where they belong."""

import pickle
import shutil
from dataclasses import replace

import pytest
from small_disk import mounted_disk
from test_resume import plan_of

from harness.executors.worker import Failure, answer
from harness.durability.keeping import Keeper
from harness.events.lastingboards import LastingBoard
from harness.records import load_records, read_record, write_atomically
from harness.trials import blank_record


@pytest.fixture
def full(tmp_path):
    """A plan whose log folder lies on a disk without any room, a finished record of its first trial, and its keeper.

    Where no disk may be mounted, the folder is one that cannot be written.
    """
    with mounted_disk(tmp_path / "disk", megabytes=1) as mounted:
        plan = plan_of(tmp_path, logdir=tmp_path / "disk" / "logs")
        plan.folder.mkdir(parents=True)
        keeper = Keeper(plan.folder, tmp_path / "fallback")
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
        yield plan, record, keeper, mounted
        plan.folder.chmod(0o700)


def test_a_finished_record_that_finds_no_room_lies_in_the_fallback(full, tmp_path):
    plan, record, keeper, mounted = full
    kept = keeper.keep(plan.trials[0], record)
    assert (kept.status, kept.as_expected) == (("failed", False) if mounted else ("ok", True))
    assert kept.error.startswith("disk full" if mounted else "")
    (stored,) = load_records(tmp_path / "fallback")[0]
    assert stored.metrics == {"test_loss": 0.25}
    assert str(tmp_path / "fallback") in keeper.problems[0]
    assert not list(plan.folder.rglob("record.json")) and not list(plan.folder.rglob("*.tmp"))


def test_a_table_that_finds_no_room_leaves_the_one_that_was_there(full):
    plan, _, keeper, mounted = full
    keeper.attempt("The tables", lambda: write_atomically(plan.folder / "runs.csv", "x" * 100_000))
    assert (plan.folder / "runs.csv").read_text() == "as it was"
    (problem,) = keeper.problems
    assert problem.startswith(f"The tables could not be written ({'disk full' if mounted else 'Permission denied'}")


def test_a_folder_that_was_removed_does_not_come_back_half_empty(tmp_path):
    plan = plan_of(tmp_path)
    plan.folder.mkdir(parents=True)
    keeper = Keeper(plan.folder, tmp_path / "fallback")
    shutil.rmtree(plan.folder)
    record = replace(blank_record(plan.trials[0], plan.study), status="ok", as_expected=True)
    assert keeper.keep(plan.trials[0], record).status == "ok"
    keeper.finish()
    assert not plan.folder.exists()
    assert (tmp_path / "fallback" / "one" / "runs.csv").exists()
    where = next((tmp_path / "fallback").rglob("record.json"))
    assert read_record(where).status == "ok" and str(where.parent) in keeper.problems[0]


def test_a_board_whose_folder_vanishes_is_written_anew_elsewhere(tmp_path):
    home = tmp_path / "logs" / "one"
    home.mkdir(parents=True)
    with LastingBoard(home / "attempt-1", fallback=tmp_path / "elsewhere", home=home) as board:
        board.text("first", "before")
        shutil.rmtree(tmp_path / "logs")
        board.text("second", "after")
    assert not home.exists() and "removed" not in board.moved and board.folder == tmp_path / "elsewhere"
    content = b"".join(path.read_bytes() for path in (tmp_path / "elsewhere").glob("events*"))
    assert b"before" in content and b"after" in content


def test_a_result_that_cannot_be_pickled_is_a_failure_with_a_text():
    failure = pickle.loads(answer(lambda: lambda: 0, ()))
    assert isinstance(failure, Failure) and "pickle" in failure.text.lower()
