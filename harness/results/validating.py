"""Which variant the validation samples choose, and whether the test bears it out."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from harness.results.views import format_value


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


def _written(row: dict[str, Any], column: str) -> str:
    return format_value(column, row[column], metric=row["metric"])
