"""A cell of a table, whatever pandas or a file has put there: whether it is empty, its text, its number; numbers of things."""

import math
from typing import Any


def is_missing(value: Any) -> bool:
    """Say whether a cell holds no value: None, NaN, or pandas' NA or NaT. An empty text is a text."""
    if value is None or isinstance(value, str):
        return value is None
    try:
        return not bool(value == value)
    except TypeError:  # pandas' NA is neither equal to itself nor not
        return True
    except ValueError:  # an array
        return False


def text_of(value: Any) -> str:
    """Return a cell's text, empty where it holds none."""
    return value if isinstance(value, str) else ""


def number_of(value: Any) -> float | None:
    """Return a cell's number, or that which a text is; None where there is none, or none that is finite."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def counted(count: int, word: str) -> str:
    """Write a number of things: 1 trial, 85 trials, 8 studies."""
    several = f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"
    return f"{count} {word if count == 1 else several}"
