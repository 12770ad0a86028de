"""Results back from disk: the records below a folder, each trial once, and as DataFrames for a notebook."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from harness.analysis import (
    SETTING,
    epoch_numbers,
    in_order,
    last_run,
    last_run_line,
    left_out_lines,
    runs_table,
    setting_cell,
    told_apart,
    trial_key,
)
from harness.errors import UsageError
from harness.mirror import is_url, local_path
from harness.records import Record, RecordError, find_records, gc_paused, read_record, trial_folder
from harness.results.declared import as_declared_now
from harness.results.loaded_results import Results
from harness.study import load_study

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Gathered:
    """The records below a folder, each trial once, and one line for each file that was set aside.

    paths: the record's file, for each record. rivals: the files of trials of the same names in log folders within.
    """

    records: tuple[Record, ...]
    paths: tuple[Path, ...]
    problems: tuple[str, ...]
    rivals: tuple[Path, ...] = ()


def load(path: str | Path, *, study: str | Path | None = None) -> Results:
    """Return the trials and the epochs that are recorded below a folder, as two DataFrames.

    path: LOGDIR, LOGDIR/STUDY or a folder below, or the URL of one. UsageError (a ValueError) if it is not there or holds
    no record. A record that cannot be trusted, a second one of the same trial, one that the study's last run left out, and
    one made otherwise than the newest of its variant are set aside, named in `problems`, with a warning.
    study: a study's file, whose expectations count as they are now; those of experiments/ are found without it, any other
    is taken as its last run declared it.

    >>> results = load("logs/ablations")  # doctest: +SKIP
    >>> results.trials.groupby("variant").test_accuracy.mean()  # doctest: +SKIP
    """
    if is_url(path):
        path = local_path(path, told=_warn)
    gathered = alike(gather_records(Path(path)))
    named = () if study is None else (load_study(str(study)),)
    declared, notes = as_declared_now(gathered.records, gathered.paths, named=named)
    problems = (*gathered.problems, *notes)
    if problems:
        import warnings

        warnings.warn("\n".join(problems), stacklevel=2)
    records = in_order(declared)
    logdir = _common_logdir(gathered)
    ended = all(record.as_expected for record in records)
    return Results(trials_table(records, logdir), _epochs(records), problems, ended, tuple(records), logdir)


def _warn(line: str) -> None:
    import warnings

    warnings.warn(line, stacklevel=3)


def gather_records(folder: Path) -> Gathered:
    """Return the records below a folder, each trial once; UsageError if there is no folder or no record in it.

    Of two records of one trial, that which lies at its own place (STUDY/VARIANT/seed-N) counts, of two such the outer one,
    else the first found.
    """
    require_folder(folder)
    found: dict[tuple[str, str, int], tuple[Path, Record]] = {}
    problems: list[str] = []
    rivals: list[Path] = []
    with gc_paused():
        for path in find_records(folder):
            try:
                record = read_record(path)
            except RecordError as error:
                problems.append(f"Set aside: {error}")
                continue
            key = (record.study, record.variant, record.seed)
            first = found.get(key)
            if first is None or _rank(path, record) < _rank(*first):
                found[key] = (path, record)
            if first is not None:
                aside = path if found[key] is first else first[0]
                rivals += [aside] if _in_place(aside, record) else []
                problems.append(f"Set aside: {aside}: a second record of {name_of(record)}; {found[key][0]} counts.")
    if not found:
        reason = f" ({problems[0]})" if problems else ""
        raise UsageError(f"Folder {str(folder)!r} holds no record of a trial{reason}; expected LOGDIR or LOGDIR/STUDY.")
    paths, records = zip(*found.values(), strict=True)
    return Gathered(records, paths, tuple(problems), tuple(rivals))


def alike(gathered: Gathered) -> Gathered:
    """Return the records without those that were made otherwise than the newest of their variant, with a line on each such."""
    counted, dropped, lines = _by_last_runs(gathered)
    standing = [record for record in gathered.records if id(record) not in dropped]
    kept, left_out = told_apart(standing, of_one_make=lambda record: id(record) in counted)
    ids = set(map(id, kept))
    paths = tuple(path for path, record in zip(gathered.paths, gathered.records, strict=True) if id(record) in ids)
    problems = (*gathered.problems, *lines, *left_out_lines(kept, left_out))
    return replace(gathered, records=tuple(kept), paths=paths, problems=problems)


def _by_last_runs(gathered: Gathered) -> tuple[set[int], set[int], list[str]]:
    """Return the ids of the records that their study's last run counted, of those that it left out, and a line on these.

    Only a run knows the data that a study's own functions give and whether its sources are still the same. A record made
    after it is in neither. Where nothing else is there, what was left out is shown nevertheless, with a line.
    """
    folders: dict[Path, list[Record]] = {}
    for path, record in zip(gathered.paths, gathered.records, strict=True):
        folders.setdefault(path.absolute().parent.parent.parent, []).append(record)
    counted: set[int] = set()
    dropped: set[int] = set()
    lines = []
    for folder, records in folders.items():
        counting, without = last_run(folder)
        mine = {id(record) for record in records if trial_key(record) in counting}
        others = [record for record in records if trial_key(record) in without]
        counted |= mine
        dropped |= set(map(id, others)) if len(others) < len(records) else set()
        if others:
            lines.append(last_run_line(others, shown=len(others) == len(records)))
    return counted, dropped, lines


def require_folder(folder: Path) -> None:
    """Raise UsageError unless the path is a folder."""
    try:
        there = folder.is_dir()
    except (OSError, ValueError):  # a name too long, or with a NUL
        there = False
    if not there:
        raise UsageError(f"Path {str(folder)!r} is not a folder; expected LOGDIR, LOGDIR/STUDY, or a summary.csv or runs.csv.")


def name_of(record: Record) -> str:
    """Return a trial's name as one would say it: ablations/base/seed-0."""
    return f"{record.study}/{record.variant}/seed-{record.seed}"


