"""What `compare` is given — log folders, studies, CSV files — as tables of one row a variant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from harness.results.csvtables import read_csv_table
from harness.errors import UsageError
from harness.evidence.epochs import LAST, all_at_epoch
from harness.results.loading import by_study, gather, logdir_of
from harness.records import Record
from harness.tables import stacked, summary_table

if TYPE_CHECKING:
    import pandas as pd

Key = tuple[str, str]  # study and variant


@dataclass(frozen=True, slots=True)
class Source:
    """One PATH's table of one row a variant, with what is known beyond it.

    records: a variant's records; empty for a CSV file. notes: one line on each thing set aside.
    """

    label: str
    table: "pd.DataFrame"
    records: Mapping[Key, Sequence[Record]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def read_sources(paths: Sequence[Path], *, epoch: str = LAST) -> tuple[Source, ...]:
    """Return the table of each path; UsageError for a path that is missing, empty, foreign, or given twice.

    epoch: of which epoch the values are, one of EPOCHS; for another than the last, only records will do.
    """
    real: dict[Path, Path] = {}
    for path in paths:
        try:
            first = real.setdefault(path.resolve(), path)
        except (OSError, ValueError) as error:
            raise UsageError(f"Path {str(path)!r} cannot be read ({error}).") from None
        if first is not path:
            raise UsageError(f"Path {str(path)!r} is given twice; expected different folders or files.")
    return tuple(_read_source(path, epoch) for path in paths)


def _read_source(path: Path, epoch: str) -> Source:
    try:
        is_file = path.is_file()
    except (OSError, ValueError):
        is_file = False
    if is_file and epoch != LAST:
        raise UsageError(f"{path} holds the values of one epoch; expected a log folder for --epoch {epoch}.")
    if is_file:
        table, notes = read_csv_table(path)
        return Source(str(path), table, notes=tuple(notes))
    gathered = gather(path)
    # The answers to each test sample, which the log folder holds, are those of the last epoch.
    logdir = logdir_of(gathered.paths[0]) if epoch == LAST else None
    records, notes = all_at_epoch(gathered.records, epoch)
    try:
        table = _one_table(by_study(records), logdir)
    except (TypeError, ValueError, OverflowError) as error:  # whole records that hold what no trial leaves
        raise UsageError(f"The records below {str(path)!r} cannot be compared ({error}).") from None
    return Source(str(path), table, _by_variant(gathered.records), (*gathered.problems, *notes))


def _one_table(studies: Mapping[str, Sequence[Record]], logdir: Path | None) -> "pd.DataFrame":
    return stacked([summary_table(records, logdir=logdir) for records in studies.values()])


def _by_variant(records: Sequence[Record]) -> dict[Key, list[Record]]:
    groups: dict[Key, list[Record]] = {}
    for record in records:
        groups.setdefault((record.study, record.variant), []).append(record)
    return groups
