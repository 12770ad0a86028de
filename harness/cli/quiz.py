"""`questions --quiz`: asks first, takes the answer, then shows the evidence."""

import sys
from collections.abc import Sequence

import click
from rich.console import Console
from rich.text import Text

from harness.cli.questions_view import answer_view, choices_view, evidence_view, letter
from harness.cli.questions_words import QuestionWords
from harness.cli.terminal.wrapping import fold
from harness.course import Evidence, Question
from harness.errors import UsageError


def require_answers() -> None:
    """Raise UsageError where nobody can answer: the input is no terminal."""
    if not sys.stdin.isatty():
        raise UsageError("--quiz asks for answers, and the input is not a terminal; without it the answers are shown at once.")


def ask_questions(
    numbered: Sequence[tuple[int, Question]], evidence: Evidence, words: QuestionWords, console: Console, *, width: int
) -> None:
    """Ask one question after another, each with its answer and its evidence once it is answered; say how many were right."""
    right = []
    for number, question in numbered:
        console.print(Text(f"\n{number}. {question.topic}", style="bold"))
        console.print(Text(fold(question.question, width)))
        for line in choices_view(question, words):
            console.print(line, width=width)
        right += _answered(question, words, console)
        for part in (*answer_view(question, words, width=width), *evidence_view(question, evidence, words)):
            console.print(part, width=width)
    if len(right) > 1:
        console.print(Text(words.label("quiz-score", right=sum(right), total=len(right)), style="bold"))


def _answered(question: Question, words: QuestionWords, console: Console) -> list[bool]:
    """Take an answer; return whether it is the documented one, nothing where a question has no choices."""
    if not question.choices or not question.documented_choice:
        click.prompt(words.label("quiz-think"), default="", show_default=False, prompt_suffix="")
        return []
    letters = [letter(place) for place in range(1, len(question.choices) + 1)]
    asked = words.label("quiz-ask", first=letters[0], last=letters[-1])
    given = click.prompt(asked, type=click.Choice(letters, case_sensitive=False), show_choices=False)
    right = letters.index(given) + 1 == question.documented_choice
    console.print(words.label("quiz-right" if right else "quiz-wrong"), style="green" if right else "yellow")
    return [right]
