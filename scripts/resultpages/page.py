"""A study's page: its question and lesson, table, documented figures, claims and pictures."""

import os
import subprocess
import sys
from pathlib import Path

from harness.course import documented_figures
from harness.errors import UsageError
from harness.results import chosen_by_validation, interaction_notes
from resultpages.claims import Standing, claims_table
from resultpages.published import Published

ROOT = Path(__file__).resolve().parent.parent.parent
QUESTIONS = range(1, 10)
ASKED = "ablations"  # the study that the course's questions are about
# What a study's models show beyond its tables.
LESSONS = {
    "mnist-cnn": """## Drawn by hand

On [the page to draw on](../drawing.md), `python -m harness draw`, 500 steps of this network stand beside a dense one: a 1 at
the right edge is a 5 to all seeds of the one and a 2 to all seeds of the other; centred as MNIST was made it is a 1 to all ten.

![A 1 at the right edge: the CNN says 5, the dense network 2](../draw-edge.png)

![The same 1, centred as MNIST was made: both say 1](../draw-centred.png)"""
}


def page(found: Published, claims: tuple[Standing, ...], pictures: list[tuple[str, Path]], *, beside: Path) -> str:
    """Return the Markdown of a study's page; beside: the folder that the page will be in."""
    study, logdir = found.study, found.logdir
    parts = [
        f"# Results of `{study.name}`" + (f" ({found.caution})" if found.caution else ""),
        f"**{study.question}**",
        study.lesson,
        f"Written by `python scripts/results.py` from the records of `python -m harness run {study.name}`; {found.made_on()}.",
        "## Summary",
        summary_table(found),
        "What the verdicts mean, what is corrected and what is not: [verdicts](../verdicts.md).",
    ]
    if together := interaction_notes(found.summary.to_dict("records")):
        parts += ["\n".join(f"- {name}: {note}" for name, note in together)]
    if documented_figures(study):
        compared = harness("reproduce", study.name, "--logdir", str(logdir), "--format", "markdown")
        parts += ["## Documented figures against measured ones", compared]
    if claims:
        parts += ["## What the study claims", claims_table(claims)]
    if pictures:
        parts += ["## Pictures", "Of seed 0, after its last epoch; TensorBoard's Images tab has those of all variants."]
        parts += [f"![{title}]({Path(os.path.relpath(path, beside)).as_posix()})" for title, path in pictures]
    if study.name in LESSONS:
        parts += [LESSONS[study.name]]
    if study.name == ASKED:
        answers = [f"```\n{harness('questions', str(number), '--logdir', str(logdir))}\n```" for number in QUESTIONS]
        parts += ["## The course's questions", *answers]
    return "\n\n".join(filter(None, parts)) + "\n"


def summary_table(found: Published) -> str:
    """Return the study's table in Markdown, with the columns that suit its metric and its variants."""
    column, summary = found.study.metric.column, found.summary
    columns = ["variant", "change", "status", "seeds", "epochs", "parameters", "train_loss", column, f"delta_{column}"]
    columns += ["ci_low", "ci_high", "p_value", "verdict", "seconds"]
    if summary["data"].nunique() > 1:
        columns.insert(2, "data")
    chosen = summary["value_at_validation"].notna().any()
    if chosen:
        columns.insert(columns.index(column), "value_at_validation")
    table = harness("compare", str(found.folder), "--format", "markdown", "--columns", ",".join(columns))
    told = f"Value at validation: the {found.study.metric.words} after the epoch that the validation samples choose."
    return f"{table} {told}\n\n{' '.join(chosen_by_validation(summary.to_dict('records')))}" if chosen else table


def harness(*words: str) -> str:
    """Return what a command of the harness prints."""
    command = [sys.executable, "-m", "harness", *words]
    finished = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    if finished.returncode:
        raise UsageError(f"harness {' '.join(words)} ended with {finished.returncode}: {finished.stderr.strip()}")
    return finished.stdout.strip()
