import json
import math
from dataclasses import replace

import pytest

from harness.records.atomic_files import write_atomically
from harness.records.attempts import attempt_folder, next_attempt
from harness.records.record import Record, RecordError, find_records, load_records, read_record, trial_folder, write_record

pytestmark = pytest.mark.quick


def record(**changes) -> Record:
    values = dict(
        study="s", variant="base", seed=0, trial_id="0123456789ab", attempt=1, position=0, control="", change="",
        settings={"hidden": [128]}, expectation="finishes", status="ok", as_expected=True,
        history={"train_loss": [0.5, 0.25]}, metrics={"test_accuracy": 0.9765625},
    )  # fmt: skip
    return Record(**(values | changes))


def test_a_record_comes_back_as_it_was_written(tmp_path):
    assert read_record(write_record(tmp_path, record())) == record()


def test_the_file_is_plain_json_without_nan(tmp_path):
    path = write_record(tmp_path, record(history={"train_loss": [0.5, math.nan]}))

    def refuse(constant):
        raise AssertionError(constant)

    assert json.loads(path.read_text(), parse_constant=refuse)["record"]["history"]["train_loss"] == [0.5, None]
    assert math.isnan(read_record(path).history["train_loss"][1])


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda text: text[: len(text) // 2], "torn or altered"),
        (lambda text: "", "no whole record"),
        (lambda text: text.replace("0.9765625", "0.9999999"), "torn or altered"),
        (lambda text: text.replace('"schema": 1', '"schema": 2'), "has schema 2"),
        (lambda text: "[1, 2]", "no whole record"),
    ],
)
def test_a_damaged_record_is_refused(tmp_path, damage, said):
    path = write_record(tmp_path, record())
    path.write_text(damage(path.read_text()))
    with pytest.raises(RecordError, match=said):
        read_record(path)


def test_damaged_records_are_set_aside_and_the_others_load(tmp_path):
    for seed in range(3):
        write_record(trial_folder(tmp_path, "s", "base", seed), record(seed=seed))
    trial_folder(tmp_path, "s", "base", 1).joinpath("record.json").write_text("{")
    records, problems = load_records(tmp_path)
    assert [found.seed for found in records] == [0, 2]
    assert len(problems) == 1 and "seed-1" in problems[0]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "table.csv"
    write_atomically(path, "old")
    with pytest.raises(TypeError):
        write_atomically(path, [b"new"])
    assert path.read_text() == "old" and [file.name for file in tmp_path.iterdir()] == ["table.csv"]


def test_attempts_are_numbered_by_their_folders(tmp_path):
    assert next_attempt(tmp_path) == 1
    (tmp_path / "attempt-1").mkdir()
    attempt_folder(tmp_path, 10).mkdir()
    assert next_attempt(tmp_path) == 11


def test_records_are_found_in_the_order_of_their_paths(tmp_path):
    for variant in ("b", "a"):
        write_record(trial_folder(tmp_path, "s", variant, 0), replace(record(), variant=variant))
    assert [path.parts[-3] for path in find_records(tmp_path)] == ["a", "b"]
