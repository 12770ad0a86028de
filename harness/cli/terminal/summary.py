"""The tables of variants, as `run` and `compare` show them, and what every command prints with."""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from rich.console import Console, Group, JustifyMethod
from rich.markup import escape
from rich.text import Text

from harness.cli.terminal.table import Column, Row, Table
from harness.errors import clean
from harness.records import with_addresses
from harness.study import ACCURACY, BASE, is_missing, text_of

if TYPE_CHECKING:
    import pandas as pd

    from harness.results import Cell, View

PLAIN_WIDTH = 160  # where the output is no terminal
WIDTH_VARIABLE = "HARNESS_WIDTH"  # of the terminal from which a detached run was started
STATUS_STYLES = {
    "ok": "green",
    "expected-error": "cyan",
    "diverged": "magenta",
    "unexpected-pass": "red",
    "failed": "bold red",
    "timeout": "bold red",
    "interrupted": "yellow",
}
VERDICT_STYLES = {"better": "bold green", "worse": "bold red", "equivalent": "cyan", "inconclusive": "yellow"}
STYLES = {"status": STATUS_STYLES, "verdict": STATUS_STYLES | VERDICT_STYLES}
INTERVAL, DEVIATION = "95% interval", "standard deviation"
# Of the columns that a narrow terminal may have no room for, the most important first; all others always stay.
RANKS = (
    *("metric", INTERVAL, DEVIATION, "status", "change", "p_value", "seeds", "epochs", "validation_epoch", "best_epoch"),
    *("test_loss", "direction", "seconds", "mcnemar_p", "sample_high", "sample_low", "data", "parameters", "failed_seeds"),
)
WHOLE = ("variant", "status", "verdict")  # columns of single words, not to be broken
_JUSTIFY: dict[bool, JustifyMethod] = {False: "left", True: "right"}
_MEAN_OF_SEEDS = re.compile(r"(best|validation)_epoch")  # a mean although its name does not say so
_STEM = re.compile(r"^(difference_)?(.*?)(_\d+)?$")  # of a column where several sources stand side by side


def make_console(*, stderr: bool = False) -> Console:
    """Return a console as wide as the terminal, or wide enough for the tables where there is none."""
    console = Console(stderr=stderr, highlight=False)
    said = os.environ.get(WIDTH_VARIABLE, "")
    width = int(said) if said.isascii() and said.isdecimal() and 0 < len(said) < 5 else PLAIN_WIDTH
    return console if console.is_terminal else Console(stderr=stderr, highlight=False, width=max(width, 1))


def print_notes(notices: Iterable[str]) -> None:
    """Print each notice on the error stream, as one line that begins with Note; a terminal's are broken between words."""
    console = make_console(stderr=True)
    for notice in notices:
        console.print(f"[yellow]Note:[/] {escape(with_addresses(clean(notice)))}", soft_wrap=not console.is_terminal)


def view_table(view: "View", *, title: str = "") -> Table:
    """Return the table of a view: a difference with its interval in one cell, the rows of each study below its name.

    A status that is the verdict as well is said once, as the verdict.
    """
    cells = {name: tuple(row[place] for row in view.rows) for place, name in enumerate(view.columns)}
    if "verdict" in cells and "status" in cells:
        told = (verdict.text == status.text for verdict, status in zip(cells["verdict"], cells["status"], strict=True))
        cells["status"] = tuple(
            replace(cell, text="" if same else cell.text) for cell, same in zip(cells["status"], told, strict=True)
        )
    headings = _study_headings(cells)
    numeric = dict(zip(view.columns, view.numeric, strict=True))
    drawn = [column for name in cells for column in _columns(name, cells, numeric=numeric[name])]
    rows: list[Row] = []
    for place, row in enumerate(zip(*(texts for _, texts in drawn), strict=True)):
        if place in headings:
            rows.append(headings[place])
        bold = "variant" in cells and cells["variant"][place].text.rpartition("/")[2] == BASE
        rows.append([Text(cell.plain, style=f"bold {cell.style}".strip()) for cell in row] if bold else row)
    return Table([column for column, _ in drawn], rows, title=title, caption=Text(clean(view.caption), style="dim"))


def repeats_status(frame: "pd.DataFrame") -> bool:
    """Say whether the verdicts are but the statuses of failed variants, as where there are too few seeds for others."""
    cells = zip(frame["verdict"].tolist(), frame["status"].tolist(), strict=True)
    return all(text_of(verdict) in ("", status) for verdict, status in cells)


