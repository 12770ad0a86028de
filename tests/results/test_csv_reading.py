"""What a run writes is read back: both tables of each study that the harness comes with."""

import pandas as pd
import pytest
from calling import harness
from made_studies import made_records
from resulting import store

from harness.analysis.summary import (
    FLAGS,
    TEXTS,
    run_columns,
    summary_columns,
    summary_table,
)
from harness.analysis.table_files import RUNS_FILE, SUMMARY_FILE, write_tables
from harness.results.csv_reading import read_csv_table
from harness.study.loading import load_study, study_files

pytestmark = pytest.mark.quick


@pytest.fixture(scope="module", params=sorted(study_files()))
def written(request, tmp_path_factory):
    """A study's folder with its records and tables, as a run of five seeds leaves it; and the records."""
    records, folder = made_records(load_study(request.param)), tmp_path_factory.mktemp("logs")
    store(folder, *records)
    write_tables(folder / request.param, records)
    return folder / request.param, records


def test_both_tables_of_every_study_are_read_back_as_they_were_written(written):
    folder, records = written
    summary, _ = read_csv_table(folder / SUMMARY_FILE)
    expected = summary_table(records, logdir=folder.parent)
    for name in expected.columns:
        if name in TEXTS:
            assert summary[name].tolist() == expected[name].astype(object).fillna("").tolist(), name
        elif name in FLAGS:
            assert summary[name].tolist() == expected[name].tolist(), name
        else:
            numbers = (pd.to_numeric(table[name]).astype(float).tolist() for table in (summary, expected))
            assert [*next(numbers)] == pytest.approx([*next(numbers)], nan_ok=True), name
    runs, notes = read_csv_table(folder / RUNS_FILE)
    assert runs["value"].tolist() == pytest.approx(expected["value"].tolist(), nan_ok=True)
    assert notes and "runs.csv does not name the controls" in notes[-1]


def test_compare_takes_both_tables_of_every_study(written):
    folder, records = written
    for name in (SUMMARY_FILE, RUNS_FILE):
        result = harness("compare", folder / name, "--format", "csv", "--all-columns")
        assert result.exit_code == 0, result.output
        assert result.stdout.count("\n") == 1 + len({record.variant for record in records})


def test_a_column_that_holds_words_in_any_table_is_one_of_words(written):
    folder, _ = written
    for name in (SUMMARY_FILE, RUNS_FILE):
        table = pd.read_csv(folder / name)
        known = {*summary_columns(), *run_columns()}
        words = {column for column in table.columns if table[column].map(lambda cell: isinstance(cell, str)).any()}
        assert words & known <= TEXTS
