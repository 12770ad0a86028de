"""Damaged and hostile files: records and tables.

Each is read as what it was, or refused in one clear line; never a traceback, a file outside the log folder, a formula
in a CSV cell, or text that is evaluated.
"""

import csv
import io
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hostile import (
    JSON,
    assert_no_formula,
    call,
    damage,
    damaged,
    many,
    nothing_new,
    nothing_new_but,
    texts,
)
from hypothesis import given, strategies as st
from resulting import make_record, store

from harness.analysis.table_files import write_tables
from harness.records import csv_text
from harness.records.record import FORMAT, RECORD_FILE, Record, RecordError, encode, read_record, write_record
from harness.results.loading import gather_records

pytestmark = pytest.mark.quick

WHOLE = make_record()


@pytest.fixture(scope="module")
def whole_bytes(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The file of a record."""
    return write_record(tmp_path_factory.mktemp("whole"), WHOLE).read_bytes()


@many(800)
@given(changes=damage())
def test_a_damaged_record_is_set_aside_or_the_record_that_it_was(
    tmp_path: Path, whole_bytes: bytes, changes: list[tuple[str, int, bytes]]
):
    path = tmp_path / RECORD_FILE
    path.write_bytes(damaged(whole_bytes, changes))
    try:
        assert read_record(path) == read_whole(tmp_path, whole_bytes)
    except RecordError as error:
        assert str(path) in str(error) and len(str(error).splitlines()) == 1


def read_whole(folder: Path, content: bytes) -> Record:
    path = folder / "whole.json"
    path.write_bytes(content)
    return read_record(path)


def write_values(path: Path, values: Any) -> None:
    """Write a record's file with a checksum that is right and values that need not be."""
    body = json.dumps(values)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(FORMAT.wrap(body.encode()))


FIELDS = sorted(encode(asdict(WHOLE)))


@many(500)
@given(
    changes=st.dictionaries(st.sampled_from(FIELDS), JSON, min_size=1, max_size=3),
    gone=st.sets(st.sampled_from(FIELDS), max_size=1),
)
def test_a_record_of_foreign_values_is_read_or_set_aside(tmp_path: Path, changes: dict[str, Any], gone: set[str]):
    path = tmp_path / RECORD_FILE
    write_values(path, {name: value for name, value in (encode(asdict(WHOLE)) | changes).items() if name not in gone})
    try:
        read_record(path)
    except RecordError as error:
        assert str(path) in str(error) and len(str(error).splitlines()) == 1


@many(80)
@given(
    changes=st.dictionaries(st.sampled_from(FIELDS), JSON, min_size=1, max_size=2),
    command=st.sampled_from(["compare", "show", "diff", "json", "csv", "latex"]),
)
def test_commands_over_a_record_of_foreign_values_answer_or_refuse(tmp_path_factory, changes: dict[str, Any], command: str):
    logdir = store(tmp_path_factory.mktemp("logs"), make_record("base", 0), make_record("wide", 1))
    path = logdir / "s/wide/seed-0" / RECORD_FILE
    write_values(path, encode(asdict(make_record("wide"))) | changes)
    words = {"show": ["show", path], "diff": ["diff", "s/base/seed-0", path]}.get(command, ["compare", logdir, "--all-columns"])
    with nothing_new(logdir):
        call(
            *words,
            *(["--logdir", logdir] if command in ("show", "diff") else []),
            *(["--format", command] if command in ("json", "csv", "latex") else []),
        )


@many(60)
@given(
    changes=st.dictionaries(
        st.sampled_from([name for name in FIELDS if isinstance(getattr(WHOLE, name), str)]), texts, min_size=1
    ),
    command=st.sampled_from(["remove", "doctor", "load"]),
)
def test_hostile_texts_of_a_record_lead_nowhere(tmp_path_factory, changes: dict[str, str], command: str):
    outside = tmp_path_factory.mktemp("outside")
    logdir = store(outside / "logs", make_record("base", 0))
    write_values(logdir / "s/wide/seed-0" / RECORD_FILE, encode(asdict(make_record("wide"))) | changes)
    with nothing_new_but(outside, "logs"):
        if command == "remove":
            call("remove", logdir / "s/wide/seed-0", "--logdir", logdir)
            call("restore", logdir / "s/wide/seed-0", "--logdir", logdir)
        elif command == "doctor":
            from harness.maintenance.log_check import examine_logs

            examine_logs(logdir)
        else:
            gather_records(logdir)


@pytest.mark.parametrize("name", ["../x", "..", "a/b", "", "=1", "\0", "a" * 300, "/no/such/place", "😀"])
def test_a_record_whose_name_is_no_folders_is_set_aside(tmp_path: Path, name: str):
    for field in ("study", "variant"):
        write_values(tmp_path / RECORD_FILE, encode(asdict(WHOLE)) | {field: name})
        with pytest.raises(RecordError, match="cannot be a folder's name"):
            read_record(tmp_path / RECORD_FILE)


def test_a_record_of_half_characters_is_written_and_read(tmp_path: Path):
    write_record(tmp_path, make_record(error="OSError: \udcff"))
    assert read_record(tmp_path / RECORD_FILE).error == "OSError: \udcff"


@pytest.fixture(scope="module")
def tables(study_logs: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Both tables of a study, as files hold them."""
    folder = tmp_path_factory.mktemp("tables")
    write_tables(folder, gather_records(study_logs).records)
    return {path.name: path.read_bytes() for path in folder.glob("*.csv")}


@many(150)
@given(
    name=st.sampled_from(["runs.csv", "summary.csv"]),
    changes=damage(),
    form=st.sampled_from(["csv", "table", "json", "markdown"]),
)
def test_a_damaged_table_is_compared_or_refused(place: Path, tables: dict[str, bytes], name: str, changes: Any, form: str):
    (place / name).write_bytes(damaged(tables[name], changes))
    with nothing_new(place):
        call("compare", name, "--format", form)


@many(150)
@given(column=st.integers(0, 40), text=texts, name=st.sampled_from(["runs.csv", "summary.csv"]))
def test_a_table_with_a_hostile_cell_is_compared_or_refused(
    place: Path, tables: dict[str, bytes], column: int, text: str, name: str
):
    rows = list(csv.reader(io.StringIO(tables[name].decode())))
    rows[1][column % len(rows[1])] = text
    with open(place / name, "w", newline="", encoding="utf-8", errors="replace") as file:
        csv.writer(file).writerows(rows)
    with nothing_new(place):
        result = call("compare", name, "--format", "csv", "--all-columns")
    if result.exit_code == 0:
        assert_no_formula(result.stdout)


@many(150)
@given(value=st.sampled_from(["error", "change", "expectation", "control"]), text=texts)
def test_no_cell_of_a_written_table_is_a_formula(tmp_path: Path, value: str, text: str):
    records = [make_record("base"), make_record("deep", **{value: text}), make_record("wide", **{value: f"={text}"})]
    write_tables(tmp_path, records)
    for name in ("runs.csv", "summary.csv"):
        assert_no_formula((tmp_path / name).read_bytes().decode("utf-8"))


def test_negative_numbers_of_a_written_table_stay_numbers(study_logs: Path, tmp_path: Path):
    records = [*gather_records(study_logs).records, make_record("wide", 7, accuracy=0.5), make_record("base", 7)]
    write_tables(tmp_path, records)
    with open(tmp_path / "summary.csv", newline="") as file:
        row = next(row for row in csv.DictReader(file) if row["variant"] == "wide")
    assert float(row["delta_test_accuracy"]) < 0


@pytest.mark.parametrize("text", ["=1", "+1", "-x", "@a", "\t=1", "\r=1", "\n=1"])
def test_what_a_spreadsheet_would_run_is_neutralized(text: str):
    assert csv_text.neutral(text) == f"'{text}"
