"""A study's tables and its runs in TensorBoard, made again after its records were moved."""

import csv
from collections.abc import Iterable
from pathlib import Path

from harness.analysis import DECLARATION_FILE, RUNS_FILE, TABLE_FILES, forget_shown, write_tables
from harness.records import RECORD_FILE, load_records, require_own, trial_folder
from harness.results import DIFFERENCES_FILE, as_declared_now
from harness.runs import write_study_board
from harness.tensorboard import clear_study, clear_variants


def shown_trials(folder: Path) -> frozenset[str]:
    """Return the ids of the trials that a study's runs.csv shows; none where there is no such table."""
    try:
        with open(folder / RUNS_FILE, newline="", encoding="utf-8") as file:
            return frozenset(row["trial_id"] for row in csv.DictReader(file) if row.get("trial_id"))
    except (OSError, ValueError, csv.Error):
        return frozenset()


def make_tables_again(folder: Path, shown: Iterable[str]) -> None:
    """Write a study's tables and its runs in TensorBoard from those of its records that they are to show.

    shown: trial ids. Records of other settings, data or versions, which a run leaves out, stay out. Where none is left,
    the tables go too, and so does the folder of a study or a variant in which nothing else lies.
    """
    if not folder.is_dir():
        return
    require_own(folder, root=folder.parent)
    ids = frozenset(shown)
    records = [record for record in load_records(folder)[0] if record.trial_id in ids]
    clear_variants(folder)
    paths = [trial_folder(folder.parent, one.study, one.variant, one.seed) / RECORD_FILE for one in records]
    records, _ = as_declared_now(records, paths)
    if records:
        try:
            write_tables(folder, records)
        finally:
            write_study_board(folder, records)
    else:
        for name in (*TABLE_FILES, DECLARATION_FILE, DIFFERENCES_FILE):
            (folder / name).unlink(missing_ok=True)
        forget_shown(folder)
        clear_study(folder)
    _drop_empty(folder)


def _drop_empty(folder: Path) -> None:
    for place in [*folder.glob("*/"), folder]:
        try:
            place.rmdir()
        except OSError:  # something lies in it
            continue
