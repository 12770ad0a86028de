"""How the questions look on a terminal, in the language of the words."""

import math
import statistics
from collections.abc import Callable, Iterator, Sequence

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from harness.analysis import MOST_SEEDS
from harness.cli.questions_words import QuestionWords
from harness.cli.terminal.summary import number, present
from harness.cli.terminal.table import Column, Table
from harness.cli.terminal.wrapping import fold
from harness.course import (
    MISSING,
    ON_FIRST_IMAGE,
    REFUTED,
    SUPPORTED,
    UNDECIDED,
    ClaimResult,
    Evidence,
    Question,
    combined,
    epoch_seconds,
)
from harness.records import Record
from harness.study import ACCURACY, FEWEST_PAIRS, Metric

INDENT = 2
STATE_STYLES = {SUPPORTED: "bold green", REFUTED: "bold red", UNDECIDED: "yellow"}


def questions_table(questions: Sequence[Question], evidence: Evidence, words: QuestionWords, *, title: str) -> Table:
    """Return all questions with what the evidence says of each."""
    names = ("number", "topic", "question", "state")
    columns = [
        Column(words.label(name), text=name == "question", justify="right" if name == "number" else "left") for name in names
    ]
    rows = []
    for position, question in enumerate(questions, start=1):
        rows.append((str(position), question.topic, question.question, evidence_text(question, evidence, words)))
    return Table(columns, rows, title=title)


def question_view(
    question: Question, heading: str, evidence: Evidence, words: QuestionWords, *, width: int
) -> Iterator[RenderableType]:
    """Yield a whole question: its choices, the documented answer, why, what was measured, and what that shows."""
    yield Text(heading, style="bold")
    yield Text(fold(question.question, width))
    yield from choices_view(question, words)
    yield from answer_view(question, words, width=width)
    yield from evidence_view(question, evidence, words)


def answer_view(question: Question, words: QuestionWords, *, width: int) -> Iterator[RenderableType]:
    """Yield the documented answer, and why it is so."""
    chosen = question.documented_choice
    documented = f"({letter(chosen)}) {question.documented}" if chosen else question.documented
    for label, paragraph in (("documented", documented), ("explanation", question.explanation)):
        if not paragraph:
            continue
        yield _heading(words.label(label))
        yield Padding(Text(fold(paragraph, width - INDENT)), (0, 0, 0, INDENT))


def evidence_view(question: Question, evidence: Evidence, words: QuestionWords) -> Iterator[RenderableType]:
    """Yield what was measured of a question's variants, and what that shows."""
    results = question.results(evidence)
    state = combined(results)
    yield ""
    yield measured_table(question, evidence, words)
    yield from _first_image(question, evidence, words)
    yield ""
    yield claims_table(question, results, evidence.metric, words)
    yield Text(words.label("note"), style="dim")
    heading = words.label("conclusion") + words.label("colon")
    said = words.answers[state] if has_run(question, evidence) else words.label("not-run-answer")
    yield Text.assemble((heading, "bold"), evidence_text(question, evidence, words), words.label("stop"), said)


def has_run(question: Question, evidence: Evidence) -> bool:
    """Say whether any variant that a question needs has a record."""
    return any(evidence.of(variant) for variant in question.variants)


def evidence_text(question: Question, evidence: Evidence, words: QuestionWords) -> Text:
    """Return what the evidence says of a question in a word, in its colour; of one that nothing was run for, that."""
    if not has_run(question, evidence):
        return Text(words.label("not-run"), style="dim")
    return state_text(question.state(evidence), words)


def letter(choice: int) -> str:
    """Return the letter of a choice, counted from 1."""
    return chr(ord("a") + choice - 1)


def choices_view(question: Question, words: QuestionWords) -> Iterator[RenderableType]:
    """Yield the choices; which one is documented stands in the answer below them, for who has made up their mind."""
    if question.choices:
        yield _heading(words.label("choices"))
    for position, choice in enumerate(question.choices, start=1):
        yield Text(f"  ({letter(position)}) {choice}")


def _heading(text: str) -> Text:
    return Text(f"\n{text}", style="bold")


def measured_table(question: Question, evidence: Evidence, words: QuestionWords) -> Table:
    """Return what was measured of each variant that the question needs: mean ± standard deviation over seeds."""
    columns = [Column(words.label("variant")), Column(words.label("runs"), text=True, justify="right")]
    measured = _measured(evidence, words)
    for heading, _, _, rank in measured:
        columns.append(Column(heading, justify="right", rank=rank))
        columns.append(Column(words.label("deviation"), rank=len(measured) if rank else 1, joined=""))
    rows = []
    for variant in question.variants:
        every, finished = evidence.of(variant), evidence.finished(variant)
        values = (part for _, measure, form, _ in measured for part in _spread(finished, measure, form))
        rows.append((variant, _runs(len(finished), len(every), words), *values))
    return Table(columns, rows, title=words.label("measured"), no_room=words.label("no-room", names="{}"))


