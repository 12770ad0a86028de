from pathlib import Path

import pytest
from plain_records import record

from harness.records.attempts import attempt_folder, attempts_in, keep_older, next_attempt, set_apart
from harness.records.record import read_record, write_record
from harness.records.study_folders import read_folder

pytestmark = pytest.mark.quick


@pytest.fixture
def trial(tmp_path) -> Path:
    """A trial whose first attempt has left a record and files."""
    folder = tmp_path / "s/base/seed-0"
    (folder / "train").mkdir(parents=True)
    (folder / "predictions.npz").write_bytes(b"x")
    write_record(folder, record("base", 0))
    return folder


def test_the_first_attempt_has_no_folder_of_its_own_and_later_ones_do(tmp_path):
    assert attempt_folder(tmp_path, 1) == tmp_path
    assert attempt_folder(tmp_path, 2) == tmp_path / "attempt-2"


def test_a_first_attempt_of_an_older_version_is_found_where_it_lies(tmp_path):
    (tmp_path / "attempt-1").mkdir()
    assert attempt_folder(tmp_path, 1) == tmp_path / "attempt-1"
    assert (attempts_in(tmp_path), next_attempt(tmp_path)) == ([1], 2)


@pytest.mark.parametrize(
    ("left", "found", "following"),
    [
        ((), [], 1),
        (("train",), [1], 2),
        (("output.txt",), [1], 2),
        (("attempt-3",), [3], 4),
        (("test", "attempt-2"), [1, 2], 3),
    ],
)
def test_the_next_attempt_follows_all_that_left_something(tmp_path, left, found, following):
    for name in left:
        (tmp_path / name).mkdir()
    (tmp_path / ".record.1.tmp").write_text("of a killed process")
    assert (attempts_in(tmp_path), next_attempt(tmp_path)) == (found, following)


def test_a_record_alone_counts_as_the_attempt_that_it_names(tmp_path):
    write_record(tmp_path, record("base", 0))
    assert (attempts_in(tmp_path), next_attempt(tmp_path)) == ([], 2)


def test_a_first_attempt_that_is_set_apart_takes_all_but_the_record_and_the_later_ones_with_it(trial):
    (trial / "attempt-2").mkdir()
    assert set_apart(trial, 1) == trial / "attempt-1" == attempt_folder(trial, 1)
    assert sorted(path.name for path in trial.iterdir()) == ["attempt-1", "attempt-2", "record.json"]
    assert sorted(path.name for path in (trial / "attempt-1").iterdir()) == ["predictions.npz", "train"]
    assert set_apart(trial, 1) == trial / "attempt-1"  # once more changes nothing


def test_setting_apart_goes_on_where_a_crash_ended_it(trial):
    (trial / "attempt-1").mkdir()
    (trial / "train").rename(trial / "attempt-1/train")
    set_apart(trial, 1)
    assert sorted(path.name for path in (trial / "attempt-1").iterdir()) == ["predictions.npz", "train"]


def test_an_older_record_goes_with_the_attempt_that_it_is_of(trial):
    keep_older(trial, newer=2)
    assert read_record(trial / "attempt-1/record.json") == read_record(trial / "record.json")


def test_a_damaged_record_is_kept_with_the_attempt_before(trial):
    (trial / "record.json").write_text("torn")
    keep_older(trial, newer=2)
    assert (trial / "attempt-1/record.json").read_text() == "torn"


def test_a_first_attempt_without_a_record_is_unfinished(trial):
    study = trial.parents[1]
    assert (read_folder(study).unfinished, read_folder(study).attempts) == ((), 1)
    (trial / "record.json").unlink()
    assert read_folder(study).unfinished == ("base/seed-0",)
