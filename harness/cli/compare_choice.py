"""Which rows and columns of a table `compare` shows, and in which order."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.analysis import BEST, LAST, VALIDATION
from harness.cli.terminal.summary import repeats_status
from harness.errors import UsageError, unknown
from harness.results import GENERAL, PAIRED, difference_name, difference_of, format_value, has_difference, parse_filter
from harness.study import ACCURACY

if TYPE_CHECKING:
    import pandas as pd

INTERVALS = ("ci_low", "ci_high", "p_value", "sample_low", "sample_high", "mcnemar_p")
SPOKEN = (*INTERVALS, "delta", "verdict", "note")  # shown if any row has one, as are differences in a metric
ACROSS = (PAIRED, "difference_low", "difference_high", "paired_verdict")  # from one source to another
CHOSEN = {LAST: (), BEST: ("best_epoch",), VALIDATION: ("validation_epoch",)}


@dataclass(frozen=True, slots=True)
class CompareOptions:
    """Which rows and columns are shown, and in which order; columns: empty for those that vary."""

    filter: str | None = None
    sort: str | None = None
    descending: bool = False
    columns: tuple[str, ...] = ()
    all_columns: bool = False
    epoch: str = LAST
    studies: tuple[str, ...] = ()  # files of the user's own studies, to judge by as they are now


def candidates(metric: str, *, numbered: int = 1, epoch: str = LAST) -> tuple[str, ...]:
    """Return the columns that may be shown, in their order, of a table about this metric (GENERAL: about several)."""
    named = ("metric", "direction") if metric == GENERAL else ()
    values = (*named, metric, f"{metric}_std", *(CHOSEN[epoch]))
    if numbered > 1:
        return ("study", "variant", "status", "seeds", "epochs", "test_loss", *values, *ACROSS, "verdict", "note")
    others = () if metric == GENERAL else ("test_accuracy",)
    columns = (
        *("study", "variant", "change", "status", "seeds", "failed_seeds", "epochs", "parameters", "test_loss"),
        *(*values, *others, difference_of(metric), *INTERVALS, "verdict", "seconds", "data", "note"),
    )
    return tuple(dict.fromkeys(columns))


def choose_rows(frame: "pd.DataFrame", choice: CompareOptions) -> "pd.DataFrame":
    """Return the rows that fit the filter, in the order asked for; rows without a value come last."""
    if choice.filter is not None:
        frame = parse_filter(choice.filter, frame.columns).rows(frame)
    if not choice.sort:
        return frame
    name = choice.sort.removeprefix("-")
    if name not in frame.columns:
        raise unknown("Column", name, frame.columns)
    values = frame[name].tolist()
    known = [index for index, value in enumerate(values) if format_value(name, value)]
    empty = [index for index, value in enumerate(values) if not format_value(name, value)]
    downwards = choice.descending or choice.sort.startswith("-")
    return frame.iloc[sorted(known, key=values.__getitem__, reverse=downwards) + empty]


def choose_columns(
    frame: "pd.DataFrame", choice: CompareOptions, *, metric: str = ACCURACY.column, numbered: int = 1
) -> tuple[list[str], str]:
    """Return the columns to show, and in words the values that all rows share and that are therefore not shown.

    metric: what all rows are about, or GENERAL. numbered: how many sources stand side by side, each with its own columns
    X_1, X_2, …; 1: there is one.
    """
    groups = {name: group for name in frame.columns if (group := _group(name, frame, numbered))}
    if choice.all_columns:
        return list(frame.columns), ""
    if choice.columns:
        names = [part.strip() for text in choice.columns for part in text.split(",") if part.strip()]
        for name in names:
            if name not in frame.columns and name not in _stems(frame, numbered):
                raise unknown("Column", name, [*frame.columns, *_stems(frame, numbered)])
        if not names:
            raise UsageError("--columns names no column; expected for example variant,test_accuracy.")
        wanted = [column for name in names for column in groups.get(name) or _group(name, frame, numbered)]
        return list(dict.fromkeys(wanted)), ""
    spoken = (*SPOKEN, difference_of(metric), *ACROSS)
    shown, same, noted = [], [], ""
    for name in candidates(metric, numbered=numbered, epoch=choice.epoch):
        group = _group(name, frame, numbered)
        columns = ([format_value(name, value) for value in frame[column].tolist()] for column in group[:numbered])
        rows = list(zip(*columns, strict=True))
        values = {text for row in rows for text in row} - {""}
        if not any(sum(map(bool, row)) > 1 for row in rows):  # nothing stands beside anything else
            rows = [("".join(row),) for row in rows]
        if name == "verdict" and "status" in shown and repeats_status(frame):
            continue
        if name in ("variant", metric) or (values and _varies(rows, spoken=name in spoken)):
            shown += [column for column in group if numbered == 1 or name == "variant" or _has_values(frame, column)]
        elif values and name == "note":
            noted = f"In every row: {values.pop()}."
        elif values and name not in spoken and not name.endswith("_std"):
            words = name.replace("_", " ")
            same.append(f"{words} {values.pop()}" if len(values) == 1 else words)
    told = f"The same {'in every row' if numbered == 1 else 'in each'}: {', '.join(same)}." if same else ""
    return shown, " ".join(filter(None, (told, noted)))


def _has_values(frame: "pd.DataFrame", column: str) -> bool:
    return any(format_value(column, value) for value in frame[column].tolist())


def _varies(rows: Sequence[tuple[str, ...]], *, spoken: bool) -> bool:
    """Say whether a column differs between rows or, where sources stand side by side, a row between the sources."""
    if rows and len(rows[0]) > 1:
        return any(len(set(row) - {""}) > 1 for row in rows)
    return len(rows) == 1 or len(set(rows) - (set() if spoken else {("",)})) > 1


def _group(name: str, frame: "pd.DataFrame", numbered: int) -> list[str]:
    """Return the columns that a name stands for: itself, or one a source and the differences."""
    if name in ACROSS:
        names = (name, *(f"{name}_{number}" for number in range(3, numbered + 1)))
        return [column for column in names if column in frame.columns]
    if name in frame.columns:
        return [name]
    group = [f"{name}_{number}" for number in range(1, numbered + 1)]
    if has_difference(name):
        group += [difference_name(name, number) for number in range(2, numbered + 1)]
    return [column for column in group if column in frame.columns]


def _stems(frame: "pd.DataFrame", numbered: int) -> list[str]:
    return [name.removesuffix("_1") for name in frame.columns if numbered > 1 and name.endswith("_1")]
