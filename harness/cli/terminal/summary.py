"""What the terminal shows: tables, drawn with rich."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from rich import box
from rich.cells import cell_len
from rich.console import Console, Group, JustifyMethod
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from harness.cli.terminal.folding import fold, longest_piece
from harness.errors import clean
from harness.study import ACCURACY, BASE, FEWEST_PAIRS, never_judged

if TYPE_CHECKING:
    import pandas as pd

PLAIN_WIDTH = 160  # where the output is no terminal
RULES = "docs/verdicts.md"  # says how verdicts come about
TINY = 1e-99  # a p-value below this is shown as that
WIDEST_PIECE = 32  # a longer word in the change of a variant may be broken
_TEXTS = ("variant", "change", "status", "verdict")
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


def make_console(*, stderr: bool = False) -> Console:
    """Return a console as wide as the terminal, or wide enough for the tables where there is none."""
    console = Console(stderr=stderr, highlight=False)
    return console if console.is_terminal else Console(stderr=stderr, highlight=False, width=PLAIN_WIDTH)


def print_notes(notices: Iterable[str]) -> None:
    """Print each notice on the error stream, as one line that begins with Note; a terminal's are broken between words."""
    console = make_console(stderr=True)
    for notice in notices:
        console.print(f"[yellow]Note:[/] {escape(clean(notice))}", soft_wrap=not console.is_terminal)


@dataclass(frozen=True, slots=True)
class _Layout:
    """How much of the summary there is room for."""

    gap: int = 2  # characters between columns
    interval: bool = True
    spread: bool = True  # the standard deviation; without it headings are short as well
    tight: bool = False  # whether a setting and its value may stand on two lines
    left_out: tuple[str, ...] = ()

    def unsaid(self, rows: list[dict[str, Any]]) -> str:
        """Name what is left out of these rows that nothing below the table says."""
        parts = (("standard deviation", self.spread, "value_std"), ("95% interval", self.interval, "ci_low"))
        lost = [name for name, shown, column in parts if not shown and any(present(row[column]) for row in rows)]
        return ", ".join([*lost, *(name for name in self.left_out if name != "seconds")])


_COSTS = ("seconds", "epochs", "parameters")
_NARROW = _Layout(gap=1, interval=False, spread=False)
_WIDE = (_Layout(), _Layout(gap=1), _Layout(gap=1, left_out=("seconds",)))
# Without a verdict the interval is all that says how sure a difference is: it outranks what a variant costs.
_WITH_INTERVAL = (
    _Layout(gap=1, left_out=("seconds", "parameters")),
    *(replace(_NARROW, interval=True, left_out=left_out) for left_out in (("seconds",), ("seconds", "parameters"), _COSTS)),
)
_LAYOUTS = (
    _Layout(gap=1, interval=False),
    _Layout(gap=1, interval=False, left_out=("seconds",)),
    *(replace(_NARROW, left_out=_COSTS[:count]) for count in (1, 2, 3)),
    replace(_NARROW, tight=True, left_out=_COSTS),
    *(replace(_NARROW, tight=tight, left_out=(*_COSTS, "seeds")) for tight in (False, True)),
    replace(_NARROW, left_out=(*_COSTS, "seeds", "change")),
    replace(_NARROW, left_out=(*_COSTS, "seeds", "change", "status")),
)


def summary_view(frame: "pd.DataFrame", *, title: str, width: int) -> Group:
    """Draw the summary: one row a variant, the base first, and below it what needs a sentence."""
    from harness.results import chosen_by_validation, interaction_notes

    rows = frame.to_dict("records")
    metric = rows[0]["metric"].replace("_", " ") if rows else ACCURACY.words
    if metric != ACCURACY.words:
        title = f"{title} ({metric}: {rows[0]['direction']} is better)"
    if not rows:  # a table without rows would be drawn without its title
        return Group(Text(title, style="italic"))
    layout, columns = _fitting(rows, metric, width)
    notes = [Text.assemble((f"{row['variant']}: ", "bold"), note) for row in rows if (note := _note(row))]
    if any(_wants_seeds(row) for row in rows):
        sampled = " An interval from the test samples of one seed says nothing of other seeds."
        few = f"Verdicts need {FEWEST_PAIRS} seeds ({RULES})."
        notes.append(Text(few + (sampled if any(present(row["mcnemar_p"]) for row in rows) else ""), style="yellow"))
    notes += [Text.assemble((f"{name}: ", "bold"), note) for name, note in interaction_notes(rows)]
    if any(words(row["verdict"]) in VERDICT_STYLES for row in rows):
        notes.append(Text(f"How verdicts come about, and of what: {RULES}", style="dim"))
    notes += [Text(choice) for choice in chosen_by_validation(rows)]
    if unsaid := layout.unsaid(rows):
        notes.append(Text(f"No room for: {unsaid}.", style="dim"))
    return Group(_drawn(rows, columns, layout, title=title, width=width), *notes)


