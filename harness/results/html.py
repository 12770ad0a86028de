"""A study's summary as HTML: in a notebook, and as a file to send that needs nothing else."""

import base64
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import UsageError
from harness.records import write_atomically
from harness.results.difference_plot import COLOURS, difference_png
from harness.results.naming import difference_of, one_metric, under_its_name
from harness.results.view import Cell, column_words, make_view

if TYPE_CHECKING:
    import pandas as pd

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<style>body {{ font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #222 }}
table {{ border-collapse: collapse; overflow-x: auto; display: block }}
td, th {{ padding: .3rem .7rem; border-bottom: 1px solid #ddd }} figure {{ margin: 2rem 0 }} img {{ max-width: 100% }}
.number {{ text-align: right; font-variant-numeric: tabular-nums }}</style></head>
<body><h1>{title}</h1>
{table}
{figure}
</body></html>
"""


_FIGURE = '<figure><img alt="Differences from the control" src="data:image/png;base64,{}"></figure>'


def summary_html(summary: "pd.DataFrame", sentences: Sequence[str] = ()) -> str:
    """Return a summary as an HTML table: mean ± standard deviation in one cell, the best in bold, what the marks mean below.

    sentences: what it shows, above the table. Verdicts have the colours of the picture.
    """
    metric = one_metric([summary])
    named = under_its_name(summary, metric)
    wanted = ["study"] if summary["study"].nunique() > 1 else []
    wanted += ["variant", "change", "status", "seeds", metric, f"{metric}_std", difference_of(metric)]
    wanted += ["ci_low", "ci_high", "verdict", "seconds", "error"]
    shown = [
        name for name in dict.fromkeys(wanted) if name in named and named[name].notna().any() and (named[name] != "").any()
    ]
    view = make_view(named, shown)
    kinds = [' class="number"' if numeric else "" for numeric in view.numeric]
    head = "".join(f"<th{kind}>{escape(column_words(name))}</th>" for name, kind in zip(view.columns, kinds, strict=True))
    rows = [
        "".join(
            f"<td{kind}{_colour(name, cell)}>{f'<b>{escape(cell.whole)}</b>' if cell.best else escape(cell.whole)}"
            f"{escape(cell.mark)}</td>"
            for cell, kind, name in zip(row, kinds, view.columns, strict=True)
        )
        for row in view.rows
    ]
    body = "\n".join(f"<tr>{row}</tr>" for row in rows)
    told = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
    told = f"<ul>{told}</ul>\n" if told else ""
    return f"{told}<table><thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table>\n<p>{escape(view.caption)}</p>"


def _colour(name: str, cell: Cell) -> str:
    colour = COLOURS.get(cell.text) if name == "verdict" else None
    return f' style="color: {colour}"' if colour else ""


def write_report(summary: "pd.DataFrame", path: Path, sentences: Sequence[str] = ()) -> Path:
    """Write a summary, what it shows in sentences, and the figure of its differences into one HTML file; return its path."""
    picture = base64.b64encode(difference_png(summary)).decode()
    page = _PAGE.format(
        title=escape(", ".join(dict.fromkeys(summary["study"]))),
        table=summary_html(summary, sentences),
        figure=_FIGURE.format(picture) if picture else "",
    )
    try:
        write_atomically(path.resolve(), page)
    except OSError as error:
        raise UsageError(f"Report {str(path)!r} cannot be written ({error.strerror or error}).") from None
    return path
