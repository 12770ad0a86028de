"""A study's table or pivot as text, for a paper or a spreadsheet."""

import csv
import io

from harness.errors import UsageError, unknown
from harness.report.pivot import pivot
from harness.report.study_data import StudyData
from harness.results import LATEX, export, paper_caption, paper_columns, to_latex, to_markdown

TABLE, PIVOT = "table", "pivot"


def exported(study: StudyData, what: str, form: str, *, down: str = "", across: str = "") -> str:
    """Return the table of variants, or the pivot by two settings, as csv, markdown or latex.

    UsageError for another `what`, and for a pivot of settings that do not vary.
    """
    metric = study.metric.column
    if what == TABLE:
        columns = list(study.table.columns) if form == "csv" else paper_columns(study.table, metric)
        caption = paper_caption(study.table) if form == LATEX else ""
        return export(study.table, columns, form, caption=caption, label=study.name if form == LATEX else "")
    if what != PIVOT:
        raise unknown("Export", what[:40], (TABLE, PIVOT))
    found = pivot(study, down, across)
    if found is None:
        raise UsageError(f"No setting of study {study.name!r} varies.")
    view = found.view(study.metric.words)
    if form == LATEX:
        return to_latex(view, label=f"{study.name}-by-settings")
    if form == "markdown":
        return to_markdown(view)
    body = io.StringIO()
    writer = csv.writer(body, lineterminator="\n")
    writer.writerows([view.columns, *([cell.whole for cell in row] for row in view.rows)])
    return body.getvalue()
