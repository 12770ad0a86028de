"""Whether a variant's records and its control's differ in just what the variant declares.

A study's own declarations are checked before anything trains. Records outlive them: a base trained with other settings
than its variants, or on other data, would otherwise be paired with them in silence.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from harness.records import Record, changes_of
from harness.study import show_value

_ABSENT = "absent"
# Provenance that decides a result: a trial's id holds it as well.
MADE_WITH = {
    "source": "different source of the study's own functions",
    "tensorflow": "different versions of TensorFlow",
    "keras": "different versions of Keras",
    "engine_asked": "different engines asked for",
}


def confounding(variant: Sequence[Record], control: Sequence[Record]) -> str:
    """Return why a variant cannot be held against its control, in a few words; empty where it can.

    variant, control: all the records of each, at least one.
    """
    return _mixture(variant) or _mixture(control) or _undeclared(variant[0], control[0])


def differing_settings(one: Record, other: Record) -> dict[str, tuple[Any, Any]]:
    """Return the recorded settings in which two records differ, each with both values."""
    names = dict.fromkeys((*one.settings, *other.settings))
    pairs = {name: (one.settings.get(name, _ABSENT), other.settings.get(name, _ABSENT)) for name in names}
    return {name: values for name, values in pairs.items() if values[0] != values[1]}


def _mixture(group: Sequence[Record]) -> str:
    first = group[0]
    for record in group:
        if record.settings != first.settings:
            return f"seeds of {first.variant} were recorded with different settings: {_in_words(record, first)}"
        if data_of(record) != data_of(first):
            return f"seeds of {first.variant} were recorded on different data: {_names(first, record)}"
        if made := _made_differently(record, first):
            return f"seeds of {first.variant} were recorded with {made}"
    return ""


def _undeclared(variant: Record, control: Record) -> str:
    declared, differing = changes_of(variant).keys(), differing_settings(variant, control)
    if extra := differing.keys() - declared:
        return f"differs from {control.variant} also in {_in_words(variant, control, only=extra)}"
    if missing := declared - differing.keys():
        return f"was recorded with the same {' and '.join(sorted(missing))} as {control.variant}"
    if made := _made_differently(variant, control):
        return f"was recorded with {made}"
    if "dataset" not in declared and data_of(variant) != data_of(control):
        return f"was recorded on other data than {control.variant}: {_names(variant, control)}"
    return ""


def _made_differently(one: Record, other: Record) -> str:
    """Name what two records were made with that differs, other than their settings; empty where nothing does."""
    made_with = MADE_WITH
    if one.provenance.get("engine") == other.provenance.get("engine") == "scikit-learn":
        made_with = MADE_WITH | {"scikit-learn": "different versions of scikit-learn"}
    if one.vary != other.vary:
        return f"other sources of randomness varied ({one.vary or 'all'} against {other.vary or 'all'})"
    for name, words in made_with.items():
        values = [record.provenance.get(name) for record in (one, other)]
        if None not in values and values[0] != values[1]:
            return f"{words} ({' against '.join(map(str, values))})" if name != "source" else words
    return ""


def data_of(record: Record) -> tuple[str | None, str | None]:
    """Return the name and the hash of the data that a record was measured on."""
    return record.data.get("used"), record.data.get("sha256")


def _names(*records: Record) -> str:
    """Name the data of each record; data of one name are told apart by their hashes."""
    names = [record.data.get("used", "") for record in records]
    if len(set(names)) < len(names):
        names = [f"{name} {record.data.get('sha256', '')[:8]}" for name, record in zip(names, records, strict=True)]
    return " and ".join(names)


def _in_words(one: Record, other: Record, *, only: Iterable[str] | None = None) -> str:
    differing = differing_settings(one, other)
    names = sorted(differing if only is None else only)
    return ", ".join(f"{name} ({' against '.join(_value(value) for value in differing[name])})" for name in names)


def _value(value: Any) -> str:
    return show_value(tuple(value) if isinstance(value, list) else value)