def _fitting(rows: list[dict[str, Any]], metric: str, width: int) -> tuple[_Layout, dict[str, list[Text]]]:
    """Return the first layout that so many characters have room for, else the last, with its columns.

    They go from the widest terminal to the narrowest.
    """
    unjudged = any(_wants_seeds(row) and present(row["ci_low"]) for row in rows)
    for layout in (*_WIDE, *(_WITH_INTERVAL if unjudged else ()), *_LAYOUTS):
        columns = _columns(rows, metric, layout)
        if _width_needed(layout, columns) <= width:
            break
    return layout, columns


def _drawn(rows: list[dict[str, Any]], columns: dict[str, list[Text]], layout: _Layout, *, title: str, width: int) -> Table:
    table = Table(
        title=escape(title), title_justify="left", box=box.SIMPLE_HEAD, padding=(0, layout.gap - 1, 0, 0), show_edge=False
    )
    room = width - _width_needed(layout, columns)
    for name, cells in columns.items():
        justify: JustifyMethod = "left" if name in _TEXTS else "right"
        characters = _longest(name, cells)
        if name == "change":
            least = _least_change(cells, tight=layout.tight)
            characters = max(min(characters, least + max(room, 0)), 1)
            columns[name] = [Text(fold(cell.plain, characters)) for cell in cells]
        table.add_column(name, justify=justify, overflow="fold", width=characters if room >= 0 else None)
    for row, drawn in zip(rows, zip(*columns.values(), strict=True), strict=True):
        table.add_row(*drawn, style="bold" if row["variant"] == BASE else "")
    return table


def _columns(rows: list[dict[str, Any]], metric: str, layout: _Layout) -> dict[str, list[Text]]:
    """Return the cells of each column by its heading, without the columns that are empty in every row."""
    interval = layout.interval and any(present(row["ci_low"]) for row in rows)
    headings = {
        "parameters": "parameters" if layout.spread else "params",
        "value": metric if layout.spread else metric.removeprefix("test "),
        "difference": "difference [95% interval]" if interval else "difference",
    }
    cells = [_summary_cells(row, interval=interval, spread=layout.spread) for row in rows]
    columns = {name: [row[name] for row in cells] for name in (cells[0] if cells else {}) if name not in layout.left_out}
    return {headings.get(name, name): column for name, column in columns.items() if any(cell.plain for cell in column)}


def _width_needed(layout: _Layout, columns: dict[str, list[Text]]) -> int:
    widths = [
        _least_change(cells, tight=layout.tight) if name == "change" else _longest(name, cells)
        for name, cells in columns.items()
    ]
    return sum(widths) + layout.gap * len(widths)


def _least_change(cells: list[Text], *, tight: bool) -> int:
    return max(len("change"), min(max(longest_piece(cell.plain, tight=tight) for cell in cells), WIDEST_PIECE))


def _longest(name: str, cells: list[Text]) -> int:
    return max(cell_len(name), *(cell.cell_len for cell in cells))


def _summary_cells(row: dict[str, Any], *, interval: bool, spread: bool) -> dict[str, Text]:
    from harness.results import format_value

    value, deviation, difference, low, high = (
        format_value(name, row[name], metric=row["metric"]) for name in ("value", "value_std", "delta", "ci_low", "ci_high")
    )
    verdict = words(row["verdict"]) if row["verdict"] != row["status"] else ""  # an expected error is said once
    return {
        "variant": Text(row["variant"]),
        "change": Text(row["change"]),
        "status": Text(row["status"], style=STATUS_STYLES.get(row["status"], "")),
        "seeds": Text(str(row["seeds"])),
        "epochs": Text(number(row["epochs"], "g")),
        "parameters": Text(number(row["parameters"], ",.0f")),
        "value": Text(f"{value} ± {deviation}" if spread and deviation else value),
        "difference": Text(f"{difference} [{low}, {high}]" if interval and low else difference),
        "verdict": Text(verdict, style=VERDICT_STYLES.get(verdict, "")),
        "seconds": Text(number(row["seconds"], ".1f")),
    }


def _note(row: dict[str, Any]) -> str:
    # Of better and worse the detail is but the p-value; too few seeds are said once, below all rows.
    refused = not words(row["verdict"]) and not _wants_seeds(row)
    said = refused or words(row["verdict"]) in ("inconclusive", "equivalent") or present(row["completion_p"])
    detail = words(row["verdict_detail"]) if said else ""
    parts = [clean(row["error"]), detail, words(row["pairs_note"])]
    if present(row["mcnemar_p"]):
        interval = f"[{row['sample_low']:+.4f}, {row['sample_high']:+.4f}]"
        p_value = f"= {row['mcnemar_p']:.2g}" if row["mcnemar_p"] >= TINY else f"< {TINY:g}"
        parts.append(f"test samples alone {interval}, McNemar p {p_value}")
    return "; ".join(part for part in parts if part)


def _wants_seeds(row: dict[str, Any]) -> bool:
    """Say whether a row has a difference, and too few seeds for the verdict that more of them would give."""
    few = present(row["pairs"]) and row["pairs"] < FEWEST_PAIRS
    return few and not never_judged(words(row["verdict_detail"]))


def words(value: object) -> str:
    """Return a cell's text, empty where it has none."""
    return value if isinstance(value, str) else ""


def present(value: object) -> bool:
    """Say whether a cell holds a number."""
    import pandas as pd

    return not isinstance(value, str) and not pd.isna(value)


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
