"""How the questions look on a terminal, in the language of the texts."""

import math
import statistics
from collections.abc import Callable, Iterator, Sequence

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from harness.analysis import MOST_SEEDS
from harness.cli.terminal.summary import number, present
from harness.cli.terminal.table import Column, Table
from harness.cli.terminal.wrapping import fold
from harness.course import (
    BASE,
    CLASSES,
    QUESTIONS,
    REFUTED,
    SUPPORTED,
    UNDECIDED,
    Evidence,
    Finding,
    Question,
    QuestionText,
    Texts,
    combined,
    epoch_seconds,
)
from harness.records import Record
from harness.study import ACCURACY_MARGIN, FEWEST_PAIRS

INDENT = 2
STATE_STYLES = {SUPPORTED: "bold green", REFUTED: "bold red", UNDECIDED: "yellow"}
# What is shown of each variant that a question needs: its label, its value of a record, and the form of that.
MEASURED: tuple[tuple[str, Callable[[Record], float], str], ...] = (
    ("epochs", lambda record: record.epochs, ".3g"),
    *(
        (name.replace("_", "-"), lambda record, name=name: record.metrics.get(name, math.nan), ".4f")
        for name in ("train_loss", "test_loss", "test_accuracy")
    ),
    ("epoch-seconds", epoch_seconds, ".2f"),
)
IMPORTANCE = ("test-accuracy", "epochs", "test-loss", "train-loss", "epoch-seconds")


def questions_table(evidence: Evidence, texts: Texts, *, title: str) -> Table:
    """Return all questions with what the evidence says of each."""
    names = ("number", "topic", "question", "state")
    columns = [
        Column(texts.label(name), text=name == "question", justify="right" if name == "number" else "left") for name in names
    ]
    rows = []
    for position, question in enumerate(QUESTIONS, start=1):
        text = texts.questions[question.name]
        rows.append((str(position), text.topic, text.question, state_text(question.state(evidence), texts)))
    return Table(columns, rows, title=title)


def question_view(question: Question, evidence: Evidence, texts: Texts, *, width: int) -> Iterator[RenderableType]:
    """Yield a whole question: its choices, the documented answer, why, what was measured, and what that shows."""
    text = texts.questions[question.name]
    findings = question.findings(evidence)
    state = combined(findings)
    yield Text(f"{QUESTIONS.index(question) + 1}. {text.topic}", style="bold")
    yield Text(fold(text.question, width))
    yield from _choices(text, texts)
    for label, paragraph in (("documented", text.documented), ("explanation", text.explanation)):
        yield _heading(texts.label(label))
        yield Padding(Text(fold(paragraph, width - INDENT)), (0, 0, 0, INDENT))
    yield ""
    yield measured_table(question, evidence, texts)
    yield from _first_image(question, evidence, texts)
    yield ""
    yield claims_table(question, findings, texts)
    yield Text(texts.label("note"), style="dim")
    heading = texts.label("conclusion") + texts.label("colon")
    yield Text.assemble((heading, "bold"), state_text(state, texts), texts.label("stop"), texts.answers[state])


def _choices(text: QuestionText, texts: Texts) -> Iterator[RenderableType]:
    if text.choices:
        yield _heading(texts.label("choices"))
    for position, choice in enumerate(text.choices, start=1):
        documented = f" ← {texts.label('documented-choice')}" if position == text.documented_choice else ""
        yield Text(f"  ({chr(ord('a') + position - 1)}) {choice}{documented}")


def _heading(words: str) -> Text:
    return Text(f"\n{words}", style="bold")


