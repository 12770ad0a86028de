"""What a variant's results are supposed to show: typed claims, each held against the variant's row of the summary."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.errors import UsageError
from harness.study.cells import number_of, text_of
from harness.study.metrics import ACCURACY, Metric

BETTER = "better"
WORSE = "worse"
EQUIVALENT = "equivalent"
IDENTICAL = "identical"

FEWEST_PAIRS = 5  # seeds, run for a variant and for its control, that a verdict takes
SIGNIFICANCE = 0.05  # of a whole family of comparisons

# How the detail begins where no number of seeds gives a verdict.
CONFOUNDED = "confounded: "
NO_VERDICT = "no verdict: "

VALUE = "value"  # the column of the study's metric

Row = Mapping[str, Any]  # column of summary.csv → value; NaN or None where there is none


@dataclass(frozen=True, slots=True)
class Threshold:
    """A mean over the seeds that is at least, or at most, a value."""

    column: str  # of summary.csv; `value` is that of the study's metric
    limit: float
    upper: bool = False  # at most, not at least

    def __post_init__(self) -> None:
        number = isinstance(self.limit, (int, float)) and not isinstance(self.limit, bool) and math.isfinite(self.limit)
        if not number or (self.column.endswith("accuracy") and not 0 <= self.limit <= 1):
            expected = "a fraction from 0 to 1" if self.column.endswith("accuracy") else "a finite number"
            raise UsageError(f"An expectation's limit of the {_words(self.column)} is {self.limit!r}; expected {expected}.")

    def __str__(self) -> str:
        short = f"{self.limit:g}"
        limit = short if float(short) == self.limit else repr(float(self.limit))
        return f"{_words(self.column)} {'at most' if self.upper else 'at least'} {limit}"

    def standing(self, row: Row, metric: Metric = ACCURACY) -> "Standing":
        """Hold the claim against a row of the summary; metric: the study's."""
        value = number_of(row.get(self.column))
        if value is None:
            return Standing(False, "no seed measured it")
        if value <= self.limit if self.upper else value >= self.limit:
            return SHOWN
        what = f"a {metric.words} of " if self.column == VALUE else ""
        return Standing(False, f"measured {what}{value:.6g}, the mean of {_seeds(row)}")


@dataclass(frozen=True, slots=True)
class VsControl:
    """How a variant compares with its control in the study's metric: better, worse or equivalent.

    The verdict decides, and nothing else does: where there is none, as below the number of seeds that one takes, the
    claim is not judged.
    """

    word: str

    def __str__(self) -> str:
        return f"{self.word} {'to' if self.word == EQUIVALENT else 'than'} its control"

    def standing(self, row: Row, metric: Metric = ACCURACY) -> "Standing":
        """Hold the claim against a row of the summary; metric: the study's, whose direction and margin its verdict has."""
        verdict, detail = (text_of(row.get(name)) for name in ("verdict", "verdict_detail"))
        if not verdict:
            pairs, seeds = (number_of(row.get(name)) for name in ("pairs", "seeds"))
            few = (seeds or 0 if pairs is None else pairs) < FEWEST_PAIRS
            wanting = not detail or (few and not never_judged(detail))
            return Standing(None, f"needs {FEWEST_PAIRS} seeds" if wanting else detail)
        if verdict == self.word or (verdict == IDENTICAL and self.word == EQUIVALENT):
            return SHOWN
        return Standing(False, f"the verdict is {verdict} ({_difference(row)})")


def never_judged(detail: str) -> bool:
    """Say whether a verdict's detail is the reason why there is none, however many seeds are run."""
    return detail.startswith((CONFOUNDED, NO_VERDICT))


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether the records show a claim, None where they cannot be held against it; why: if they do not."""

    shown: bool | None
    why: str = ""


SHOWN = Standing(True)

Claim = Threshold | VsControl


def claim_from_dict(values: Mapping[str, Any]) -> Claim:
    """Return the claim that a record describes; TypeError or ValueError for what no claim says of itself."""
    if "word" in values:
        if values["word"] not in (BETTER, WORSE, EQUIVALENT):
            raise ValueError(f"word is {str(values['word'])[:40]!r}")
        return VsControl(**values)
    bound = Threshold(**values)
    if not isinstance(bound.column, str) or not isinstance(bound.upper, bool):
        raise TypeError(f"column is {str(bound.column)[:40]!r}")
    return bound


def _difference(row: Row) -> str:
    difference = number_of(row.get("delta"))
    if difference is None:
        return "there is no difference to judge"
    low, high = (number_of(row.get(name)) for name in ("ci_low", "ci_high"))
    interval = "" if low is None or high is None else f" [{low:+.4g}, {high:+.4g}]"
    return f"difference {difference:+.4g}{interval}, {_seeds(row)}"


def _seeds(row: Row) -> str:
    count = int(number_of(row.get("seeds")) or 0)
    return f"{count} {'seed' if count == 1 else 'seeds'}"


def _words(column: str) -> str:
    return column.replace("_", " ")
