"""What a value in a TOML study stands for: a setting's, an expectation, a metric."""

import inspect
import typing
from collections.abc import Collection, Mapping
from dataclasses import fields
from typing import Any

from harness.errors import UsageError, unknown
from harness.study.expectations import (
    FINISHES,
    Expectation,
    better_than_control,
    diverges,
    equivalent_to_control,
    finishes,
    raises,
    worse_than_control,
)
from harness.study.figure_names import checked_pictures
from harness.study.metrics import Metric
from harness.study.resources import Resources
from harness.study.setting_values import LAYER_TEXTS, check
from harness.study.settings import Settings, changed
from harness.study.toml_file import TomlFile

AGAINST = {"better": better_than_control, "worse": worse_than_control, "equivalent": equivalent_to_control}
LIMITS = tuple(inspect.signature(finishes).parameters)
METRIC_KEYS = {"name": str, "margin": float, "higher_is_better": bool, "fraction": bool}
METRIC_NEEDS = ("name", "margin", "higher_is_better")
ITEMS = {int: "whole numbers", float: "numbers", str: "texts"}
EXAMPLES = {int: "64", float: "0.5", str: '"hidden-1"'}


def require_known(kind: str, name: str, known: Collection[str]) -> None:
    """Raise UsageError, with the nearest right name, for a name that is not known."""
    if name not in known:
        raise unknown(kind, name, known)


def resources(value: Any) -> Resources:
    """Return what trials take of a node, as in `resources = {cpus = 4, gpus = 0.5}`; UsageError for what is none."""
    names = tuple(each.name for each in fields(Resources))
    if not isinstance(value, Mapping) or not value:
        raise UsageError(f"resources is {value!r}; expected resources = {{cpus = 4, gpus = 0.5}}, or one of both.")
    for name in value:
        require_known("Key", name, names)
    return Resources(**value)


def setting_value(name: str, value: Any, annotation: Any, *, listed: bool = False) -> Any:
    """Return a value of the file as a setting's, checked; TOML knows no None, so the word `none` stands for it.

    listed: it stands in a family's list of values, so that a list would stand in another.
    """
    kinds = getattr(annotation, "__args__", ()) if typing.get_origin(annotation) is not tuple else ()
    if type(None) in kinds and value == "none":
        return None
    lists = [kind for kind in (annotation, *kinds) if typing.get_origin(kind) is tuple]
    taken = isinstance(value, list) or (isinstance(value, Mapping) and name in LAYER_TEXTS)
    if lists and isinstance(value, list):
        _require_items(name, value, typing.get_args(lists[0])[0])
    if not lists or len(lists) < len([kind for kind in kinds if kind is not type(None)]) or taken:
        return check(name, value, annotation)
    element = typing.get_args(lists[0])[0]
    if element is str and isinstance(value, str):
        return check(name, value, annotation)
    of = ITEMS.get(element, "values")
    example = f"[{value if _fits(value, element) else EXAMPLES.get(element, '...')}]"
    shown = f"[{example}, ...]" if listed else example
    raise UsageError(f"{name} must be a list of {of}; received {value!r}; expected {name} = {shown}.")


def _fits(value: Any, element: type) -> bool:
    return type(value) is element or (element is float and type(value) is int)


def _require_items(name: str, values: list[Any], element: type) -> None:
    """Raise UsageError for a list with an item of another type, which a setting's own error would take for the whole."""
    for number, item in enumerate(values, start=1):
        if element in ITEMS and not _fits(item, element):
            said = f"{name} must be a list of {ITEMS[element]}; received {values!r}, whose item {number} is {item!r}"
            raise UsageError(f"{said}; expected for example {EXAMPLES[element]}.")


def wrong_alone(base: Settings, changes: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the first of the settings that the base does not take by itself; none where only several do not fit."""
    for name, value in changes.items():
        try:
            changed(base, {name: value})
        except UsageError:
            return (name,)
    return ()


def judged_and_drawn(file: TomlFile) -> dict[str, Any]:
    """Return what the base is expected to do, and the metric and the pictures where the file names some."""
    options: dict[str, Any] = {}
    with file.at("expect"):
        options["expect"] = expectation(file.content.get("expect", {}))
    if "metric" in file.content:
        options["metric"] = metric(file)
    if "pictures" in file.content:
        with file.at("pictures"):
            named = check("pictures", file.content["pictures"], tuple[str, ...])
            options["pictures"] = checked_pictures("pictures", named)
    return options


def metric(file: TomlFile) -> Metric:
    """Return the metric that the file's table [metric] describes."""
    values = {}
    for key, value in file.table("metric").items():
        with file.at("metric", key):
            require_known("Key of metric", key, METRIC_KEYS)
            values[key] = check(key, value, METRIC_KEYS[key])
            if key == "margin":
                Metric("metric", value, True)
    with file.at("metric"):
        missing = [key for key in METRIC_NEEDS if key not in values]
        if missing:
            example = 'name = "rmse", margin = 0.01, higher_is_better = false'
            raise UsageError(f"metric has no {missing[0]}; expected for example {example}.")
    with file.at("metric", "name"):
        return Metric(**values)


def expectation(table: Any) -> Expectation:
    """Return what a table such as {accuracy_at_least = 0.9, control = "worse"} or {raises = "ValueError"} expects."""
    if not isinstance(table, Mapping):
        raise UsageError(f"expect is {table!r}; expected a table such as {{accuracy_at_least = 0.9}}.")
    known = (*LIMITS, "control", "raises", "match", "or_diverges", "diverges")
    for key in table:
        require_known("Key of expect", key, known)
    if "raises" in table:
        kinds = {"match": str, "or_diverges": bool}
        options = {key: check(key, table[key], kind) for key, kind in kinds.items() if key in table}
        _require_alone(table, ("raises", *options))
        return raises(check("raises", table["raises"], str), **options)
    if "diverges" in table:
        _require_alone(table, ("diverges",))
        return diverges() if check("diverges", table["diverges"], bool) else FINISHES
    limits = {key: table[key] for key in LIMITS if key in table}
    expected = finishes(**limits)
    if "control" in table:
        require_known("Comparison", str(table["control"]), AGAINST)
        expected &= AGAINST[table["control"]]()
    _require_alone(table, (*limits, "control"))
    return expected


def _require_alone(table: Mapping[str, Any], keys: tuple[str, ...]) -> None:
    others = [key for key in table if key not in keys]
    if others:
        raise UsageError(f"expect has {others[0]!r} beside {keys[0]!r}; the two cannot hold at once.")
