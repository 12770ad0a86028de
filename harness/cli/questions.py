"""`questions`: the course's nine questions, and whether the records support the documented answers."""

from pathlib import Path

from rich.console import Console

from harness.cli.questions_view import question_view, questions_table
from harness.cli.terminal.summary import make_console
from harness.course import QUESTIONS, STUDY, Evidence, Question, Texts, gather_evidence, load_texts
from harness.errors import UsageError
from harness.records import load_records
from harness.study import load_study

READING_WIDTH = 120  # lines of prose longer than this are hard to read


def print_questions(number: int | None, *, logdir: Path, language: str) -> None:
    """Print all questions with their present state, or one of them whole; UsageError for a number there is none of."""
    question = None if number is None else find_question(number)
    texts = load_texts(language)
    records, problems = load_records(logdir / STUDY)
    evidence = gather_evidence(records, load_study(STUDY))
    console = make_console()
    if question is None:
        console.print(questions_table(evidence, texts, title=texts.label("list-title", logdir=logdir)))
        console.print(texts.label("list-hint"), markup=False)
    else:
        _print_question(question, evidence, texts, console)
        missing = missing_variants(question, evidence)
        if missing:
            hint = texts.label("run-hint", variants=texts.label("comma").join(missing), number=number, logdir=logdir)
            console.print(hint, markup=False, soft_wrap=True)
    if evidence.left_out:
        console.print(texts.label("left-out", count=evidence.left_out), markup=False)
    for problem in problems:
        make_console(stderr=True).print(f"Set aside: {problem}", markup=False)


def find_question(number: int) -> Question:
    """Return the question of this number, counted from 1."""
    if not 1 <= number <= len(QUESTIONS):
        raise UsageError(f"Question {number} does not exist; expected a number from 1 to {len(QUESTIONS)}.")
    return QUESTIONS[number - 1]


def needed_variants(number: int | None) -> tuple[str, ...]:
    """Return the variants that a question needs, or those that all of them need."""
    questions = QUESTIONS if number is None else (find_question(number),)
    return tuple(dict.fromkeys(variant for question in questions for variant in question.variants))


def missing_variants(question: Question, evidence: Evidence) -> tuple[str, ...]:
    """Return the variants that a question needs and that have no record."""
    return tuple(variant for variant in question.variants if not evidence.of(variant))


def _print_question(question: Question, evidence: Evidence, texts: Texts, console: Console) -> None:
    width = min(console.width, READING_WIDTH)
    for part in question_view(question, evidence, texts, width=width):
        console.print(part, width=width)
