"""A study as one file to send: HTML that opens without a server and without a request, Markdown, PDF, or a notebook."""

import base64
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from markupsafe import Markup

from harness.analysis import judged_by, margin_of, overlap, unit_of
from harness.errors import UsageError
from harness.records import Record, command, run_command, shown, write_atomically
from harness.report.pages import curves_html, details_html, first_choice, overview_html, render, static_text, study_html
from harness.report.screens import screen_sentences
from harness.report.study_data import StudyData
from harness.results import difference_png, escape_markdown, findings_text, summary_html
from harness.study import FEWEST_PAIRS, SIGNIFICANCE

HTML, MARKDOWN, PDF, NOTEBOOK = "html", "md", "pdf", "ipynb"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge")
_SCRIPTS = ("theme.js", "table.js", "pictures.js", "file.js")
_PRINT_SECONDS = 120
_FACTS = ("tensorflow", "keras", "numpy", "python", "system", "processor", "cores", "engine", "commit")


def write_report(study: StudyData, path: Path, form: str) -> Path:
    """Write a study into one file, form: one of REPORT_FORMATS; return its path. UsageError where it cannot be written."""
    content = REPORT_FORMATS[form](study)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path.resolve(), content)
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: a loop of links
        raise UsageError(f"Report {str(path)!r} cannot be written ({getattr(error, 'strerror', None) or error}).") from None
    return path


def to_html(study: StudyData) -> str:
    """Return the whole study as a page that needs nothing else: its style, its charts and its pictures are in it."""
    return render(
        "report.html",
        study=study,
        head=Markup(study_html(study)),
        selection=Markup(curves_html(study, first_choice(study))),
        overview=Markup(overview_html(study)),
        details=Markup(details_html(study, list(study.records), opened=first_choice(study))),
        facts=facts(study),
        reproduce=reproduction(study),
        rules=rules(study),
        style=Markup(static_text("style.css")),
        script=page_script(),
    )


def page_script() -> Markup:
    """Return the script of a page in a file: the modules of TensorBoard's tab that need no server, as one."""
    modules = "\n".join(static_text(name) for name in _SCRIPTS)
    return Markup(modules.replace("\nexport ", "\n") + "\nfollowTheme();\nprepareFile();\n")


def to_markdown(study: StudyData) -> str:
    """Return the study's findings, its table, how it was made and how to make it again, in Markdown."""
    table = findings_text(study.table, trials=study.trials)
    effects = "\n".join(f"- {escape_markdown(said)}" for said in screen_sentences(study))
    made = "\n".join(f"- {name}: {value}" for name, value in facts(study))
    again = "\n".join(reproduction(study))
    parts = (
        f"# {study.name}",
        study.question,
        table,
        effects,
        rules(study),
        f"## How it was made\n\n{made}",
        f"```\n{again}\n```",
    )
    return "\n\n".join(filter(None, parts)) + "\n"


