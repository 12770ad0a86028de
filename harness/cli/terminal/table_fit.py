"""A table drawn for the terminal, no number cut short: what a narrow one has no room for is left out, and named."""

import re
from dataclasses import replace

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console, JustifyMethod
from rich.table import Table
from rich.text import Text

from harness.cli.terminal.folding import fold, longest_piece
from harness.records import on_one_line
from harness.results import View, plain_cell, to_text, without

# Left out where a terminal is too narrow, in this order.
DISPENSABLE = (
    *("failed_seeds", "parameters", "data", "test_loss", "sample_low", "sample_high", "epochs", "seconds"),
    *("best_epoch", "validation_epoch", "direction", "p_value", "mcnemar_p", "ci_low", "ci_high", "note"),
    *("change", "status", "metric"),
)
WHOLE = ("variant", "status", "verdict")  # columns of single words, not to be broken
TIGHT = DISPENSABLE.index("change")  # from here on a setting and its value may stand on two lines
WIDEST_PIECE, NARROWEST_NOTE = 32, 24  # of texts that may be broken
_MEAN_OF_SEEDS = re.compile(r"(best|validation)_epoch")  # a mean although its name does not say so
_STEM = re.compile(r"^(difference_)?(.*?)(_\d+)?$")  # of a column where several sources stand side by side
GAP, EDGE = 2, 2  # characters between columns, and at the sides


def print_view(view: View, console: Console) -> None:
    """Draw a table and its caption; where even the least does not fit, in plain lines that the terminal breaks.

    Where the notes have no room, those of rows without a verdict stand below: nothing else says why there is none.
    """
    fitted = fitting(view, console.width)
    if width_needed(fitted) > console.width:
        console.print(to_text(view), end="", soft_wrap=True, markup=False, highlight=False)
        return
    if fitted.rows:
        console.print(drawn(fitted, console.width))
    if "note" not in fitted.columns:
        for note, names in refusals(view).items():
            console.print(Text.assemble((f"{', '.join(names)}: ", "bold"), note))
    if left_out := [name for name in view.columns if name not in fitted.columns]:
        fitted = replace(fitted, caption=f"{view.caption} No room for: {', '.join(left_out)}.".strip())
    if fitted.caption:
        console.print(Text(on_one_line(fitted.caption), style="dim"))


def refusals(view: View) -> dict[str, list[str]]:
    """Return the notes of the rows without a verdict, each with the rows that it is of."""
    found: dict[str, list[str]] = {}
    for row in view.rows:
        texts = {name: on_one_line(cell.text) for name, cell in zip(view.columns, row, strict=True)}
        if texts.get("note") and not texts.get("verdict"):
            name = "/".join(texts[column] for column in ("study", "variant") if texts.get(column))
            found.setdefault(texts["note"], []).append(name)
    return found


def fitting(view: View, width: int) -> View:
    """Return the view without the columns that so many characters have no room for, the least needed first."""
    for place, dispensable in enumerate(DISPENSABLE):
        if width_needed(view, tight=place >= TIGHT) <= width:
            break
        for name in view.columns:
            stem = _STEM.match(name)
            if dispensable == name or (stem and dispensable == stem[2]):
                view = without(view, view.columns.index(name))
    return view


def as_many_as_fit(view: View, width: int) -> tuple[View, tuple[str, ...]]:
    """Return the view with its first column and those of the others, in their order, that still fit; and which do not."""
    kept: list[int] = []
    room = width - EDGE
    for place, least in enumerate(_least_widths(view, tight=True)):
        if least + GAP <= room or not kept:
            room -= least + GAP
            kept.append(place)
    rest = [place for place in range(len(view.columns)) if place not in kept]
    names = tuple(view.columns[place] for place in rest)
    for place in reversed(rest):
        view = without(view, place)
    return view, names


def width_needed(view: View, *, tight: bool = True) -> int:
    """Return how many characters a table needs, its numbers and words whole; tight: at the very least."""
    return sum(_least_widths(view, tight=tight)) + GAP * len(view.columns) + EDGE


def column_widths(view: View, width: int) -> list[int]:
    """Return each column's characters: the least, and for texts more, from the left, as long as there is room."""
    widths, room = _least_widths(view, tight=True), width - width_needed(view)
    for wanted in (_least_widths(view, tight=False), _longest(view)):
        for index, wish in enumerate(wanted):
            more = min(max(wish - widths[index], 0), max(room, 0))
            widths[index], room = widths[index] + more, room - more
    return widths


def _least_widths(view: View, *, tight: bool) -> list[int]:
    widths = []
    cells = list(zip(*view.rows, strict=True)) or [()] * len(view.columns)
    for name, numeric, longest, column in zip(view.columns, view.numeric, _longest(view), cells, strict=True):
        if numeric or name.startswith(WHOLE):
            least = longest
        else:
            pieces = (longest_piece(on_one_line(plain_cell(cell)), tight=tight) for cell in column)
            least = min(max(pieces, default=0), WIDEST_PIECE)
        if name == "note":
            least = max(least, min(longest, NARROWEST_NOTE))
        widths.append(max(least, *map(len, name.split("_"))))
    return widths


def _longest(view: View) -> list[int]:
    cells = list(zip(*view.rows, strict=True)) or [()] * len(view.columns)
    return [max((cell_len(on_one_line(plain_cell(cell))) for cell in column), default=0) for column in cells]


def drawn(view: View, width: int) -> Table:
    """Draw a table for so wide a terminal."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    widths = column_widths(view, width)
    for name, numeric, characters in zip(view.columns, view.numeric, widths, strict=True):
        # Headings are longer than numbers: each of their words has a line.
        heading = Text(_MEAN_OF_SEEDS.sub(r"\1_mean_epoch", name).replace("_", "\n"))
        justify: JustifyMethod = "right" if numeric else "left"
        table.add_column(heading, justify=justify, overflow="fold", width=characters)
    for row in view.rows:
        texts = (fold(on_one_line(plain_cell(cell)), characters) for cell, characters in zip(row, widths, strict=True))
        table.add_row(*(Text(text, style="bold" if cell.best else "") for text, cell in zip(texts, row, strict=True)))
    return table
