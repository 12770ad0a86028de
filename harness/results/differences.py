"""What differs between two records: settings, architecture, data, environment, cost, results."""

import math
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from harness.analysis import epoch_numbers
from harness.records import Record
from harness.study import show_value

if TYPE_CHECKING:
    import pandas as pd

DIFFERENCE_COLUMNS = ("part", "name", "A", "B", "difference")
_PARTS = ("settings", "data", "provenance", "cost", "metrics")
MOMENTS = ("started", "ended")  # in seconds since 1970
_IDENTITY = ("study", "variant", "seed", "trial_id", "attempt", "control", "change", "expectation", "status", "error")


def difference_table(one: Record, other: Record, *, rounded: bool = False) -> "pd.DataFrame":
    """Return one row for each value that differs: part, name, A, B, and B - A where both are numbers.

    rounded: whether A and B are written for reading, with six digits at most, or in full. The histories are one row each:
    the first epoch whose values are not the same bit for bit.
    """
    import pandas as pd

    rows = [(*row, _difference(row[2], row[3])) for row in _differing(one, other)]
    write = _rounded if rounded else lambda _, value: _text(value)
    shown = [(part, name, write(name, mine), write(name, its), change) for part, name, mine, its, change in rows]
    return pd.DataFrame(shown, columns=list(DIFFERENCE_COLUMNS))


def _differing(one: Record, other: Record) -> Iterator[tuple[str, str, Any, Any]]:
    yield from _pairs(
        "trial", {name: getattr(one, name) for name in _IDENTITY}, {name: getattr(other, name) for name in _IDENTITY}
    )
    for part in _PARTS:
        yield from _pairs(part, getattr(one, part), getattr(other, part))
    yield from _pairs("architecture", _layers(one), _layers(other))
    for name in dict.fromkeys((*one.history, *other.history)):
        mine, its = one.history.get(name, ()), other.history.get(name, ())
        epochs = (epoch for epoch, (a, b) in enumerate(zip(mine, its, strict=False)) if not _same(a, b))
        epoch = next(epochs, min(len(mine), len(its)))
        if epoch < max(len(mine), len(its)):
            number = max((epoch_numbers(record) for record in (one, other)), key=len)[epoch]
            yield "history", f"{name} from epoch {number}", _at(mine, epoch), _at(its, epoch)


def _pairs(part: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[tuple[str, str, Any, Any]]:
    for name in dict.fromkeys((*one, *other)):
        mine, its = one.get(name, ""), other.get(name, "")
        if not _same(mine, its):
            yield part, str(name), mine, its


def _same(one: Any, other: Any) -> bool:
    both_nan = isinstance(one, float) and isinstance(other, float) and math.isnan(one) and math.isnan(other)
    return both_nan or (one == other and isinstance(one, bool) == isinstance(other, bool))


def _layers(record: Record) -> dict[str, str]:
    """Return each layer in words, by its place in the model."""
    return {
        f"layer {place}": ", ".join(f"{name} {_text(value)}" for name, value in layer.items() if name != "name")
        for place, layer in enumerate(record.architecture, start=1)
    }


def _at(values: Any, epoch: int) -> Any:
    return values[epoch] if epoch < len(values) else ""


def _text(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return show_value(tuple(value))
    return "" if isinstance(value, float) and math.isnan(value) else show_value(value)


def _rounded(name: str, value: Any) -> str:
    """Write a value for reading: a moment as date and time, a number with six digits at most."""
    if not isinstance(value, float) or math.isnan(value):
        return _text(value)
    return moment_text(value) if name in MOMENTS else f"{value:.6g}"


def moment_text(seconds: float) -> str:
    """Write a moment, in seconds since 1970, as date and time."""
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(min(max(seconds, 0), 2**40)))


def _difference(one: Any, other: Any) -> float:
    numbers = all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in (one, other))
    return float(other - one) if numbers else math.nan
