"""What a variant's results are supposed to show: typed claims, each held against the variant's row of the summary."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.errors import UsageError
from harness.metrics import ACCURACY, Metric

BETTER = "better"
WORSE = "worse"
EQUIVALENT = "equivalent"
IDENTICAL = "identical"

VALUE = "value"  # the column of the study's metric

Row = Mapping[str, Any]  # column of summary.csv → value; NaN or None where there is none


@dataclass(frozen=True, slots=True)
class Bound:
    """A mean over the seeds that is at least, or at most, a value."""

    column: str  # of summary.csv; `value` is that of the study's metric
    limit: float
    upper: bool = False  # at most, not at least

    def __post_init__(self) -> None:
        number = isinstance(self.limit, (int, float)) and not isinstance(self.limit, bool) and math.isfinite(self.limit)
        if not number or (self.column.endswith("accuracy") and not 0 <= self.limit <= 1):
            expected = "a fraction from 0 to 1" if self.column.endswith("accuracy") else "a finite number"
            raise UsageError(
                f"An expectation's limit of the {_words(self.column)} is {self.limit!r}; expected {expected}."
            )

    def __str__(self) -> str:
        short = f"{self.limit:g}"
        limit = short if float(short) == self.limit else repr(float(self.limit))
        return f"{_words(self.column)} {'at most' if self.upper else 'at least'} {limit}"

    def fault(self, row: Row, metric: Metric = ACCURACY) -> str:
        """Return what was measured instead, empty where the claim holds; metric: the study's."""
        value = _number(row.get(self.column))
        if value is None:
            return "no seed measured it"
        if value <= self.limit if self.upper else value >= self.limit:
            return ""
        what = f"a {metric.words} of " if self.column == VALUE else ""
        return f"measured {what}{value:.6g}, the mean of {_seeds(row)}"


@dataclass(frozen=True, slots=True)
class Against:
    """How a variant compares with its control in the study's metric: better, worse or equivalent.

    The verdict decides. Below the number of seeds that a verdict takes, the 95% interval must lie wholly on the claimed
    side of zero: a claim that the records do not show is a broken one.
    """

    word: str

    def __str__(self) -> str:
        return f"{self.word} {'to' if self.word == EQUIVALENT else 'than'} its control"

    def fault(self, row: Row, metric: Metric = ACCURACY) -> str:
        """Return what was measured instead, empty where the claim holds.

        metric: the study's; its direction says what is better, its margin what is equivalent.
        """
        verdict = row.get("verdict")
        if isinstance(verdict, str) and verdict:
            held = verdict == self.word or (verdict == IDENTICAL and self.word == EQUIVALENT)
            return "" if held else f"the verdict is {verdict} ({_difference(row)})"
        low, high = _interval(row)
        if low is None or high is None:
            return f"not shown ({_difference(row)}); run more seeds"
        above, below = low > 0, high < 0
        shown = {
            BETTER: above if metric.higher_is_better else below,
            WORSE: below if metric.higher_is_better else above,
            EQUIVALENT: -metric.margin < low and high < metric.margin,
        }
        return "" if shown[self.word] else f"not shown ({_difference(row)}); run more seeds"


Claim = Bound | Against

_BOUND = re.compile(r"(?P<what>[a-z_ ]+) at (?P<side>least|most) (?P<limit>\S+)")
_AGAINST = re.compile(r"(?P<word>better|worse|equivalent) (?:than|to) its control")


def claims_in(expectation: str) -> tuple[Claim, ...]:
    """Return the claims of an expectation as its words have them, which is how a record keeps it.

    >>> [str(claim) for claim in claims_in("finishes, test accuracy at least 0.9, worse than its control")]
    ['test accuracy at least 0.9', 'worse than its control']
    """
    claims: list[Claim] = []
    for part in expectation.split(", ") if expectation.startswith("finishes") else ():
        if bound := _BOUND.fullmatch(part):
            claims.append(Bound(bound["what"].replace(" ", "_"), float(bound["limit"]), upper=bound["side"] == "most"))
        elif against := _AGAINST.fullmatch(part):
            claims.append(Against(against["word"]))
    return tuple(claims)


def _interval(row: Row) -> tuple[float | None, float | None]:
    """Return the interval of the difference over the seeds, else the one over the test samples of a single seed."""
    for names in (("ci_low", "ci_high"), ("sample_low", "sample_high")):
        low, high = (_number(row.get(name)) for name in names)
        if low is not None and high is not None:
            return low, high
    return None, None


def _difference(row: Row) -> str:
    difference = _number(row.get("delta"))
    if difference is None:
        return "there is no difference to judge"
    low, high = _interval(row)
    interval = "" if low is None or high is None else f" [{low:+.4g}, {high:+.4g}]"
    return f"difference {difference:+.4g}{interval}, {_seeds(row)}"


def _seeds(row: Row) -> str:
    count = int(_number(row.get("seeds")) or 0)
    return f"{count} {'seed' if count == 1 else 'seeds'}"


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _words(column: str) -> str:
    return column.replace("_", " ")