def logdir_of(path: Path) -> Path:
    """Return the log folder that a trial's record file lies in."""
    return path.absolute().parent.parent.parent.parent


def _rank(path: Path, record: Record) -> tuple[bool, int]:
    """Order the records of one trial, the one that counts first."""
    return not _in_place(path, record), len(path.absolute().parts) if _in_place(path, record) else 0


def _in_place(path: Path, record: Record) -> bool:
    return path.absolute().parent == trial_folder(logdir_of(path), record.study, record.variant, record.seed)


def _common_logdir(gathered: Gathered) -> Path:
    """Return the log folder of the first record that lies at its own place, else of the first one."""
    places = zip(gathered.paths, gathered.records, strict=True)
    return logdir_of(next((path for path, record in places if _in_place(path, record)), gathered.paths[0]))


def trials_table(records: Sequence[Record], logdir: Path) -> "pd.DataFrame":
    """Return one row a record, in the order of `in_order`: the columns that `Results.trials` has."""
    import pandas as pd

    details = [
        {"control": record.control}
        | {f"cost_{name}": value for name, value in record.cost.items()}
        | {f"{SETTING}{name}": setting_cell(value) for name, value in record.settings.items()}
        for record in records
    ]
    return pd.concat([runs_table(records, logdir=logdir), pd.DataFrame(details)], axis="columns")


def _epochs(records: Iterable[Record]) -> "pd.DataFrame":
    import pandas as pd

    keys = ("study", "variant", "seed", "trial_id")
    rows = [
        {name: getattr(record, name) for name in keys}
        | {name: values[place] if place < len(values) else math.nan for name, values in record.history.items()}
        | {"epoch": epoch}
        for record in records
        for place, epoch in enumerate(epoch_numbers(record))
    ]
    measured = dict.fromkeys(name for row in rows for name in row)
    return pd.DataFrame(rows, columns=list(dict.fromkeys((*keys, "epoch", *measured))))