def _study_headings(cells: "dict[str, tuple[Cell, ...]]") -> dict[int, str]:
    """Take the studies out of the cells; return each before the first of its rows, if those stand together.

    If they do not, the study is part of the variant's name.
    """
    if "study" not in cells or "variant" not in cells:
        return {}
    studies = [cell.text for cell in cells.pop("study")]
    first = {place: study for place, study in enumerate(studies) if not place or study != studies[place - 1]}
    if len(first) == len(set(studies)):
        return first
    names = zip(studies, cells["variant"], strict=True)
    cells["variant"] = tuple(replace(cell, text=f"{study}/{cell.text}") for study, cell in names)
    return {}


def _columns(name: str, cells: "dict[str, tuple[Cell, ...]]", *, numeric: bool) -> Iterator[tuple[Column, list[Text]]]:
    """Yield a column with its texts, and those that are joined to it: deviation, interval, marks."""
    from harness.results import BEST, ENDS, is_difference

    ends = next((ends for of, ends in ENDS.items() if (of == name) or (not of and is_difference(name))), ())
    intervals = bool(ends) and {*ends} <= cells.keys()
    if any(name in ends and (of in cells or any(map(is_difference, cells))) for of, ends in ENDS.items()):
        return
    rank = 0 if name == "status" and "verdict" not in cells else _rank(_STEM.sub(r"\2", name))
    styles, column = STYLES.get(name, {}), cells[name]
    heading = "difference" if ends else _heading(name)
    text, justify = not numeric and not name.startswith(WHOLE), _JUSTIFY[numeric]
    texts = [Text(clean(cell.text), style=styles.get(cell.text, "bold" if cell.best else "")) for cell in column]
    yield Column(heading, text=text, justify=justify, rank=rank, below=name == "note"), texts
    if any(cell.deviation for cell in column):
        deviations = [Text(f" ± {cell.deviation}" if cell.deviation else "") for cell in column]
        yield Column(DEVIATION, rank=max(rank, _rank(DEVIATION)), joined=""), deviations
    if intervals:
        pairs = zip(*(cells[end] for end in ends), strict=True)
        bounds = [Text(f" [{low.text}, {high.text}]" if low.text else "") for low, high in pairs]
        yield Column(INTERVAL, rank=_rank(INTERVAL), joined=f" [{INTERVAL}]"), bounds
    if any(cell.best or cell.mark for cell in column):
        yield Column("", rank=rank, joined=""), [Text((BEST if cell.best else "") + cell.mark) for cell in column]


def _heading(name: str) -> str:
    """Return a column's name in words: difference_test_loss_3 → difference in test loss 3."""
    words = _MEAN_OF_SEEDS.sub(r"\1_mean_epoch", name).replace("_", " ")
    return f"difference in {words.removeprefix('difference ')}" if name.startswith("difference_") else words


def _rank(name: str) -> int:
    return RANKS.index(name) + 1 if name in RANKS else 0


def summary_view(frame: "pd.DataFrame", *, title: str) -> Group:
    """Draw the summary: one row a variant, the base first, and below it what needs a sentence."""
    from harness.results import (
        BEST,
        chosen_by_validation,
        difference_of,
        format_value,
        interaction_notes,
        make_view,
        one_metric,
        row_note,
        under_its_name,
    )

    rows = frame.to_dict("records")
    metric = one_metric([frame])
    if metric != ACCURACY.column:
        title = f"{title} ({metric.replace('_', ' ')}: {rows[0]['direction']} is better)"
    if not rows:  # a table without rows would be drawn without its title
        return Group(Text(title, style="italic"))
    shown = under_its_name(frame, metric).assign(note=[row_note(row, concluded=True) for row in rows])
    verdict = () if repeats_status(frame) else ("verdict",)
    names = ("variant", "change", "status", "seeds", "epochs", "parameters", metric, difference_of(metric), "ci_low", "ci_high")
    names = (*names, *verdict, "seconds", "note")
    columns = [name for name in names if any(format_value(name, value) for value in shown[name].tolist())]
    notes = [Text.assemble((f"{name}: ", "bold"), note) for name, note in interaction_notes(rows)]
    notes += [Text(choice) for choice in chosen_by_validation(rows)]
    return Group(view_table(make_view(shown, columns, marked=BEST), title=title), *notes)


def present(value: object) -> bool:
    """Say whether a cell holds a number."""
    return not isinstance(value, str) and not is_missing(value)


def number(value: object, form: str) -> str:
    """Write a number, or nothing where there is none."""
    return format(value, form) if present(value) else ""


def duration(seconds: float) -> str:
    """Write a duration as one would say it: 45 s, 3 min 20 s, 2 h 5 min."""
    seconds = round(seconds)
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60} s"
    return f"{seconds // 3600} h {seconds % 3600 // 60} min"
