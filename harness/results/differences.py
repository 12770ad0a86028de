"""What differs between two records: settings, architecture, data, environment, cost, results."""

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from harness.analysis import epoch_numbers
from harness.records import Record
from harness.study import show_value

if TYPE_CHECKING:
    import pandas as pd

DIFFERENCE_COLUMNS = ("part", "name", "A", "B", "difference")
_PARTS = ("settings", "data", "provenance", "cost", "metrics")
_IDENTITY = ("study", "variant", "seed", "trial_id", "attempt", "control", "change", "expectation", "status", "error")


def difference_table(one: Record, other: Record) -> "pd.DataFrame":
    """Return one row for each value that differs: part, name, A, B, and B - A where both are numbers.

    The histories are one row each: the first epoch whose values are not the same bit for bit.
    """
    import pandas as pd

    rows = [(*row, _difference(row[2], row[3])) for row in _differing(one, other)]
    shown = [(part, name, _text(mine), _text(its), change) for part, name, mine, its, change in rows]
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


def _difference(one: Any, other: Any) -> float:
    numbers = all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in (one, other))
    return float(other - one) if numbers else math.nan
