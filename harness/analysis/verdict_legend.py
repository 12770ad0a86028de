"""What each verdict means, in a line for who meets it for the first time."""

from collections.abc import Iterable, Sequence

from harness.analysis.unit import margin_of, unit_of
from harness.analysis.verdicts import INCONCLUSIVE
from harness.study import BETTER, EQUIVALENT, IDENTICAL, LOWER, SIGNIFICANCE, WORSE, Row, number_of, text_of


def legend(rows: Iterable[Row]) -> dict[str, str]:
    """Return the verdicts that occur in the rows of a summary, each with what it means."""
    rows = list(rows)
    margin, unit = margin_of(rows), unit_of(rows)
    least = f"by {unit.chosen_amount(margin)} or more" if margin else "by enough to matter"
    apart = f"less than {unit.chosen_amount(margin)} apart" if margin else "too little apart to matter"
    ways = ("lower", "higher") if any(row.get("direction") == LOWER for row in rows) else ("higher", "lower")
    meaning = {
        word: f"{way} {least}, and not by chance (corrected p < {SIGNIFICANCE:g})."
        for word, way in zip((BETTER, WORSE), ways, strict=True)
    }
    meaning |= {
        EQUIVALENT: f"{apart}.{_unseen(rows)}",
        IDENTICAL: "the same number on every seed.",
        INCONCLUSIVE: "these seeds cannot tell, which is not the same as no difference.",
    }
    found = {text_of(row.get("verdict")) for row in rows}
    return {word: text for word, text in meaning.items() if word in found}


def _unseen(rows: Sequence[Row]) -> str:
    """Say what equal means do not show: a collapse too rare for so few seeds."""
    bounds = [
        bound
        for row in rows
        if text_of(row.get("verdict")) == EQUIVALENT and (bound := number_of(row.get("failure_rate_bound"))) is not None
    ]
    return f" So few seeds leave open that up to {max(bounds):.0%} of all would fail." if bounds else ""
