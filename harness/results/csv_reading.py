"""summary.csv and runs.csv back as tables: checked, so that a foreign file is refused and not misread."""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.analysis import (
    BESIDE,
    FLAGS,
    METRICS,
    SETTING,
    SUMMARY_FILE,
    TEXTS,
    concat,
    is_further_metric,
    run_columns,
    summary_columns,
    summary_table,
    with_whole_numbers,
)
from harness.errors import UsageError
from harness.records import EXPECTED_ERROR, OK, STATUSES, Record
from harness.results.view import is_measured
from harness.study import ACCURACY, HIGHER, LOWER, Metric

if TYPE_CHECKING:
    import pandas as pd

_WHOLE = frozenset(("seed", "seeds", "failed_seeds", "attempt"))
LARGEST = 2**53  # above it a float holds no whole number for certain
_FRACTIONS = ("train_accuracy", "validation_accuracy", "test_accuracy")
_METRIC = re.compile(r"test_[A-Za-z][A-Za-z0-9_]*")
_NEEDED = ("study", "variant", "status", "test_accuracy")


@dataclass(frozen=True, slots=True)
class CsvTable:
    """What a summary.csv or runs.csv holds."""

    summary: "pd.DataFrame"
    notes: list[str]  # one line on each thing left out
    records: list[Record]  # what each row of a runs.csv tells of its record; none of a summary.csv


def read_csv_table(path: Path) -> tuple["pd.DataFrame", list[str]]:
    """Return what `read_csv` does, without the trials."""
    found = read_csv(path)
    return found.summary, found.notes


def read_csv(path: Path) -> CsvTable:
    """Return what a summary.csv or runs.csv holds.

    runs.csv does not name the controls, so that its summary has no differences. UsageError for a file that is neither,
    for a cell that cannot be what its column says, and for two rows of one variant or trial.
    """
    frame = _read_texts(path)
    missing = [name for name in _NEEDED if name not in frame.columns]
    if missing:
        raise UsageError(
            f"{path} is neither a summary.csv nor a runs.csv: it lacks {', '.join(missing)}; "
            f"found {', '.join(str(name)[:40] for name in list(frame.columns)[:8])}."
        )
    runs = "seed" in frame.columns and "seeds" not in frame.columns
    if not runs:
        frame = _with_files_beside(path, frame)
    known = {*(run_columns() if runs else summary_columns())}
    further = [name for name in frame.columns if is_further_metric(name) and _are_numbers(frame[name])]
    foreign = [name for name in frame.columns if name not in {*known, *further} and not (runs and name.startswith(SETTING))]
    frame = frame[[name for name in frame.columns if name in {*known, *further}]].copy()
    for name in frame.columns:
        frame[name] = _typed(path, name, frame[name].tolist())
    notes = (
        [f"{path}: columns that no table of the harness has were left out: {', '.join(map(str, foreign))}."] if foreign else []
    )
    _check_rows(path, frame, ["study", "variant", "seed"] if runs else ["study", "variant"])
    records = []
    if runs:
        notes.append(f"{path}: runs.csv does not name the controls, so that there are no differences from them.")
        records = _records(_about_a_metric(frame))
        frame = _summary_of_runs(records)
    else:
        frame = _about_a_metric(frame)
    columns = [*summary_columns(), *further]
    nothing = dict.fromkeys((name for name in columns if name in TEXTS and name not in frame.columns), "")
    return CsvTable(with_whole_numbers(frame.assign(**nothing).reindex(columns=columns)), notes, records)


def _with_files_beside(path: Path, frame: "pd.DataFrame") -> "pd.DataFrame":
    """Return a summary.csv with those of its columns that lie in files beside it; without them where there are none."""
    for name, columns in BESIDE.items():
        file = path.with_name(name)
        if path.name != SUMMARY_FILE or not file.is_file() or {*columns} & {*frame.columns}:
            continue
        more = _read_texts(file)
        if missing := [column for column in ("study", "variant", *columns) if column not in more.columns]:
            raise UsageError(f"{file} lacks {', '.join(missing)}; expected what was written beside {path.name}.")
        frame = frame.merge(more[["study", "variant", *columns]], on=["study", "variant"], how="left", validate="m:1").fillna(
            ""
        )
    return frame


def _are_numbers(texts: "pd.Series") -> bool:
    import pandas as pd

    return bool(pd.to_numeric(texts[texts.str.strip() != ""], errors="coerce").notna().all())


