"""A table as a reader wants it: mean ± std in one cell, the best marked, differences marked by significance."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from harness.evidence.verdicts import SIGNIFICANCE

if TYPE_CHECKING:
    import pandas as pd

# The form of a column's numbers, by the first pattern that its name contains.
_FORMS = (
    (r"_ratio", ".3g"),
    (r"delta_|difference_.*(loss|accuracy)|^ci_", "+z.4f"),
    (r"difference_.*seconds", "+z.1f"),
    (r"difference_", "+.3g"),
    (r"accuracy|loss|probability|_low|_high", ".4f"),
    (r"^p_value|mcnemar", ".2g"),
    (r"seconds", ".1f"),
    (r"effect_size|state_mb|memory", ".2f"),
    (r"parameters|flops", ",.0f"),
)
_NUMBERED = re.compile(r"_\d+$")  # a column of the n-th source where several stand side by side
_HIGHEST, _LOWEST = "test_accuracy", "test_loss"  # the columns whose best value is marked
_MARKED = "delta_test_accuracy"
MARK = "*"


@dataclass(frozen=True, slots=True)
class Cell:
    """What one cell shows: a text, whether it is the best of its column, and the mark of its significance."""

    text: str
    best: bool = False
    mark: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """A table for reading: one heading a column, one tuple of cells a row, and one line on what the marks mean."""

    columns: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: str


def make_view(frame: "pd.DataFrame", columns: Sequence[str], *, caption: str = "", marked: str = "in bold") -> View:
    """Return chosen columns of a table as a reader wants them.

    The other columns are used as well: `X_std` joins X, `p_value` marks the difference, and the best is sought among
    rows of the same `data` only. marked: how the best will be shown, for the caption.
    """
    stds = _stds(frame)
    shown = [name for name in columns if stds.get(name) not in columns]
    cells = [_column(frame, name) for name in shown]
    numeric = tuple(_is_numeric(frame, name) for name in shown)
    words = " ".join(part for part in (caption, _legend(frame, shown, cells, marked)) if part)
    return View(tuple(shown), numeric, tuple(zip(*cells)), words)


def without(view: View, place: int) -> View:
    """Return a view without its column at this place."""
    kept = [index for index in range(len(view.columns)) if index != place]
    rows = tuple(tuple(row[index] for index in kept) for row in view.rows)
    columns, numeric = tuple(view.columns[index] for index in kept), tuple(view.numeric[index] for index in kept)
    return View(columns, numeric, rows, view.caption)


def format_value(name: str, value: Any) -> str:
    """Write one value as its column is written; nothing where there is none.

    >>> format_value("test_accuracy", 0.97654321)
    '0.9765'
    """
    if isinstance(value, str):
        return value
    if not _is_known(value):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    form = _form(name)
    return format(value, "," if isinstance(value, int) and form == ".6g" and abs(value) >= 10_000 else form)


@lru_cache(maxsize=1024)
def _form(name: str) -> str:
    return next((form for pattern, form in _FORMS if re.search(pattern, name)), ".6g")


def _column(frame: "pd.DataFrame", name: str) -> tuple[Cell, ...]:
    values = frame[name].tolist()
    texts = [format_value(name, value) for value in values]
    std = next((std for std, mean in _stds(frame).items() if mean == name), None)
    if std is not None:
        spreads = [format_value(std, value) for value in frame[std].tolist()]
        texts = [f"{text} ± {spread}" if text and spread else text for text, spread in zip(texts, spreads)]
    best = _best(frame, name)
    marks = _marks(frame, name)
    return tuple(
        Cell(text, best=text != "" and index in best, mark=MARK if text and index in marks else "")
        for index, text in enumerate(texts)
    )


def _stds(frame: "pd.DataFrame") -> Mapping[str, str]:
    """Return the columns that hold the standard deviation of another one: `X_std` → X."""
    found = {}
    for name in frame.columns:
        stem, number = _split(name)
        if stem.endswith("_std") and (mean := stem.removesuffix("_std") + number) in frame.columns:
            found[name] = mean
    return found


def _split(name: str) -> tuple[str, str]:
    match = _NUMBERED.search(name)
    return (name[: match.start()], match[0]) if match else (name, "")


def _best(frame: "pd.DataFrame", name: str) -> frozenset[int]:
    """Return the rows with the best value among those of the same data; none where there is nothing to choose from."""
    stem, number = _split(name)
    if stem not in (_HIGHEST, _LOWEST):
        return frozenset()
    data = frame[f"data{number}"].tolist() if f"data{number}" in frame.columns else [""] * len(frame)
    groups: dict[Any, dict[int, float]] = {}
    for index, (value, group) in enumerate(zip(frame[name].tolist(), data)):
        if _is_known(value):
            groups.setdefault(group if isinstance(group, str) else "", {})[index] = value
    choose = max if stem == _HIGHEST else min
    return frozenset(
        index
        for values in groups.values()
        if len(set(values.values())) > 1
        for index, value in values.items()
        if value == choose(values.values())
    )


def _marks(frame: "pd.DataFrame", name: str) -> frozenset[int]:
    stem, number = _split(name)
    p_value = f"p_value{number}"
    if stem != _MARKED or p_value not in frame.columns:
        return frozenset()
    return frozenset(
        index for index, value in enumerate(frame[p_value].tolist()) if _is_known(value) and value < SIGNIFICANCE
    )


def _legend(frame: "pd.DataFrame", shown: Sequence[str], columns: Sequence[Sequence[Cell]], marked: str) -> str:
    cells = [cell for column in columns for cell in column]
    words = []
    if any(mean in shown and frame[std].notna().any() for std, mean in _stds(frame).items()):
        words.append("mean ± standard deviation over seeds")
    if any(cell.best for cell in cells):
        several = any(_split(name)[0] == "data" and frame[name].nunique() > 1 for name in frame.columns)
        words.append(f"best of each dataset {marked}" if several else f"best {marked}")
    if any(_split(name)[0] == _MARKED and _has_p_values(frame, name) for name in shown):
        words.append(f"{MARK} Holm-corrected p < {SIGNIFICANCE:g} (paired t-test against the control)")
    text = "; ".join(words)
    return f"{text[0].upper()}{text[1:]}." if text else ""


def _has_p_values(frame: "pd.DataFrame", name: str) -> bool:
    p_value = f"p_value{_split(name)[1]}"
    return p_value in frame.columns and bool(frame[p_value].notna().any())


def _is_known(value: Any) -> bool:
    """Say whether a cell holds a value: not None, NaN, or pandas' NA."""
    return value is not None and (value == value) is True


def _is_numeric(frame: "pd.DataFrame", name: str) -> bool:
    import pandas as pd

    return pd.api.types.is_numeric_dtype(frame[name]) and not pd.api.types.is_bool_dtype(frame[name])
