"""A study's summary as HTML: in a notebook, and as a file to send that needs nothing else."""

import base64
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import UsageError
from harness.records import write_atomically
from harness.results.difference_plot import difference_png
from harness.results.naming import difference_of, one_metric, under_its_name
from harness.results.view import column_words, make_view

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
<figure><img alt="Differences from the control" src="data:image/png;base64,{figure}"></figure>
</body></html>
"""


def summary_html(summary: "pd.DataFrame") -> str:
    """Return a summary as an HTML table: mean ± standard deviation in one cell, the best in bold, what the marks mean below."""
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
            f"<td{kind}>{f'<b>{escape(cell.whole)}</b>' if cell.best else escape(cell.whole)}{escape(cell.mark)}</td>"
            for cell, kind in zip(row, kinds, strict=True)
        )
        for row in view.rows
    ]
    body = "\n".join(f"<tr>{row}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table>\n<p>{escape(view.caption)}</p>"


def write_report(summary: "pd.DataFrame", path: Path) -> Path:
    """Write a summary, with the figure of its differences, into one HTML file; return its path."""
    page = _PAGE.format(
        title=escape(", ".join(dict.fromkeys(summary["study"]))),
        table=summary_html(summary),
        figure=base64.b64encode(difference_png(summary)).decode(),
    )
    try:
        write_atomically(path.resolve(), page)
    except OSError as error:
        raise UsageError(f"Report {str(path)!r} cannot be written ({error.strerror or error}).") from None
    return path
