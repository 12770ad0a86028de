"""What `compare` is given — log folders, studies, CSV files — as tables of one row a variant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from harness.analysis import (
    LAST,
    NEEDED,
    NOTHING_IN_COMMON,
    all_at_epoch,
    concat,
    design_in_force,
    judged_by,
    lacks_epoch,
    summary_table,
)
from harness.errors import UsageError
from harness.records import DIVERGED, EXPECTED_ERROR, Record, shown
from harness.results.csv_reading import read_csv
from harness.results.declared import as_declared_now
from harness.results.loaded_results import by_study
from harness.results.loading import alike, gather_records, logdir_of
from harness.results.notes import vary_notes, weights_notes
from harness.study import Study, load_study

if TYPE_CHECKING:
    import pandas as pd

Key = tuple[str, str]  # study and variant


@dataclass(frozen=True, slots=True)
class ComparedTable:
    """One PATH's table of one row a variant, with what is known beyond it.

    records: a variant's records, of a runs.csv what it tells of them; none of a summary.csv. notes: one line on each
    thing set aside.
    """

    label: str
    table: "pd.DataFrame"
    records: Mapping[Key, Sequence[Record]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def read_tables(paths: Sequence[Path], *, epoch: str = LAST, studies: Sequence[str] = ()) -> tuple[ComparedTable, ...]:
    """Return the table of each path; UsageError for a path that is missing, empty, foreign, or given twice.

    epoch: of which epoch the values are, one of EPOCHS; for another than the last, only records will do.
    studies: files or names of studies to judge by as they are now.
    """
    real: dict[Path, Path] = {}
    for path in paths:
        try:
            first = real.setdefault(path.resolve(), path)
        except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: a loop of links
            raise UsageError(f"Path {str(path)!r} cannot be read ({error}).") from None
        if first is not path:
            raise UsageError(f"Path {str(path)!r} is given twice; expected different folders or files.")
    named = tuple(load_study(study) for study in studies)
    return tuple(_read_table(path, epoch, named) for path in paths)


def _read_table(path: Path, epoch: str, named: Sequence[Study]) -> ComparedTable:
    try:
        is_file = path.is_file()
    except (OSError, ValueError):
        is_file = False
    if is_file and epoch != LAST:
        raise UsageError(f"{path} holds the values of one epoch; expected a log folder for --epoch {epoch}.")
    if is_file:
        read = read_csv(path)
        return ComparedTable(shown(path), read.summary, _by_variant(read.records), tuple(read.notes))
    gathered = alike(gather_records(path))
    logdir = logdir_of(gathered.paths[0])
    declared, said = as_declared_now(gathered.records, gathered.paths, named=named)
    records, notes = all_at_epoch(declared, epoch)
    groups = _by_variant(declared)
    try:
        table = _one_table(by_study(records), logdir, epoch)
    except (TypeError, ValueError, OverflowError) as error:  # whole records that hold what no trial leaves
        raise UsageError(f"The records below {str(path)!r} cannot be compared ({error}).") from None
    table = _with_reasons(table, groups, epoch)
    if epoch == LAST:
        notes = [*notes, *weights_notes(declared)]
    looks = ((name, judged_by(logdir / name, mine)) for name, mine in by_study(declared).items())
    notes = [*notes, *(f"{name}: {line}" for name, line in looks if line)]
    notes = [*notes, *vary_notes(declared)]
    return ComparedTable(shown(path), table, groups, (*gathered.problems, *said, *notes))


def _one_table(studies: Mapping[str, Sequence[Record]], logdir: Path, epoch: str) -> "pd.DataFrame":
    # The answers to each test sample, which the log folder holds, are those of the last epoch.
    answers = logdir if epoch == LAST else None
    return concat(
        [
            summary_table(records, logdir=answers, epoch=epoch, design=design_in_force(logdir / name, records))
            for name, records in studies.items()
        ]
    )


def _with_reasons(table: "pd.DataFrame", groups: Mapping[Key, Sequence[Record]], epoch: str) -> "pd.DataFrame":
    """Return the table with the reason why a row has no values or no difference: nothing to choose an epoch by."""
    lacking = {key for key, group in groups.items() if lacks_epoch(group, epoch)}
    if not lacking:
        return table
    rows = table[["study", "variant", "control", "verdict", "verdict_detail", "pairs_note"]].to_dict("records")
    for row in rows:
        mine, its = (row["study"], row["variant"]) in lacking, (row["study"], row["control"]) in lacking
        if (mine or its) and row["verdict"] not in (EXPECTED_ERROR, DIVERGED):
            row["pairs_note"] = f"no {NEEDED[epoch]}" + ("" if mine else " in the control")
            row["verdict_detail"] = "" if row["verdict_detail"] == NOTHING_IN_COMMON else row["verdict_detail"]
    return table.assign(**{name: [row[name] for row in rows] for name in ("verdict_detail", "pairs_note")})


def _by_variant(records: Sequence[Record]) -> dict[Key, list[Record]]:
    groups: dict[Key, list[Record]] = {}
    for record in records:
        groups.setdefault((record.study, record.variant), []).append(record)
    return groups
