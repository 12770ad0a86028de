"""A table as a reader wants it: mean ± std in one cell, the best marked, differences marked by significance."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from harness.analysis import is_marked
from harness.records import DIVERGED, FAILED, INTERRUPTED, TIMEOUT
from harness.study import DIGITS, HIGHER, LOWER, SIGNIFICANCE, SPREAD_DIGITS, format_metric, is_missing, text_of

if TYPE_CHECKING:
    import pandas as pd

# The form of a column's numbers, by the first pattern that its name contains.
_FORMS = (
    (r"_ratio|^margin", ".3g"),
    (r"^seeds_needed", ".0f"),
    (r"^paired_p(_\d+)?$", ".2g"),
    (r"difference_.*seconds", "+z.1f"),
    (r"difference_", "+.3g"),
    (r"probability|_rate_|_low|_high", ".4f"),
    (r"^p_value|mcnemar|^(interaction|completion|equivalence)_p", ".2g"),
    (r"seconds", ".1f"),
    (r"effect_size|state_mb|memory", ".2f"),
    (r"parameters|flops", ",.0f"),
)
# Columns of measured values: of a metric by its name, or of the metric that the row is about.
_NAMED = re.compile(r"^(difference_|delta_)?(train|validation|test)_(?!set_)(?!.*(seconds|samples|epoch))")
_GENERAL = re.compile(
    r"^(difference_)?(value|best_value|worst_value|ci_)|^difference_(paired|low|high)(_\d+)?$|^delta(_\d+)?$"
    r"|^interaction(_low|_high)?$"
)
_SIGNED = ("difference", "delta", "ci_", "interaction")
UNFINISHED = (DIVERGED, FAILED, INTERRUPTED, TIMEOUT)  # what was measured last is no result, and never the best
_NUMBERED = re.compile(r"_\d+$")  # a column of the n-th source where several stand side by side
_DIRECTIONS = {"test_accuracy": HIGHER, "test_loss": LOWER}  # what is better in any study
MARK = "*"
DIFFERENCE = "difference [95% interval]"
PAIRED = "difference_paired"  # of two sources, over the seeds that both have
# The ends of a difference's interval: of that of two sources, and of that from the control.
ENDS = {PAIRED: ("difference_low", "difference_high"), "": ("ci_low", "ci_high")}


@dataclass(frozen=True, slots=True)
class Cell:
    """What one cell shows: a text, whether it is the best of its column, the mark of its significance, its deviation."""

    text: str
    best: bool = False
    mark: str = ""
    deviation: str = ""
    interval: str = ""  # of a difference, where it shares its cell

    @property
    def whole(self) -> str:
        """The text with its standard deviation."""
        return f"{self.text} ± {self.deviation}" if self.deviation else self.text


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
    return View(tuple(shown), numeric, tuple(zip(*cells, strict=True)), words)


def with_intervals(view: View) -> View:
    """Return the table with the ends of each difference's interval behind the difference, where it has all three."""
    found = [index for index, name in enumerate(view.columns) if name == PAIRED or name == "delta" or name.startswith("delta_")]
    ends = ENDS[PAIRED if PAIRED in view.columns else ""]
    if len(found) != 1 or not {*ends} <= {*view.columns}:
        return view
    low, high = map(view.columns.index, ends)
    kept = [index for index in range(len(view.columns)) if index not in (low, high)]

    def told(row: Sequence[Cell]) -> tuple[Cell, ...]:
        interval = f"[{row[low].text}, {row[high].text}]" if row[low].text and row[high].text else ""
        return tuple(replace(row[index], interval=interval) if index == found[0] else row[index] for index in kept)

    columns = tuple(DIFFERENCE if index == found[0] else view.columns[index] for index in kept)
    return replace(
        view, columns=columns, numeric=tuple(view.numeric[index] for index in kept), rows=tuple(map(told, view.rows))
    )


def column_words(name: str) -> str:
    """Return a column's name as words: test_accuracy → test accuracy."""
    return name.replace("_", " ")


def format_value(name: str, value: Any, *, metric: str = "") -> str:
    """Write one value as its column is written; nothing where there is none.

    metric: the column that its row is about. Accuracies, and in their company losses, have four decimals; values of
    another metric can be of any size and have four digits, their spreads two.

    >>> format_value("test_accuracy", 0.97654321), format_value("value", 1234.5, metric="test_rmse")
    ('0.9765', '1,234')
    """
    if isinstance(value, str):
        return value
    if is_missing(value):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if is_measured(name):
        digits = SPREAD_DIGITS if _split(name)[0].endswith("_std") else DIGITS
        return format_metric(value, fraction=_is_fraction(name, metric), signed=name.startswith(_SIGNED), digits=digits)
    form = _form(name)
    return format(value, "," if isinstance(value, int) and form == ".6g" and abs(value) >= 10_000 else form)


