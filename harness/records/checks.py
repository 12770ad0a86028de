"""What a record's values must be for all that relies on them: kinds, ranges, and names that are parts of paths."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from harness.study import check_name, levels_of_sources

_KINDS: Mapping[str, type] = (
    dict.fromkeys(("study", "variant", "trial_id", "control", "change", "expectation", "status"), str)
    | dict.fromkeys(("error", "error_type", "traceback"), str)
    | dict.fromkeys(("first_test_image", "architecture"), list)
    | dict.fromkeys(("seed", "attempt", "position"), int)
    | dict.fromkeys(("settings", "history", "metrics", "cost", "data", "provenance"), dict)
    | {"as_expected": bool}
)
_LEAST = {"seed": 0, "attempt": 1, "position": 0}
_LARGEST = 999_999_999  # of these: they are parts of paths, and are counted on
_LAST_SECOND = 2.0**40  # since 1970; some ten thousand years
_PROVENANCE: Mapping[str, type] = dict.fromkeys(("engine", "engine_asked", "study_file"), str) | dict.fromkeys(
    ("base_changes", "executor_asked", "pictures"), dict
)


def require_record(values: Mapping[str, Any]) -> None:
    """Raise TypeError, AttributeError or ValueError where a file's values cannot be those of a record."""
    for name, kind in _KINDS.items():
        if not isinstance(values.get(name), kind):
            raise TypeError(f"{name} is {str(values.get(name, 'absent'))[:40]!r}")
    for name, least in _LEAST.items():
        if isinstance(values[name], bool) or not least <= values[name] <= _LARGEST:
            raise ValueError(f"{name} is no whole number from {least} to {_LARGEST:,}")
    _check_provenance(values["provenance"])
    if not all(isinstance(text, str) for text in values["data"].values()):
        raise TypeError("data holds more than texts")
    if not all(isinstance(layer, dict) for layer in values["architecture"]):
        raise TypeError("architecture holds more than layers")
    for name in ("study", "variant"):  # both are parts of paths
        check_name(name, values[name])


def _check_provenance(values: Mapping[str, Any]) -> None:
    """Raise TypeError or ValueError where what others rely on in a record's provenance is not what a run leaves there."""
    for name, kind in _PROVENANCE.items():
        if name in values and not isinstance(values[name], kind):
            raise TypeError(f"{name} of its provenance is no {kind.__name__}")
    if "vary" in values:
        levels_of_sources(str(values["vary"]))
    for name in ("started", "ended"):
        if name in values and not 0 <= _number(values[name]) <= _LAST_SECOND:  # NaN is not, either
            raise ValueError(f"{name} of its provenance is no time")


def numbers(values: Iterable[Any]) -> list[float]:
    """Return numbers as floats, NaN for those that are not known; TypeError for what is none."""
    # Nearly all are finite floats: a call for each would be a third of the time that reading takes.
    return [value if type(value) is float and value - value == 0.0 else _number(value) for value in values]


def _number(value: Any) -> float:
    if not isinstance(value, (int, float, type(None))) or (isinstance(value, int) and abs(value) > 2**53):
        raise TypeError(f"{str(value)[:40]!r} stands where a number is expected")
    return math.nan if value is None or not math.isfinite(value) else value
