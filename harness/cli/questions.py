"""`questions`: a study's questions, and whether the records support the documented answers."""

from pathlib import Path

from rich.console import Console

from harness.cli.questions_view import question_view, questions_table
from harness.cli.questions_words import WORDS, QuestionWords
from harness.cli.quiz import ask_questions, require_answers
from harness.cli.terminal.summary import make_console
from harness.course import Evidence, Question, collect_evidence, load_questions, questions_path
from harness.errors import UsageError
from harness.records import load_records, program, shown, with_addresses
from harness.study import load_study

ASKED = "ablations"  # the study that is asked about unless another is named
READING_WIDTH = 120  # lines of prose longer than this are hard to read


def print_questions(number: int | None, *, study: str | None, logdir: Path, language: str, quiz: bool = False) -> None:
    """Print all of a study's questions with their present state, or one of them whole.

    study: its name or its file, None for that of the course. quiz: ask, and show the evidence once there is an answer.
    UsageError for a study without questions, and for a number there is none of.
    """
    if quiz:
        require_answers()
    declared, words = load_study(study or ASKED), WORDS[language]
    records, problems = load_records(logdir / declared.name)
    evidence = collect_evidence(records, declared, folder=logdir / declared.name)
    asked = load_questions(declared, language, evidence=evidence)
    question = None if number is None else find_question(number, asked.questions)
    console, notices = make_console(), make_console(stderr=True)
    again = f" --study {study}" if study else ""
    if quiz:
        numbered = [(place, one) for place, one in enumerate(asked.questions, start=1) if question in (None, one)]
        ask_questions(numbered, evidence, words, console, width=min(console.width, READING_WIDTH))
    elif question is None:
        title = asked.title or words.label("title", study=declared.name)
        title = words.label("list-title", title=title, logdir=shown(logdir))
        console.print(questions_table(asked.questions, evidence, words, title=title))
        console.print(words.label("list-hint", program=program(), study=again), markup=False)
    else:
        _print_question(question, f"{number}. {question.topic}", evidence, words, console)
        missing = [variant for variant in question.variants if not evidence.of(variant)]
        if missing:
            named = words.label("comma").join(missing)
            hint = words.label("run-hint", program=program(), variants=named, number=number, study=again, logdir=shown(logdir))
            console.print(hint, markup=False, soft_wrap=True)
    if evidence.left_out:
        console.print(words.label("left-out", count=evidence.left_out), markup=False)
    if asked.language != language:
        notices.print(words.label("untranslated", file=questions_path(declared, language)), markup=False, soft_wrap=True)
    for problem in problems:
        notices.print(f"Set aside: {with_addresses(problem)}", markup=False)


def find_question(number: int, questions: tuple[Question, ...]) -> Question:
    """Return the question of this number, counted from 1."""
    if not 1 <= number <= len(questions):
        raise UsageError(f"Question {number} does not exist; expected a number from 1 to {len(questions)}.")
    return questions[number - 1]


def needed_variants(number: int | None, *, study: str | None) -> tuple[str, ...]:
    """Return the variants that a question needs, or those that all of them need."""
    questions = load_questions(load_study(study or ASKED)).questions
    asked = questions if number is None else (find_question(number, questions),)
    return tuple(dict.fromkeys(variant for question in asked for variant in question.variants))


def _print_question(question: Question, heading: str, evidence: Evidence, words: QuestionWords, console: Console) -> None:
    width = min(console.width, READING_WIDTH)
    for part in question_view(question, heading, evidence, words, width=width):
        console.print(part, width=width)
