"""A study's variants by two of their settings: a table whose cells are mean ± standard deviation with the verdict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.analysis import differing_settings, setting_cell
from harness.errors import UsageError, unknown
from harness.records import Record
from harness.report.study_data import StudyData
from harness.results import Cell, View, format_value
from harness.study import text_of


@dataclass(frozen=True, slots=True)
class Pivot:
    """The table: the values of one setting across, of another down; cells: mean, deviation, verdict and variant."""

    down: str
    across: str
    settings: Sequence[str]
    columns: Sequence[str]
    rows: Sequence[tuple[str, Sequence["PivotCell | None"]]]
    left_out: Sequence[str]

    def view(self, metric: str) -> View:
        """Return the table as other formats write it; metric: what the cells are of, for the caption."""
        heading = f"{_words(self.down)} \\ {_words(self.across)}" if self.across else _words(self.down)
        rows = [(Cell(name), *(Cell(cell.text if cell else "") for cell in cells)) for name, cells in self.rows]
        caption = f"{metric}, mean ± standard deviation; in brackets the verdict against the control."
        return View((heading, *self.columns), (False, *([True] * len(self.columns))), tuple(rows), caption)


@dataclass(frozen=True, slots=True)
class PivotCell:
    """One variant's result."""

    variant: str
    value: str
    verdict: str

    @property
    def text(self) -> str:
        """The value with the verdict, in one text."""
        return f"{self.value} ({self.verdict})" if self.verdict else self.value


def pivot(study: StudyData, down: str = "", across: str = "") -> Pivot | None:
    """Return a study by two settings that vary, `down` and `across`; None where none varies.

    Empty: the two that vary in most variants. In a cell stands the variant that differs from the base in these two at most.
    UsageError for a setting that does not vary.
    """
    settings = study.varying_settings()
    for name in filter(None, (down, across)):
        if name not in settings:
            raise unknown("Setting", name, settings)
    if not settings:
        return None
    down = down or next(name for name in settings if name != across or len(settings) == 1)
    others = [name for name in settings if name != down]
    if across == down:
        raise UsageError(f"Setting {down!r} cannot be both down and across.")
    across = across or (_partner(study, down, others) if others else "")
    base = study.records[study.base][0]
    fitting: dict[tuple[str, str], Mapping[str, Any]] = {}
    left_out = []
    for row in study.rows:
        record = study.records[row["variant"]][0]
        if {*differing_settings(record, base)} <= {down, across}:
            place = _value(record, down), _value(record, across)
            if fitting.setdefault(place, row) is not row:
                left_out.append(str(row["variant"]))
        else:
            left_out.append(str(row["variant"]))
    heads, sides = (list(dict.fromkeys(key[place] for key in fitting)) for place in (1, 0))
    rows = [(side, [_cell(fitting.get((side, head)), study) for head in heads]) for side in sides]
    return Pivot(down, across, settings, heads, rows, left_out)


def _partner(study: StudyData, down: str, others: Sequence[str]) -> str:
    """Return the setting that most often varies together with another one; the first where none does."""
    base = study.records[study.base][0]
    together = [differing_settings(group[0], base).keys() for group in study.records.values()]
    return max(others, key=lambda name: sum({name, down} <= names for names in together))


def _value(record: Record, setting: str) -> str:
    return str(setting_cell(record.settings.get(setting))) if setting else ""


def _cell(row: Mapping[str, Any] | None, study: StudyData) -> PivotCell | None:
    if row is None:
        return None
    metric = study.metric.column
    value, spread = (format_value(name, row[name], metric=metric) for name in ("value", "value_std"))
    verdict = text_of(row["verdict"])
    return PivotCell(str(row["variant"]), f"{value} ± {spread}" if spread else value, verdict)


def _words(name: str) -> str:
    return name.replace("_", " ")