def _about_a_metric(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Return a table with its metric's columns; one from before there were any is about test accuracy."""
    if {"metric", "direction", "value"} <= {*frame.columns}:
        return frame
    of_accuracy = {"value": "test_accuracy", "value_std": "test_accuracy_std", "delta": "delta_test_accuracy"}
    cells = {name: frame[source] for name, source in of_accuracy.items() if source in frame.columns}
    return frame.assign(metric=ACCURACY.column, direction=ACCURACY.direction, **cells)


def _read_texts(path: Path) -> "pd.DataFrame":
    import pandas as pd

    try:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8", on_bad_lines="error")
    except (OSError, ValueError, UnicodeError) as error:  # pandas' errors of parsing are ValueErrors
        raise UsageError(f"{path} cannot be read as CSV ({error}).") from None
    if frame.empty:
        raise UsageError(f"{path} holds no rows; expected one a variant (summary.csv) or one a trial (runs.csv).")
    if not isinstance(frame.index, pd.RangeIndex):
        raise UsageError(f"{path} has more cells in its rows than columns in its first line.")
    return frame


def _typed(path: Path, name: str, texts: Sequence[str]) -> list[Any]:
    """Return a column's cells as what the column holds, empty ones as NaN or as no text.

    UsageError for a text where a number belongs, which `number_of` would take for an empty cell.
    """
    if name in TEXTS:
        return [_unneutral(text) for text in texts]
    if name in FLAGS:
        return [text.strip().lower() == "true" for text in texts]
    values = []
    for row, text in enumerate(texts, start=2):
        try:
            value = float(text) if text.strip() else math.nan
        except ValueError:
            raise UsageError(f"{path}, row {row}: {name} is {text[:40]!r}; expected a number.") from None
        if name in _FRACTIONS and not math.isnan(value) and not 0 <= value <= 1:
            raise UsageError(f"{path}, row {row}: {name} is {text[:40]}; expected a fraction from 0 to 1.")
        if math.isfinite(value) and abs(value) > LARGEST and not is_measured(name):
            raise UsageError(f"{path}, row {row}: {name} is {text[:40]}; expected a number up to 2^53.")
        if name in _WHOLE and not (math.isfinite(value) and value == int(value) and value >= 0):
            raise UsageError(f"{path}, row {row}: {name} is {text[:40]!r}; expected a whole number.")
        values.append(value if math.isfinite(value) else math.nan)
    return [int(value) for value in values] if name in _WHOLE else values


def _unneutral(text: str) -> str:
    """Return a text without the apostrophe that guards a spreadsheet from it."""
    return text[1:] if text[:1] == "'" and text[1:2] in ("=", "+", "-", "@", "\t", "\r", "\n") else text


def _check_rows(path: Path, frame: "pd.DataFrame", key: Sequence[str]) -> None:
    for name in key:
        empty = frame.index[frame[name].isna() | (frame[name] == "")]
        if len(empty):
            raise UsageError(f"{path}, row {empty[0] + 2}: {name} is empty; expected a value.")
    twice = frame.index[frame.duplicated(list(key))]
    if len(twice):
        which = ", ".join(f"{name} {frame.loc[twice[0], name]}" for name in key)
        raise UsageError(f"{path}, row {twice[0] + 2}: a second row of {which}; expected one.")
    wrong = frame.index[~frame["status"].isin(STATUSES)]
    if len(wrong):
        raise UsageError(
            f"{path}, row {wrong[0] + 2}: status is {frame.loc[wrong[0], 'status'][:40]!r}; "
            f"expected one of {', '.join(STATUSES)}."
        )
    _check_texts(path, frame, "metric", lambda text: bool(_METRIC.fullmatch(text)), "test_ and a metric's name")
    _check_texts(path, frame, "direction", lambda text: text in (HIGHER, LOWER), f"{HIGHER} or {LOWER}")


def _check_texts(path: Path, frame: "pd.DataFrame", name: str, is_right: Callable[[str], bool], expected: str) -> None:
    for row, text in enumerate(frame[name] if name in frame.columns else (), start=2):
        if not is_right(text):
            raise UsageError(f"{path}, row {row}: {name} is {text[:40]!r}; expected {expected}.")


def _records(frame: "pd.DataFrame") -> list[Record]:
    rows = frame.to_dict("records")
    position = {key: index for index, key in enumerate(dict.fromkeys((row["study"], row["variant"]) for row in rows))}
    return [_record(row, position[row["study"], row["variant"]]) for row in rows]


def _summary_of_runs(records: Sequence[Record]) -> "pd.DataFrame":
    studies = dict.fromkeys(record.study for record in records)
    return concat([summary_table(record for record in records if record.study == study) for study in studies])


def _record(row: dict[str, Any], position: int) -> Record:
    """Return what a row of runs.csv tells of a trial's record; of its history only the length is known."""
    epochs = row.get("epochs", math.nan)
    return Record(
        study=row["study"],
        variant=row["variant"],
        seed=int(row["seed"]),
        trial_id=row.get("trial_id", ""),
        attempt=1,
        position=position,
        control="",
        change="",
        settings={},
        expectation="",
        status=row["status"],
        as_expected=bool(row.get("as_expected", row.get("status") in (OK, EXPECTED_ERROR))),
        error=row.get("error", ""),
        history={"train_loss": () if math.isnan(epochs) else (math.nan,) * min(int(epochs), 10_000)},
        metrics={name: value for name, value in row.items() if name in METRICS or is_further_metric(name)},
        cost={"seconds": row.get("seconds", math.nan)},
        data={"used": row.get("data", "")},
        provenance={"engine": row.get("engine", "")},
        metric=_metric(row).to_dict(),
    )


def _metric(row: dict[str, Any]) -> Metric:
    """Return the metric of a row of runs.csv, which has no margin: without controls there are no verdicts to give."""
    name = row["metric"].removeprefix("test_")
    if name == ACCURACY.name:
        return ACCURACY
    return Metric(name, margin=0.0, higher_is_better=row["direction"] != LOWER)