def to_pdf(study: StudyData) -> bytes:
    """Return the HTML as printed by a browser of this machine; UsageError where there is none, or it does not print."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise UsageError(
            f"A PDF needs a browser, one of {', '.join(BROWSERS)}; none is installed. --format html can be printed."
        )
    with tempfile.TemporaryDirectory() as folder:
        page, printed = Path(folder, "report.html"), Path(folder, "report.pdf")
        page.write_text(to_html(study), encoding="utf-8")
        words = ["--headless", "--disable-gpu", "--no-pdf-header-footer", f"--user-data-dir={folder}/profile"]
        words += ["--no-sandbox"] if os.geteuid() == 0 else []  # which Chromium does not start with as root
        try:
            subprocess.run(
                [browser, *words, f"--print-to-pdf={printed}", page.as_uri()],
                check=False,
                capture_output=True,
                timeout=_PRINT_SECONDS,
            )
            return printed.read_bytes()
        except (OSError, subprocess.TimeoutExpired) as error:
            raise UsageError(
                f"{Path(browser).name} printed no PDF ({type(error).__name__}); --format html can be printed."
            ) from None


def to_notebook(study: StudyData) -> str:
    """Return a notebook (nbformat 4.5) that loads the records, with the table and the picture as they are now."""
    head = f"# {study.name}\n\n{study.question}\n\n" + "\n".join(
        f"- {said}" for said in (*study.conclusion.sentences, *screen_sentences(study))
    )
    load = f"import harness\n\nresults = harness.load({shown(study.folder.resolve())!r})\nresults.summary"
    table = {"text/html": summary_html(study.table), "text/plain": "the summary"}
    picture = {"image/png": base64.b64encode(difference_png(study.table)).decode(), "text/plain": "the differences"}
    made = "\n".join(f"- {name}: {value}" for name, value in facts(study))
    again = "\n".join(reproduction(study))
    cells = [
        _cell("markdown", head),
        _cell("code", load, table),
        _cell("code", "results.plot()", picture),
        _cell("markdown", f"{rules(study)}\n\n{made}\n\n```\n{again}\n```"),
    ]
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    content = {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells}
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


REPORT_FORMATS: Mapping[str, Callable[[StudyData], str | bytes]] = {
    HTML: to_html,
    MARKDOWN: to_markdown,
    PDF: to_pdf,
    NOTEBOOK: to_notebook,
}


def _cell(kind: str, source: str, shown: Mapping[str, str] | None = None) -> dict[str, Any]:
    cell: dict[str, Any] = {"cell_type": kind, "metadata": {}, "source": source}
    if kind == "code":
        outputs = [{"output_type": "display_data", "metadata": {}, "data": dict(shown)}] if shown else []
        cell |= {"execution_count": None, "outputs": outputs}
    return cell


def facts(study: StudyData) -> list[tuple[str, str]]:
    """Return how a study was made, by name: when, on what data, with what, on which machine."""
    every = [record for group in study.records.values() for record in group]
    started = [float(record.provenance["started"]) for record in every if "started" in record.provenance]
    found = [("trials", f"{len(every)}, {sum(record.cost.get('seconds', 0.0) for record in every):,.0f} s of training in all")]
    if started:
        days = dict.fromkeys(time.strftime("%Y-%m-%d", time.gmtime(moment)) for moment in (min(started), max(started)))
        found.append(("recorded", " to ".join(days)))
    found.append(("data", _said(every, lambda record: _data(record.data))))
    found += [(name, _said(every, partial(_provenance, name))) for name in _FACTS]
    return [(name, value) for name, value in found if value]


def _data(data: Mapping[str, str]) -> str:
    name, used = data.get("name", ""), data.get("used", "")
    return name if name == used or not used else f"{used}, a stand-in for {name}"


def _provenance(name: str, record: Record) -> object:
    return record.provenance.get(name, "")


def _said(records: list[Record], what: Callable[[Record], object]) -> str:
    return ", ".join(dict.fromkeys(text for record in records if (text := str(what(record)).strip())))


def reproduction(study: StudyData) -> list[str]:
    """Return the commands that run the study again and compare the results."""
    every = [record for group in study.records.values() for record in group]
    return [run_command(study.folder, every), command("compare", shown(study.folder))]


def rules(study: StudyData) -> str:
    """Say how the verdicts of this study are found."""
    every = [record for group in study.records.values() for record in group]
    margin, unit, kind = margin_of(study.rows), unit_of(study.rows), "fold" if overlap(every) else "seed"
    looks = judged_by(study.folder, every)
    matters = f"at least {unit.amount(margin)}" if margin else "at least the margin that matters"
    inside = f"within ±{unit.amount(margin)}" if margin else "within the margin"
    test = (
        "the corrected resampled t-test (Nadeau and Bengio 2003), as folds share their training samples"
        if kind == "fold"
        else "the paired t-test"
    )
    return (
        f"Each variant is compared with its control on the same {kind}s, by {test}; intervals are of 95%. Better and worse: "
        f"p below {SIGNIFICANCE:g} after Holm's correction over the study, and a difference of {matters}. Equivalent: two "
        f"one-sided tests show the difference to lie {inside}. Inconclusive: none of these, which is not the same as no "
        f"difference. Below {FEWEST_PAIRS} pairs there is no verdict.{f' {looks}' if looks else ''}"
    )
