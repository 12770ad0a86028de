"""How the questions look on a terminal, in the language of the words."""

import math
import re
import statistics
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from rich.cells import cell_len
from rich.console import RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from harness.analysis import MOST_SEEDS
from harness.cli.questions_words import QuestionWords
from harness.cli.terminal.summary import number, present
from harness.course import (
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
NUMBER_WIDTH = 6  # on a narrow terminal 0.9770 ± 0.0020 breaks at its space, never within a number
# What may not be parted by the end of a line: a Chinese character with the marks around it, or a word with its space.
_PIECE = re.compile(r"[“（]?[\u4e00-\u9fff][，。；：、！？”）]*\s*|[^\s\u4e00-\u9fff]+\s*")
STATE_STYLES = {SUPPORTED: "bold green", REFUTED: "bold red", UNDECIDED: "yellow"}


def questions_table(questions: Sequence[Question], evidence: Evidence, words: QuestionWords, *, title: str) -> Table:
    """Draw all questions with what the evidence says of each."""
    table = Table(title=title, title_justify="left")
    table.add_column(words.label("number"), justify="right")
    table.add_column(words.label("topic"), no_wrap=True)
    table.add_column(words.label("question"), overflow="fold")
    table.add_column(words.label("state"), no_wrap=True)
    for position, question in enumerate(questions, start=1):
        state = state_text(question.state(evidence), words)
        table.add_row(str(position), escape(question.topic), escape(question.question), state)
    return table


def question_view(
    question: Question, heading: str, evidence: Evidence, words: QuestionWords, *, width: int
) -> Iterator[RenderableType]:
    """Yield a whole question: its choices, the documented answer, why, what was measured, and what that shows."""
    results = question.results(evidence)
    state = combined(results)
    yield Text(heading, style="bold")
    yield Text(wrapped(question.question, width))
    yield from _choices(question, words)
    for label, paragraph in (("documented", question.documented), ("explanation", question.explanation)):
        if not paragraph:
            continue
        yield _heading(words.label(label))
        yield Padding(Text(wrapped(paragraph, width - INDENT)), (0, 0, 0, INDENT))
    yield ""
    yield measured_table(question, evidence, words)
    yield from _first_image(question, evidence, words)
    yield ""
    yield claims_table(question, results, evidence.metric, words)
    yield Text(words.label("note"), style="dim")
    heading = words.label("conclusion") + words.label("colon")
    yield Text.assemble((heading, "bold"), state_text(state, words), words.label("stop"), words.answers[state])


def wrapped(paragraph: str, width: int) -> str:
    """Break a paragraph into lines of at most so many cells; Chinese has no spaces to break at, but breaks anywhere."""
    lines = [""]
    for piece in _PIECE.findall(paragraph):
        if lines[-1] and cell_len(lines[-1] + piece.rstrip()) > width:
            lines.append("")
        lines[-1] += piece
    return "\n".join(line.rstrip() for line in lines)


def _choices(question: Question, words: QuestionWords) -> Iterator[RenderableType]:
    if question.choices:
        yield _heading(words.label("choices"))
    for position, choice in enumerate(question.choices, start=1):
        documented = f" ← {words.label('documented-choice')}" if position == question.documented_choice else ""
        yield Text(f"  ({chr(ord('a') + position - 1)}) {choice}{documented}")


def _heading(text: str) -> Text:
    return Text(f"\n{text}", style="bold")


def measured_table(question: Question, evidence: Evidence, words: QuestionWords) -> Table:
    """Draw what was measured of each variant that the question needs: mean ± standard deviation over seeds."""
    table = Table(title=words.label("measured"), title_justify="left")
    own = words.label("test-accuracy") if evidence.metric.name == ACCURACY.name else evidence.metric.words
    headings = {"train_loss": words.label("train-loss"), "test_loss": words.label("test-loss")}
    headings.setdefault(evidence.metric.column, own)
    table.add_column(words.label("variant"), no_wrap=True)
    for heading in (words.label("runs"), words.label("epochs"), *headings.values(), words.label("epoch-seconds")):
        table.add_column(heading, justify="right", overflow="fold", min_width=NUMBER_WIDTH)
    for variant in question.variants:
        every, finished = evidence.of(variant), evidence.finished(variant)
        table.add_row(
            variant,
            _runs(len(finished), len(every), words),
            _spread(finished, lambda record: record.epochs, ".3g"),
            *(_spread(finished, partial(_metric, name), ".4f") for name in headings),
            _spread(finished, epoch_seconds, ".2f"),
        )
    return table


def _metric(name: str, record: Record) -> float:
    return record.metrics.get(name, math.nan)


def _runs(finished: int, total: int, words: QuestionWords) -> str:
    return str(total) if finished == total else words.label("unfinished", finished=finished, total=total)


def _spread(records: Sequence[Record], measure: Callable[[Record], float], form: str) -> str:
    values = [value for value in map(measure, records) if math.isfinite(value)]
    if not values:
        return ""
    spread = f" ± {statistics.stdev(values):{form}}" if len(values) > 1 and max(values) > min(values) else ""
    return f"{statistics.fmean(values):{form}}{spread}"


def _first_image(question: Question, evidence: Evidence, words: QuestionWords) -> Iterator[RenderableType]:
    """Yield the probability of each class where a question's claims are about them."""
    variants = [claim.variant for claim in question.claims if claim.kind in ON_FIRST_IMAGE]
    for variant in dict.fromkeys(variants):
        if images := evidence.first_test_images(variant).values():
            means = [statistics.fmean(column) for column in zip(*images, strict=False)]
            yield Text(f"\n{words.label('first-image')}")
            yield Text("  " + "   ".join(f"{label}: {mean:.4f}" for label, mean in enumerate(means)))


def claims_table(question: Question, results: Sequence[ClaimResult], metric: Metric, words: QuestionWords) -> Table:
    """Draw each claim with the value it is held against and what that shows; metric: the study's, whose margin decides."""
    table = Table(title=words.label("claims"), title_justify="left")
    table.add_column(words.label("claim"), overflow="fold", ratio=3)
    for name in ("value", "interval", "seeds"):
        table.add_column(words.label(name), justify="right")
    table.add_column(words.label("finding"), overflow="fold", ratio=3)
    margin = words.label("points", margin=f"{100 * metric.margin:g}") if metric.fraction else f"{metric.margin:g}"
    for claim, result in zip(question.claims, results, strict=True):
        shown = (_value(result, words), _interval(result), str(result.n or ""))
        table.add_row(escape(claim.text), *shown, _conclusion(result, margin, words))
    return table


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
    reason = words.reason(result.reason, n=result.n, fewest=FEWEST_PAIRS, margin=margin)
    needed = _needed(result.seeds_needed, words) if result.seeds_needed else ""
    parts = words.label("semicolon").join(filter(None, (reason, needed, result.detail)))
    return Text.assemble(state_text(result.state, words), words.label("colon"), parts)


def _needed(likely: tuple[int | None, int | None], words: QuestionWords) -> str:
    """Say how many seeds would likely settle a comparison, from and to."""
    low, high = (words.label("more-seeds", most=MOST_SEEDS) if end is None else str(end) for end in likely)
    return words.reason("seeds-needed", low=low, high=high)


def state_text(state: str, words: QuestionWords) -> Text:
    """Return a state's word in its colour."""
    return Text(words.states[state], style=STATE_STYLES[state])