def measured_table(question: Question, evidence: Evidence, texts: Texts) -> Table:
    """Return what was measured of each variant that the question needs: mean ± standard deviation over seeds."""
    columns = [Column(texts.label("variant")), Column(texts.label("runs"), text=True, justify="right")]
    for name, _, _ in MEASURED:
        rank = IMPORTANCE.index(name)
        columns.append(Column(texts.label(name), justify="right", rank=rank))
        columns.append(Column(texts.label("deviation"), rank=len(IMPORTANCE) if rank else 1, joined=""))
    rows = []
    for variant in question.variants:
        every, finished = evidence.of(variant), evidence.finished(variant)
        values = (part for _, measure, form in MEASURED for part in _spread(finished, measure, form))
        rows.append((variant, _runs(len(finished), len(every), texts), *values))
    title, no_room = texts.label("measured"), texts.label("no-room", names="{}")
    return Table(columns, rows, title=title, no_room=no_room)


def _runs(finished: int, total: int, texts: Texts) -> str:
    return str(total) if finished == total else texts.label("unfinished", finished=finished, total=total)


def _spread(records: Sequence[Record], measure: Callable[[Record], float], form: str) -> tuple[str, str]:
    """Return a mean over seeds, and its standard deviation where there is one."""
    values = [value for value in map(measure, records) if math.isfinite(value)]
    if not values:
        return "", ""
    spread = f" ± {statistics.stdev(values):{form}}" if len(values) > 1 and max(values) > min(values) else ""
    return f"{statistics.fmean(values):{form}}", spread


def _first_image(question: Question, evidence: Evidence, texts: Texts) -> Iterator[RenderableType]:
    """Yield the ten probabilities where the question is about them."""
    images = [record.first_test_image for record in evidence.finished(BASE)]
    images = [image for image in images if len(image) == CLASSES]
    if question is not QUESTIONS[0] or not images:
        return
    means = [statistics.fmean(column) for column in zip(*images, strict=True)]
    yield Text(f"\n{texts.label('first-image')}")
    yield Text("  " + "   ".join(f"{label}: {mean:.4f}" for label, mean in enumerate(means)))


def claims_table(question: Question, findings: Sequence[Finding], texts: Texts) -> Table:
    """Return each claim with the value it is held against and what that shows; what an error said stands below."""
    words = texts.questions[question.name].claims
    numbers = [Column(texts.label(name), justify="right") for name in ("value", "interval", "seeds")]
    ends = [Column(texts.label("finding"), text=True), Column("", text=True, below=True)]
    rows = []
    for claim, finding in zip(question.claims, findings, strict=True):
        shown = (_value(finding, texts), _interval(finding), str(finding.n or ""))
        rows.append((words[claim.name], *shown, _conclusion(finding, texts), finding.detail))
    return Table([Column(texts.label("claim"), text=True), *numbers, *ends], rows, title=texts.label("claims"))


def _value(finding: Finding, texts: Texts) -> str:
    if finding.count is not None:
        return texts.label("share", count=finding.count, n=finding.n)
    return number(finding.mean, "+.4f")


def _interval(finding: Finding) -> str:
    if not present(finding.low):
        return ""
    form = "+.4f" if finding.count is None else ".0%"
    return f"{finding.low:{form}} … {finding.high:{form}}"


def _conclusion(finding: Finding, texts: Texts) -> Text:
    reason = texts.reason(finding.reason, n=finding.n, fewest=FEWEST_PAIRS, margin=f"{100 * ACCURACY_MARGIN:g}")
    needed = _needed(finding.seeds_needed, texts) if finding.seeds_needed else ""
    parts = texts.label("semicolon").join(filter(None, (reason, needed)))
    return Text.assemble(state_text(finding.state, texts), texts.label("colon"), parts)


def _needed(likely: tuple[int | None, int | None], texts: Texts) -> str:
    """Say how many seeds would likely settle a comparison, from and to."""
    low, high = (texts.label("more-seeds", most=MOST_SEEDS) if end is None else str(end) for end in likely)
    return texts.reason("seeds-needed", low=low, high=high)


def state_text(state: str, texts: Texts) -> Text:
    """Return a state's word in its colour."""
    return Text(texts.states[state], style=STATE_STYLES[state])
