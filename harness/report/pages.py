"""A study's page in HTML, whole or in the parts that TensorBoard's tab asks for; the same templates for both."""

import base64
from collections.abc import Callable, Sequence
from functools import cache
from importlib import resources
from typing import Any

from markupsafe import Markup

from harness.analysis import IN_WORDS, LAST
from harness.errors import UsageError
from harness.report.cost import tradeoff
from harness.report.course_evidence import documented, questions
from harness.report.curves import MARKS, curves
from harness.report.interactions import interaction_matrix
from harness.report.pivot import pivot
from harness.report.pivot_chart import pivot_chart
from harness.report.screens import screens
from harness.report.study_data import StudyData
from harness.report.variant_detail import variant_detail
from harness.report.variant_table import variant_table

MOST_SELECTED = 12  # variants whose curves are drawn together
FEW = 6  # variants that are shown before the reader chooses

Links = Callable[[StudyData, Sequence[str]], Sequence[tuple[str, str]]]  # variants → title and address of pages elsewhere


def study_html(study: StudyData) -> str:
    """Return the study's head: its question, what it has shown, the table of its variants, what the parts of its screens do."""
    return render(
        "study.html",
        study=study,
        table=variant_table(study),
        first=first_choice(study),
        epochs=IN_WORDS,
        screens=screens(study),
    )


def selection_html(
    study: StudyData,
    variants: Sequence[str],
    *,
    curve: str = "",
    mark: str = LAST,
    links: Links | None = None,
) -> str:
    """Return some variants: their curves together, then each one's name, for who wants to see it beside its control.

    UsageError for a name that the study has not, for too many, and for an epoch that is none of MARKS.
    """
    if len(variants) > MOST_SELECTED:
        raise UsageError(f"{len(variants)} variants are more than are drawn together; expected at most {MOST_SELECTED}.")
    if mark not in MARKS:
        raise UsageError(f"Epoch is {mark[:40]!r}; expected one of {', '.join(MARKS)}.")
    details = [(name, study.control_of(name), "") for name in variants]
    drawn = curves(study, variants, curve=curve, mark=mark) if variants else None
    elsewhere = links(study, variants) if links and variants else ()
    return render(
        "selection.html",
        study=study,
        chosen=variants,
        details=details,
        opened=(),
        curves=drawn,
        mark=mark,
        marks=MARKS,
        links=elsewhere,
    )


def curves_html(study: StudyData, variants: Sequence[str]) -> str:
    """Return the learning curves of some variants, of the study's metric."""
    return render("curves.html", study=study, curves=curves(study, variants), mark=LAST, marks=MARKS)


def details_html(study: StudyData, variants: Sequence[str], *, opened: Sequence[str] = ()) -> str:
    """Return some variants in full, each beside its control; opened: those that the reader need not open."""
    details = [(name, study.control_of(name), Markup(variant_html(study, name))) for name in variants]
    return render("details.html", details=details, opened=opened)


def variant_html(study: StudyData, variant: str, *, figures: Sequence[tuple[str, bytes]] = ()) -> str:
    """Return one variant in full, beside its control; UsageError for a name that the study has not.

    figures: name and PNG of each that its first trial has drawn.
    """
    shown = [(name, f"data:image/png;base64,{base64.b64encode(png).decode()}") for name, png in figures]
    return render("variant.html", study=study, detail=variant_detail(study, variant), figures=shown)


def overview_html(study: StudyData, *, cost: str = "", data: str = "", down: str = "", across: str = "") -> str:
    """Return what there is of a study beyond its variants one by one: costs, settings, interactions, the course."""
    table = pivot(study, down, across)
    return render(
        "overview.html",
        study=study,
        tradeoff=tradeoff(study, cost, data),
        pivot=table,
        pivot_chart=pivot_chart(table, study.metric.words) if table else None,
        interactions=interaction_matrix(study),
        documented=documented(study),
        questions=questions(study),
    )


def first_choice(study: StudyData) -> list[str]:
    """Return the variants that are shown before the reader chooses: the base, and those with the largest differences."""
    judged = [row for row in study.rows if row["verdict"] in ("better", "worse")]
    judged.sort(key=lambda row: -abs(row["delta"]))
    trained = [str(row["variant"]) for row in study.rows if any(record.history for record in study.records[row["variant"]])]
    names = [study.base, *(str(row["variant"]) for row in judged), *trained]
    return [name for name in dict.fromkeys(names) if name in trained][:FEW]


def static_text(name: str) -> str:
    """Return one of the page's own files: its style sheet, or a module of its script."""
    return resources.files("harness.report").joinpath("static", name).read_text("utf-8")


def render(template: str, **values: Any) -> str:
    """Return a template of this package with values in it; all that is no Markup is escaped."""
    return str(_environment().get_template(template).render(values))


@cache
def _environment() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("harness.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    made.filters["words"] = lambda name: str(name).replace("_", " ")
    made.filters["percent"] = lambda share: f"{100 * share:.3g}%"
    made.globals["style_of"] = lambda word: word if word in ("better", "worse", "equivalent", "inconclusive") else ""
    return made