def _measured(evidence: Evidence, words: QuestionWords) -> list[tuple[str, Callable[[Record], float], str, int]]:
    """Return what is shown of each variant: its heading, its value of a record, the form of that, and its rank."""
    own = words.label("test-accuracy") if evidence.metric.name == ACCURACY.name else evidence.metric.words
    headings = {"train_loss": words.label("train-loss"), "test_loss": words.label("test-loss")}
    headings.setdefault(evidence.metric.column, own)
    ranks = {evidence.metric.column: 0, "test_loss": 2, "train_loss": 3}
    return [
        (words.label("epochs"), lambda record: record.epochs, ".3g", 1),
        *(
            (heading, lambda record, name=name: record.metrics.get(name, math.nan), ".4f", ranks[name])
            for name, heading in headings.items()
        ),
        (words.label("epoch-seconds"), epoch_seconds, ".2f", 4),
    ]


def _metric(name: str, record: Record) -> float:
    return record.metrics.get(name, math.nan)


def _runs(finished: int, total: int, words: QuestionWords) -> str:
    return str(total) if finished == total else words.label("unfinished", finished=finished, total=total)


def _spread(records: Sequence[Record], measure: Callable[[Record], float], form: str) -> tuple[str, str]:
    """Return a mean over seeds, and its standard deviation where there is one."""
    values = [value for value in map(measure, records) if math.isfinite(value)]
    if not values:
        return "", ""
    spread = f" ± {statistics.stdev(values):{form}}" if len(values) > 1 and max(values) > min(values) else ""
    return f"{statistics.fmean(values):{form}}", spread


def _first_image(question: Question, evidence: Evidence, words: QuestionWords) -> Iterator[RenderableType]:
    """Yield the probability of each class where a question's claims are about them."""
    variants = [claim.variant for claim in question.claims if claim.kind in ON_FIRST_IMAGE]
    for variant in dict.fromkeys(variants):
        if images := evidence.first_test_images(variant).values():
            means = [statistics.fmean(column) for column in zip(*images, strict=False)]
            yield Text(f"\n{words.label('first-image')}")
            yield Text("  " + "   ".join(f"{label}: {mean:.4f}" for label, mean in enumerate(means)))


def claims_table(question: Question, results: Sequence[ClaimResult], metric: Metric, words: QuestionWords) -> Table:
    """Return each claim with the value it is held against and what that shows; what an error said stands below.

    metric: the study's, whose margin decides.
    """
    margin = words.label("points", margin=f"{100 * metric.margin:g}") if metric.fraction else f"{metric.margin:g}"
    numbers = [Column(words.label(name), justify="right") for name in ("value", "interval", "seeds")]
    ends = [Column(words.label("finding"), text=True), Column("", text=True, below=True)]
    rows = []
    for claim, result in zip(question.claims, results, strict=True):
        shown = (_value(result, words), _interval(result), str(result.n or ""))
        rows.append((claim.text, *shown, _conclusion(result, margin, words), result.detail))
    return Table([Column(words.label("claim"), text=True), *numbers, *ends], rows, title=words.label("claims"))


def _value(result: ClaimResult, words: QuestionWords) -> str:
    if result.count is not None:
        return words.label("share", count=result.count, n=result.n)
    return number(result.mean, "+.4f")


def _interval(result: ClaimResult) -> str:
    if not present(result.low):
        return ""
    form = "+.4f" if result.count is None else ".0%"
    return f"{result.low:{form}} … {result.high:{form}}"


def _conclusion(result: ClaimResult, margin: str, words: QuestionWords) -> Text:
    if result == MISSING:
        return Text(words.label("not-run"), style="dim")
    reason = words.reason(result.reason, n=result.n, fewest=FEWEST_PAIRS, margin=margin)
    needed = _needed(result.seeds_needed, words) if result.seeds_needed else ""
    parts = words.label("semicolon").join(filter(None, (reason, needed)))
    return Text.assemble(state_text(result.state, words), words.label("colon"), parts)


def _needed(likely: tuple[int | None, int | None], words: QuestionWords) -> str:
    """Say how many seeds would likely settle a comparison, from and to."""
    low, high = (words.label("more-seeds", most=MOST_SEEDS) if end is None else str(end) for end in likely)
    return words.reason("seeds-needed", low=low, high=high)


def state_text(state: str, words: QuestionWords) -> Text:
    """Return a state's word in its colour."""
    return Text(words.states[state], style=STATE_STYLES[state])
