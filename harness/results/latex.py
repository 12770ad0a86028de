"""A table for a paper, in LaTeX: narrow enough for a page, with a caption that says how to read it and a label."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from harness.records import on_one_line
from harness.results.naming import difference_of
from harness.results.view import Cell, View, column_words, format_value

if TYPE_CHECKING:
    import pandas as pd

DIFFERENCE = "difference [95% interval]"
_LATEX = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "±": r"$\pm$", "−": r"$-$", "…": r"\ldots{}", "→": r"$\to$", "Δ": r"$\Delta$",
}  # fmt: skip


def paper_columns(frame: "pd.DataFrame", metric: str) -> list[str]:
    """Return the columns of a table that fits a page; metric: the column that all rows are about."""
    study = ["study"] if frame["study"].nunique() > 1 else []
    wanted = (*study, "variant", metric, difference_of(metric), "ci_low", "ci_high", "verdict")
    said = {name for name in wanted for value in frame[name].tolist() if format_value(name, value)}
    return [name for name in wanted if name in said or name in ("variant", metric)]


def paper_caption(frame: "pd.DataFrame") -> str:
    """Return what a reader of such a table must know of it: of which studies it is, and how the differences are taken."""
    seeds = sorted({*frame["seeds"]}) or [0]
    trials = f"{seeds[0]} seed{'' if seeds == [1] else 's'}" if len(seeds) == 1 else f"{seeds[0]} to {seeds[-1]} seeds"
    said = f"{' and '.join(sorted({*frame['study']}))}, {trials} a variant."
    taken = "Differences are from the control on the same seeds, with their 95% intervals."
    return f"{said} {taken}" if frame["ci_low"].notna().any() else said


def to_latex(view: View, *, label: str = "") -> str:
    """Return a LaTeX `table` with booktabs' rules; a difference and its interval share a column.

    label: by which the paper refers to it, as `tab:LABEL`; empty for none.
    """
    view = _with_intervals(view)
    alignment = "".join("r" if numeric else "l" for numeric in view.numeric)
    rows = (_row([_cell(cell, numeric) for cell, numeric in zip(row, view.numeric, strict=True)]) for row in view.rows)
    lines = [
        "% needs \\usepackage{booktabs}",
        "\\begin{table}",
        "\\centering",
        *([f"\\caption{{{escape_latex(view.caption)}}}"] if view.caption else []),
        *([f"\\label{{tab:{label}}}"] if label else []),
        "\\footnotesize",
        "\\setlength{\\tabcolsep}{4pt}",
        f"\\begin{{tabular}}{{{alignment}}}",
        "\\toprule",
        _row([escape_latex(column_words(name)) for name in view.columns]),
        "\\midrule",
        *rows,
        "\\bottomrule",
        "\\end{tabular}",
        "\\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _with_intervals(view: View) -> View:
    """Return the table with the ends of each difference's interval behind the difference, where it has all three."""
    found = [index for index, name in enumerate(view.columns) if name == "delta" or name.startswith("delta_")]
    if len(found) != 1 or not {"ci_low", "ci_high"} <= {*view.columns}:
        return view
    low, high = view.columns.index("ci_low"), view.columns.index("ci_high")
    kept = [index for index in range(len(view.columns)) if index not in (low, high)]

    def told(row: Sequence[Cell]) -> tuple[Cell, ...]:
        interval = f"[{row[low].text}, {row[high].text}]" if row[low].text and row[high].text else ""
        return tuple(replace(row[index], interval=interval) if index == found[0] else row[index] for index in kept)

    columns = tuple(DIFFERENCE if index == found[0] else view.columns[index] for index in kept)
    return replace(
        view, columns=columns, numeric=tuple(view.numeric[index] for index in kept), rows=tuple(map(told, view.rows))
    )


def _row(cells: Sequence[str]) -> str:
    return f"{' & '.join(cells)} \\\\"


def _cell(cell: Cell, numeric: bool) -> str:
    text = _signed(escape_latex(cell.whole)) if numeric else escape_latex(cell.whole)
    marked = (f"\\textbf{{{text}}}" if cell.best else text) + (f"$^{{{cell.mark}}}$" if cell.mark else "")
    if not cell.interval:
        return marked
    return f"{marked} [{', '.join(map(_signed, cell.interval.strip('[]').split(', ')))}]"


def _signed(text: str) -> str:
    """Return a number with its sign set as one of mathematics."""
    return f"${text[0]}${text[1:]}" if text.startswith(("+", "-")) else text


def escape_latex(text: str) -> str:
    """Return a text that LaTeX sets as it is, on one line."""
    return "".join(_LATEX.get(letter, letter) for letter in on_one_line(text))
