"""A table for a paper, in LaTeX: narrow enough for a page, with a caption that says how to read it and a label."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from harness.records import on_one_line
from harness.results.naming import difference_of
from harness.results.view import Cell, View, column_words, format_value, with_intervals
from harness.study import counted

if TYPE_CHECKING:
    import pandas as pd

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
    trials = counted(seeds[0], "seed") if len(seeds) == 1 else f"{seeds[0]} to {seeds[-1]} seeds"
    said = f"{' and '.join(sorted({*frame['study']}))}, {trials} a variant."
    taken = "Differences are from the control on the same seeds, with their 95% intervals."
    return f"{said} {taken}" if frame["ci_low"].notna().any() else said


def to_latex(view: View, *, label: str = "") -> str:
    """Return a LaTeX `table` with booktabs' rules; a difference and its interval share a column.

    label: by which the paper refers to it, as `tab:LABEL`; empty for none.
    """
    view = with_intervals(view)
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
