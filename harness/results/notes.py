"""What a summary says in sentences: what validation chooses, and how changes act together."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from harness.evidence.interactions import ADDITIVE
from harness.evidence.verdicts import INCONCLUSIVE
from harness.results.views import format_value

MOST_NOTES = 8


def chosen_by_validation(rows: Sequence[dict[str, Any]]) -> str:
    """Say in a sentence which row of a summary validation chooses and what the test says of it.

    Empty where fewer than two rows have validation samples: then nothing is chosen. The test takes no part in the
    choice, so that its figure for the chosen one is not too good for having been looked for.
    """
    metric = rows[0]["metric"] if rows else ""
    column = metric.replace("test_", "validation_", 1)
    measured = [row for row in rows if pd.notna(row.get(column)) and pd.notna(row["value"])]
    if len(measured) < 2:
        return ""
    best = max if measured[0]["direction"] == "higher" else min
    chosen, best_in_test = best(measured, key=lambda row: row[column]), best(measured, key=lambda row: row["value"])
    words = metric.replace("_", " ")
    if chosen["variant"] == best_in_test["variant"]:
        told = "the best of the test too"
    else:
        told = f"the best of the test is {best_in_test['variant']} with {_written(best_in_test, 'value')}"
    spread = _written(chosen, "value_std")
    value = f"{_written(chosen, 'value')} ± {spread}" if spread else _written(chosen, "value")
    return (
        f"Validation chooses {chosen['variant']} ({column.replace('_', ' ')} {_written(chosen, column)}); "
        f"its {words} is {value}, {told}."
    )


def interaction_notes(rows: Sequence[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return variants of a summary, each with a sentence on whether its change does there what it does elsewhere.

    Beyond MOST_NOTES the ones that are no more than noise are left to the table's columns.
    """
    found = [row for row in rows if isinstance(row.get("interaction_with"), str) and row["interaction_with"]]
    clear = [row for row in found if row["interaction_verdict"] not in ("", ADDITIVE, INCONCLUSIVE)]
    shown = found if len(found) <= MOST_NOTES else clear[:MOST_NOTES]
    notes = [(row["variant"], _interaction(row)) for row in shown]
    if len(shown) < len(found):
        notes.append((f"{len(found) - len(shown)} more interactions", "in the interaction columns of the table"))
    return notes


def _interaction(row: dict[str, Any]) -> str:
    low, high = _written(row, "interaction_low"), _written(row, "interaction_high")
    interval = f" [{low}, {high}]" if low else ""
    word = f": {row['interaction_verdict']}" if row["interaction_verdict"] else ""
    return f"interaction with {row['interaction_with']} {_written(row, 'interaction')}{interval}{word}"


def _written(row: dict[str, Any], column: str) -> str:
    return format_value(column, row[column], metric=row["metric"])