@lru_cache(maxsize=1024)
def is_measured(name: str) -> bool:
    """Say whether a column holds measured values: those of a metric, their means, spreads or differences."""
    return bool(_NAMED.search(name) or _GENERAL.search(name))


@lru_cache(maxsize=1024)
def _is_fraction(name: str, metric: str) -> bool:
    about_accuracy = not metric or metric.endswith("accuracy")
    return "accuracy" in name or (about_accuracy and ("loss" in name or bool(_GENERAL.search(name))))


@lru_cache(maxsize=1024)
def _form(name: str) -> str:
    return next((form for pattern, form in _FORMS if re.search(pattern, name)), ".6g")


def _column(frame: "pd.DataFrame", name: str) -> tuple[Cell, ...]:
    metrics = _beside(frame, name, "metric")
    texts = [format_value(name, value, metric=metric) for value, metric in zip(frame[name].tolist(), metrics, strict=True)]
    std = next((std for std, mean in _stds(frame).items() if mean == name), None)
    spreads = frame[std].tolist() if std else [None] * len(texts)
    deviations = [format_value(std or "", value, metric=metric) for value, metric in zip(spreads, metrics, strict=True)]
    best, marks = _best(frame, name), _marks(frame, name)
    return tuple(
        Cell(text, best=index in best, mark=MARK if index in marks else "", deviation=deviation) if text else Cell("")
        for index, (text, deviation) in enumerate(zip(texts, deviations, strict=True))
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
    beside = (_beside(frame, name, other) for other in ("data", "metric", "direction", "status"))
    groups: dict[tuple[str, str], dict[int, float]] = {}
    for index, (value, data, metric, direction, status) in enumerate(zip(frame[name].tolist(), *beside, strict=True)):
        better = _better(_split(name)[0], metric, direction)
        if better and not is_missing(value) and status not in UNFINISHED:
            groups.setdefault((data, better + (metric if name.startswith("value") else "")), {})[index] = value
    return frozenset(
        index
        for (_, better), values in groups.items()
        if len(set(values.values())) > 1
        for index, value in values.items()
        if value == (max if better.startswith(HIGHER) else min)(values.values())
    )


def _better(stem: str, metric: str, direction: str) -> str:
    """Return which values of a column are better in a row about this metric; empty where none is."""
    return direction if stem in ("value", metric) else _DIRECTIONS.get(stem, "")


def _beside(frame: "pd.DataFrame", name: str, beside: str) -> list[str]:
    """Return the texts of another column, of the same source as the named one; empty ones where it is not there."""
    column = f"{beside}{_split(name)[1]}"
    column = column if column in frame.columns else f"{beside}_1"  # of a difference between sources
    values = frame[column].tolist() if column in frame.columns else [""] * len(frame)
    return [text_of(value) for value in values]


def _marks(frame: "pd.DataFrame", name: str) -> frozenset[int]:
    stem, number = _split(name)
    p_value = f"p_value{number}"
    if not is_difference(stem) or p_value not in frame.columns:
        return frozenset()
    told = f"verdict{number}" in frame.columns
    words = _beside(frame, name, "verdict") if told else [None] * len(frame)
    cells = zip(frame[p_value].tolist(), words, strict=True)
    return frozenset(index for index, (value, word) in enumerate(cells) if not is_missing(value) and is_marked(value, word))


def is_difference(stem: str) -> bool:
    """Say whether a column holds differences from the control."""
    return stem == "delta" or stem.startswith("delta_test_")


def _legend(frame: "pd.DataFrame", shown: Sequence[str], columns: Sequence[Sequence[Cell]], marked: str) -> str:
    cells = [cell for column in columns for cell in column]
    words = []
    if any(mean in shown and frame[std].notna().any() for std, mean in _stds(frame).items()):
        words.append("mean ± standard deviation over seeds")
    if any(cell.best for cell in cells):
        several = any(_split(name)[0] == "data" and frame[name].nunique() > 1 for name in frame.columns)
        words.append(f"best of each dataset {marked}" if several else f"best {marked}")
    if any(is_difference(_split(name)[0]) and _has_p_values(frame, name) for name in shown):
        looks = any(frame[name].map(text_of).any() for name in frame.columns if _split(name)[0] == "looks")
        test = f"paired t-test against the control{', over the looks of its design' if looks else ''}"
        words.append(f"{MARK} Holm-corrected p < {SIGNIFICANCE:g} ({test})")
    text = "; ".join(words)
    return f"{text[0].upper()}{text[1:]}." if text else ""


def _has_p_values(frame: "pd.DataFrame", name: str) -> bool:
    p_value = f"p_value{_split(name)[1]}"
    return p_value in frame.columns and bool(frame[p_value].notna().any())


def _is_numeric(frame: "pd.DataFrame", name: str) -> bool:
    import pandas as pd

    return pd.api.types.is_numeric_dtype(frame[name]) and not pd.api.types.is_bool_dtype(frame[name])
