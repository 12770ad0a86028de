"""Tables as text: for the terminal, a spreadsheet, a paper, a program."""

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import UsageError
from harness.records import on_one_line, plain, to_csv, write_atomically
from harness.results.latex import to_latex
from harness.results.view import Cell, View, column_words, make_view

if TYPE_CHECKING:
    import pandas as pd

TABLE = "table"
LATEX = "latex"
FORMATS = (TABLE, "csv", "markdown", LATEX, "json")
STANDARD_OUTPUT = "-"
BEST = "•"  # the best of its column, where there is no bold
_MARKDOWN = re.compile(r"[\\`*|<>\[\]]|(?<!\w)_|_(?!\w)")


def export(frame: "pd.DataFrame", columns: Sequence[str], form: str, *, caption: str = "", label: str = "") -> str:
    """Return chosen columns of a table as text.

    form: one of FORMATS. csv and json hold the numbers in full; the others show mean ± std, the best and the marks of
    significance (see harness.results.view), with one line that says what they mean. label: by which a paper refers to it,
    in LaTeX.
    """
    if form == "csv":
        return to_csv(frame[list(columns)])
    if form == "json":
        return to_json(frame[list(columns)])
    marked = BEST if form == TABLE else "in bold"
    view = make_view(frame, columns, caption=caption, marked=marked)
    if form == LATEX:
        return to_latex(view, label=label)
    return to_markdown(view) if form == "markdown" else to_text(view)


def write_output(text: str, output: str, *, show: Callable[[str], None]) -> None:
    """Write a text to a file in one step, or show it where the output is `-`."""
    if output == STANDARD_OUTPUT:
        show(text)
        return
    path = Path(output)
    try:
        if path.exists() and not path.is_file():  # a device or a pipe is written to, never replaced by a file
            path.write_text(text, encoding="utf-8", errors="backslashreplace")
        else:
            write_atomically(path.resolve(), text)
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: a loop of links
        raise UsageError(f"Output {output!r} cannot be written ({getattr(error, 'strerror', None) or error}).") from None


def to_json(frame: "pd.DataFrame") -> str:
    """Return a table as a JSON list of one object a row, null where there is no value."""
    names = [str(name) for name in frame.columns]
    cells = zip(*([plain(value) for value in frame[name].tolist()] for name in frame.columns), strict=True)
    return (
        json.dumps([dict(zip(names, row, strict=True)) for row in cells], indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    )


def to_markdown(view: View) -> str:
    """Return a table in GitHub's Markdown, its caption below it."""
    lines = [
        _markdown_row([column_words(name) for name in view.columns]),
        _markdown_row(["---:" if numeric else ":---" for numeric in view.numeric]),
        *(_markdown_row([_markdown_cell(cell) for cell in row]) for row in view.rows),
    ]
    caption = ["", escape_markdown(view.caption)] if view.caption else []
    return "\n".join([*lines, *caption]) + "\n"


def _markdown_row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _markdown_cell(cell: Cell) -> str:
    text = escape_markdown(cell.whole)
    interval = escape_markdown(f" {cell.interval}") if cell.interval else ""
    return (f"**{text}**" if cell.best else text) + escape_markdown(cell.mark) + interval


def escape_markdown(text: str) -> str:
    """Return a text that Markdown shows as it is, on one line."""
    return _MARKDOWN.sub(lambda match: "\\" + match[0], on_one_line(text))


def to_text(view: View) -> str:
    """Return a table in plain characters, its columns aligned, the best of a column marked, its caption below it."""
    rows = [view.columns, *(tuple(plain_cell(cell) for cell in row) for row in view.rows)]
    rows = [tuple(on_one_line(text) for text in row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    sides = [str.rjust if numeric else str.ljust for numeric in view.numeric]
    lines = [
        "  ".join(side(text, width) for text, width, side in zip(row, widths, sides, strict=True)).rstrip() for row in rows
    ]
    lines.insert(1, "  ".join("─" * width for width in widths))
    return "\n".join([*lines, *([view.caption] if view.caption else [])]) + "\n"


def plain_cell(cell: Cell) -> str:
    """Return what a cell shows where there is no bold."""
    return cell.whole + (BEST if cell.best else "") + cell.mark
