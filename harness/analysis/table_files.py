"""A study's tables as files: summary.csv and runs.csv with what a reader of it needs, the rest in files beside them."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.analysis.effects_table import EFFECTS_FILE, table_of_effects
from harness.analysis.summary import in_order, runs_table, summary_columns, summary_table
from harness.analysis.variance_table import VARIANCE_FILE, variance_table
from harness.records import Record, attempt_folder, to_csv, trial_folder, write_atomically
from harness.study import ACCURACY, is_missing, show_value

if TYPE_CHECKING:
    import pandas as pd

RUNS_FILE = "runs.csv"
SUMMARY_FILE = "summary.csv"
INTERACTIONS_FILE = "interactions.csv"
SAMPLES_FILE = "samples.csv"
TABLE_FILES = (RUNS_FILE, SUMMARY_FILE, INTERACTIONS_FILE, SAMPLES_FILE, EFFECTS_FILE, VARIANCE_FILE)

FIXED = 19  # columns of summary.csv that stand whatever the study: others rely on them and their order
SETTING = "setting_"  # before the name of a setting, as a column of runs.csv
_INTERACTION = tuple(name for name in summary_columns() if name.startswith("interaction"))
# What one seed's test samples, or all seeds' first one, say.
_SAMPLES = (
    *("sample_low", "sample_high", "mcnemar_p", "test_set_low", "test_set_high"),
    *("first_test_image_class", "first_test_image_probability"),
)
# Of accuracy, which has columns of its own, these say the same once more.
_OF_METRIC = ("metric", "direction", "value", "value_std", "delta")
BESIDE: Mapping[str, tuple[str, ...]] = {INTERACTIONS_FILE: _INTERACTION, SAMPLES_FILE: _SAMPLES}


def write_tables(folder: Path, records: Sequence[Record]) -> None:
    """Write a study's tables, each in one step; a fault in the summary does not keep the trials' from being written.

    A file beside the summary is there where it has something to say.
    """
    ordered = in_order(records)
    write_atomically(
        folder / RUNS_FILE, to_csv(_with_settings(runs_table(ordered, logdir=folder.parent), ordered, folder.parent))
    )
    whole = summary_table(ordered, logdir=folder.parent)
    write_atomically(folder / SUMMARY_FILE, to_csv(_for_readers(whole)))
    for name, columns in BESIDE.items():
        said = whole[[not all(_says_nothing(row[column]) for column in columns) for row in whole.to_dict("records")]]
        if len(said):
            write_atomically(folder / name, to_csv(said[["study", "variant", *columns]]))
        else:
            (folder / name).unlink(missing_ok=True)
    for name, table in (
        (EFFECTS_FILE, table_of_effects(ordered, logdir=folder.parent)),
        (VARIANCE_FILE, variance_table(ordered)),
    ):
        if len(table):
            write_atomically(folder / name, to_csv(table))
        else:
            (folder / name).unlink(missing_ok=True)


def _says_nothing(cell: Any) -> bool:
    return is_missing(cell) or cell == ""


def _for_readers(whole: "pd.DataFrame") -> "pd.DataFrame":
    """Return the summary without what stands in files beside it, and without columns that say nothing of this study."""
    elsewhere = {column for columns in BESIDE.values() for column in columns}
    if all(name == ACCURACY.column for name in whole["metric"]):
        elsewhere |= {*_OF_METRIC}
    empty = {name for name in whole.columns[FIXED:] if all(map(_says_nothing, whole[name].tolist()))}
    return whole[[name for name in whole.columns if name not in elsewhere | empty]]


def _with_settings(runs: "pd.DataFrame", records: Sequence[Record], logdir: Path) -> "pd.DataFrame":
    """Return the table of trials with their folders below the log folder, and with the settings in which they differ."""
    trials = (trial_folder(logdir, one.study, one.variant, one.seed) for one in records)
    # Which folder it is, older versions' or today's, is seen on the disk.
    folders = [attempt_folder(trial, one.attempt) for trial, one in zip(trials, records, strict=True)]
    return runs.assign(
        logdir=[str(found.relative_to(logdir)) for found in folders],
        **{f"{SETTING}{name}": cells for name, cells in differing_settings(records).items()},
    )


def differing_settings(records: Iterable[Record]) -> dict[str, list[Any]]:
    """Return, of each setting in which records differ, every record's value as a cell."""
    every = [record.settings for record in records]
    names = dict.fromkeys(name for settings in every for name in settings)
    columns = {name: [settings.get(name) for settings in every] for name in names}
    return {
        name: [setting_cell(value) for value in cells]
        for name, cells in columns.items()
        if any(one != cells[0] for one in cells)
    }


def setting_cell(value: Any) -> Any:
    """Return a setting's value as a cell: several numbers or names as one text, as one would type them."""
    return show_value(tuple(value)) if isinstance(value, (list, tuple)) else value
