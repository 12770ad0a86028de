"""Cells of tables, as pandas, NumPy and files have them: whether each place takes them for empty, a text or a number."""

import json

import numpy as np
import pandas as pd
import pytest

from harness.analysis.summary import concat
from harness.cli.terminal.summary import present
from harness.records.csv_text import plain, to_csv
from harness.results.filters import parse_filter
from harness.results.formats import to_json
from harness.results.view import format_value
from harness.study.cells import is_missing, number_of, text_of

pytestmark = pytest.mark.quick

EMPTY = [None, float("nan"), np.float64("nan"), np.float32("nan"), pd.NA, pd.NaT]
NUMBERS = [0, 0.0, 1.5, np.float64(1.5), np.float32(1.5), np.int64(3)]


@pytest.mark.parametrize("value", EMPTY, ids=map(repr, EMPTY))
def test_an_empty_cell_is_one_everywhere(value):
    assert is_missing(value) and plain(value) is None and not present(value)
    assert format_value("seconds", value) == "" and number_of(value) is None and text_of(value) == ""
    frame = pd.DataFrame({"seconds": pd.Series([value, "x"], dtype=object)})
    assert parse_filter("seconds == none", frame.columns).rows(frame).index.tolist() == [0]
    assert to_csv(frame).splitlines()[1] in ("", '""') and json.loads(to_json(frame))[0] == {"seconds": None}


@pytest.mark.parametrize("value", NUMBERS, ids=map(repr, NUMBERS))
def test_a_number_of_numpys_is_no_empty_cell(value):
    assert not is_missing(value) and plain(value) == value and present(value) and number_of(value) == value
    assert format_value("seconds", value) != ""
    assert json.loads(to_json(pd.DataFrame({"seconds": pd.Series([value], dtype=object)}))) == [{"seconds": float(value)}]


def test_an_empty_text_is_a_text_and_no_number():
    assert not is_missing("") and plain("") == "" and not present("") and number_of("") is None and text_of("") == ""


@pytest.mark.parametrize("text", ["", " ", "x", "nan", "inf", "1e999", 10**400, (), pd.NA])
def test_what_is_no_finite_number_is_none(text):
    assert number_of(text) is None


def test_texts_and_numbers_of_files_are_read():
    assert (number_of(" 1.5 "), number_of("1e-3"), number_of(True)) == (1.5, 0.001, 1.0)


def test_an_array_is_no_empty_cell():
    assert not is_missing(np.array([1.0, np.nan])) and not is_missing((1, 2))


def test_a_column_that_one_table_lacks_is_empty_in_its_rows():
    rows = concat([pd.DataFrame({"a": [1]}), pd.DataFrame({"b": [2]})]).to_dict("records")
    assert [is_missing(row["b"]) for row in rows] == [True, False]
