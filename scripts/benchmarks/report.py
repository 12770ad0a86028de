"""What was measured: figures held against their goals, as JSON, Markdown and a table for the terminal."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from rich.table import Table

STYLES = {"reached": "green", "missed": "bold red", "not measured": "yellow"}


@dataclass(frozen=True, slots=True)
class Goal:
    """The value that a figure should reach: at least, or at most."""

    value: float
    at_most: bool = False

    def holds(self, figure: float) -> bool:
        """Say whether a figure reaches the goal."""
        return figure <= self.value if self.at_most else figure >= self.value

    def __str__(self) -> str:
        return f"{'≤' if self.at_most else '≥'} {self.value:g}"


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured quantity; NaN where it could not be measured, and `note` says why.

    samples: the single measurements that the value is the median of, in the order in which they were taken.
    """

    what: str
    value: float
    unit: str
    goal: Goal | None = None
    note: str = ""
    samples: Sequence[float] = ()
    part: str = ""  # of the benchmark; the one that runs the parts sets it

    @property
    def outcome(self) -> str:
        """Say whether the goal is reached; empty for a figure without one."""
        if math.isnan(self.value):
            return "not measured"
        if self.goal is None:
            return ""
        return "reached" if self.goal.holds(self.value) else "missed"

    def cells(self) -> tuple[str, ...]:
        """Return the figure as a row of the table."""
        return self.part, self.what, format_metric(self.value, self.unit), str(self.goal or ""), self.outcome, self.note


@dataclass(frozen=True, slots=True)
class Profile:
    """A table that explains a figure: where the time went."""

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Report:
    """All figures of one run of the benchmark, the machine they are of, and the profiles behind them."""

    machine: dict[str, Any]
    figures: Sequence[Figure]
    profiles: Sequence[Profile] = ()


HEADINGS = ("part", "what", "figure", "goal", "", "note")


def median_of(what: str, samples: Sequence[float], unit: str, *, goal: Goal | None = None, note: str = "") -> Figure:
    """Return the median of some measurements as a figure, their range in its note."""
    value = median(samples) if samples else math.nan
    if len(samples) > 1:
        span = f"{format_metric(min(samples), '')} … {format_metric(max(samples), unit)} in {len(samples)} runs"
        note = f"{note}; {span}" if note else span
    return Figure(what, value, unit, goal, note, tuple(samples))


def format_metric(value: float, unit: str) -> str:
    """Write a value with three significant digits and its unit: 0.421 s, 12.3 ×, 843 MB.

    >>> format_metric(1234.5, "MB")
    '1234 MB'
    """
    if math.isnan(value):
        return ""
    digits = max(0, 2 - math.floor(math.log10(abs(value)))) if value else 0
    return f"{value:.{min(digits, 5)}f} {unit}".strip()


def to_json(report: Report) -> dict[str, Any]:
    """Return the report as values that JSON can hold, a figure that was not measured as null."""
    figures = [
        asdict(figure) | {"value": None if math.isnan(figure.value) else figure.value, "outcome": figure.outcome}
        for figure in report.figures
    ]
    return {"machine": report.machine, "figures": figures, "profiles": [asdict(profile) for profile in report.profiles]}


def to_markdown(report: Report) -> str:
    """Return the report as Markdown: the machine, the figures beside their goals, the profiles."""
    lines = ["# Benchmark", "", *(f"- {name}: {value}" for name, value in report.machine.items()), ""]
    lines += _markdown_table(HEADINGS, [figure.cells() for figure in report.figures])
    for profile in report.profiles:
        lines += ["", f"## {profile.title}", "", *_markdown_table(profile.headings, profile.rows)]
    return "\n".join(lines) + "\n"


def _markdown_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [
        f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"
        for row in (headings, ["---"] * len(headings), *rows)
    ]


def to_tables(report: Report) -> list[Table]:
    """Return the report as tables for the terminal."""
    tables = [_drawn("Figures", HEADINGS, [figure.cells() for figure in report.figures])]
    return tables + [_drawn(profile.title, profile.headings, profile.rows) for profile in report.profiles]


def _drawn(title: str, headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    table = Table(title=title, title_justify="left")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(f"[{STYLES[cell]}]{cell}[/]" if cell in STYLES else cell for cell in row))
    return table
