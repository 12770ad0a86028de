"""A table as CSV: numbers in full, every cell on one line, no text that a spreadsheet would run."""

import csv
import io
import math
from typing import TYPE_CHECKING, Any

from harness.errors import clean
from harness.study import is_missing

if TYPE_CHECKING:
    import pandas as pd

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def to_csv(frame: "pd.DataFrame") -> str:
    """Return a table as CSV, its numbers in full, no text of which a spreadsheet would run as a formula."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(neutral(name) for name in frame.columns)
    writer.writerows(zip(*([_csv_cell(value) for value in frame[name].tolist()] for name in frame.columns), strict=True))
    return file.getvalue()


def _csv_cell(value: Any) -> Any:
    value = plain(value)
    return "" if value is None else on_one_line(neutral(value)) if isinstance(value, str) else value


def neutral(text: str) -> str:
    """Return a text with an apostrophe before it where a spreadsheet would take it for a formula.

    Source: OWASP, "CSV Injection".
    """
    return f"'{text}" if text.startswith(_FORMULA) else text


def plain(value: Any) -> Any:
    """Return a cell's value, None where it is empty or no finite number."""
    if isinstance(value, str | bool):
        return value
    if is_missing(value) or value in (math.inf, -math.inf):
        return None
    return value.item() if hasattr(value, "item") else value  # of NumPy's scalars, which JSON does not take


def on_one_line(text: str) -> str:
    """Return a text without line breaks and without what could steer a terminal."""
    return clean(text)
