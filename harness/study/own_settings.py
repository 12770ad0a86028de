"""Settings of a study that trains itself: none but its own, each with its name, its type and its value."""

import keyword
from collections.abc import Mapping
from dataclasses import is_dataclass, make_dataclass
from typing import Any

from harness.errors import UsageError
from harness.study.setting_values import check
from harness.study.settings import Settings, annotations

PLACES = ("seed", "folder", "threads", "gpu", "study")  # what a command is given beside its settings
OPTIONS = ("control", "expect", "together", "family", "name")  # what a variant says beside its changes
ITEMS = (bool, int, float, str)


def settings_of(base: Any, *, who: str) -> Any:
    """Return the base of a study that trains itself: Settings, any frozen dataclass, or one made of a mapping.

    UsageError for what is none of these, and for a name or a value that no setting can have.
    """
    if isinstance(base, Settings):
        return base
    if isinstance(base, Mapping):
        return made_settings(base, who=who)
    kind: Any = type(base)
    if isinstance(base, type) or not is_dataclass(base) or not kind.__dataclass_params__.frozen:
        expected = "Settings, a frozen dataclass, or a mapping such as {'learning_rate': 0.1}"
        raise UsageError(f"{who}: base is {str(base)[:80]!r}; expected {expected}.")
    for name, annotation in annotations(kind).items():
        _require_name(name, who=who)
        check(name, getattr(base, name), annotation)
    return base


_MADE = "MadeSettings"


def is_made(settings: Any) -> bool:
    """Say whether settings were made of a mapping, so that there is no source of their class."""
    return type(settings).__name__ == _MADE


def made_settings(values: Mapping[str, Any], *, who: str) -> Any:
    """Return a frozen dataclass with these values, each setting of its value's type."""
    for name in values:
        _require_name(name, who=who)
    plain = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    declared = [(name, _kind(name, value, who=who)) for name, value in plain.items()]
    return make_dataclass(_MADE, declared, frozen=True)(**plain)


def _require_name(name: object, *, who: str) -> None:
    if not isinstance(name, str) or not name.isidentifier() or keyword.iskeyword(name) or name.startswith("_"):
        raise UsageError(
            f"{who}: setting {name!r} is no name; expected letters, digits and underscores, as in 'learning_rate'."
        )
    if name in (*PLACES, *OPTIONS):
        raise UsageError(f"{who}: setting {name!r} has a name of the harness's own; expected another, as in 'my_{name}'.")


def _kind(name: str, value: Any, *, who: str) -> Any:
    if type(value) in ITEMS:
        return type(value)
    if isinstance(value, tuple):
        kinds = {type(part) for part in value} or {str}
        if kinds <= {int, float}:
            return tuple[float, ...] if float in kinds else tuple[int, ...]
        if kinds == {str}:
            return tuple[str, ...]
    expected = "expected true or false, a number, a text, or a list of numbers or of texts"
    raise UsageError(f"{who}: setting {name} is {value!r}; {expected}.")
