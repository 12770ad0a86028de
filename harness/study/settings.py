"""Settings: everything that decides a trial's result, apart from its seed."""

import math
import re
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import Any

from harness.errors import UsageError, unknown
from harness.study.layer_spec import parse_layer

LARGEST_NUMBER = 2**53  # beyond it a float does not tell neighbours apart, and nothing here is counted
OPTIMIZERS = ("adadelta", "adagrad", "adam", "adamax", "adamw", "ftrl", "lion", "nadam", "rmsprop", "sgd")
ADDED_LATER = {"validation_by": "first"}  # each with the value of all that was recorded without it
_NOTHING = object()
VALIDATION_BY = ("first", "random", "stratified")
LAYER_TEXTS = ("replace", "insert_after")  # settings that name a layer to put in
LAYER_NAMES = ("remove", "freeze", "cut")  # settings that name layers, or edges between them
LAYER_EDITS = ("remove", *LAYER_TEXTS, "freeze", "cut")  # settings that change the built model


@dataclass(frozen=True, slots=True)
class Settings:
    """One configuration of a small dense classifier and of its training.

    A study with a model of its own subclasses this and adds its own fields: a frozen dataclass whose fields are
    bool, int, float, str, tuples of these, or None.
    """

    dataset: str = "mnist"
    normalize: bool = True  # pixels / 255
    flatten: bool = True
    hidden: tuple[int, ...] = (128,)  # units of each hidden layer
    outputs: int = 10
    optimizer: str = "adam"
    learning_rate: float = 0.001
    batch_size: int = 32
    epochs: int = 5
    stop_below_loss: float | None = None  # stop at the end of the first epoch whose training loss is below this
    samples: int | None = None  # use the first so many training images, and as many test images, at the most
    validation: int | None = None  # hold out the first so many training samples: they choose, the test samples judge
    validation_by: str = "first"  # which of them: the first ones, random ones by the seed, or stratified ones by class and seed
    steps_per_epoch: int | None = None  # an epoch is so many batches, drawn on through the samples; None: each sample once
    log_every: int = 1  # measure on held-out samples, and log, after every so many epochs and after the last
    remove: tuple[str, ...] = ()  # layers to take out of the built model, by name or pattern
    replace: tuple[str, ...] = ()  # layers to put in the place of others: "pool-2=MaxPooling2D(2)"
    insert_after: tuple[str, ...] = ()  # layers to add behind others: "hidden-1=Dropout(0.5)"
    freeze: tuple[str, ...] = ()  # layers whose weights stay as they are drawn, by name or pattern
    cut: tuple[str, ...] = ()  # inputs that a merging layer is no longer to take: "add:branch"

    def __post_init__(self) -> None:
        for name, annotation in annotations(type(self)).items():
            object.__setattr__(self, name, check(name, getattr(self, name), annotation))
        for name in ("outputs", "batch_size", "epochs", "learning_rate", "log_every"):
            require_positive(name, getattr(self, name))
        for name in ("stop_below_loss", "samples", "validation", "steps_per_epoch"):
            if getattr(self, name) is not None:
                require_positive(name, getattr(self, name))
        for units in self.hidden:
            require_positive("hidden", units)
        if self.optimizer not in OPTIMIZERS:
            raise unknown("Optimizer", self.optimizer, OPTIMIZERS)
        if self.validation_by not in VALIDATION_BY:
            raise unknown("validation_by", self.validation_by, VALIDATION_BY)
        for name in LAYER_TEXTS:
            object.__setattr__(self, name, tuple(str(parse_layer(name, text)) for text in getattr(self, name)))
        for name in LAYER_NAMES:
            if not all(pattern.strip() for pattern in getattr(self, name)):
                raise UsageError(f"{name} must be names or patterns of layers; received an empty one.")

    @property
    def edits(self) -> dict[str, tuple[str, ...]]:
        """The settings that change layers of the built model, where there are any."""
        return {name: getattr(self, name) for name in LAYER_EDITS if getattr(self, name)}


def annotations(kind: type[Settings]) -> Mapping[str, Any]:
    """Return each setting's declared type, in the order of declaration."""
    return _annotations(kind)  # type: ignore[arg-type]  # mypy takes a class's hash for its instances'


@lru_cache(maxsize=64)
def _annotations(kind: type[Settings]) -> Mapping[str, Any]:
    hints = typing.get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}


def values_of(settings: Settings) -> dict[str, Any]:
    """Return each setting's name and value."""
    return {name: getattr(settings, name) for name in annotations(type(settings))}


def to_json(settings: Settings) -> dict[str, Any]:
    """Return the settings as values that JSON can hold, tuples as lists.

    A setting that was added later is left out where it changes nothing, so that what was recorded before it still counts.
    """
    values = {name: list(value) if isinstance(value, tuple) else value for name, value in values_of(settings).items()}
    return {name: value for name, value in values.items() if ADDED_LATER.get(name, _NOTHING) != value}


def changed(settings: Settings, changes: Mapping[str, Any]) -> Settings:
    """Return the settings with some of them replaced; UsageError for a name or value that does not fit."""
    known = annotations(type(settings))
    for name in changes:
        if name not in known:
            raise unknown("Setting", name, known)
    return replace(settings, **{name: check(name, value, known[name]) for name, value in changes.items()})


def differences(settings: Settings, other: Settings) -> tuple[str, ...]:
    """Return the names of the settings in which two configurations differ."""
    return tuple(name for name in annotations(type(settings)) if getattr(settings, name) != getattr(other, name))


def parse(assignment: str, kind: type[Settings]) -> tuple[str, Any]:
    """Return name and value of ``KEY=VALUE`` as it is typed on the command line.

    >>> parse("hidden=512,256", Settings)
    ('hidden', (512, 256))
    """
    name, sign, text = assignment.partition("=")
    name, text = name.strip(), text.strip()
    if not sign or not name:
        raise UsageError(f"--set takes KEY=VALUE, for example epochs=1; received {assignment!r}.")
    known = annotations(kind)
    if name not in known:
        raise unknown("Setting", name, known)
    return name, check(name, _value(name, text, known[name]), known[name])


def _value(name: str, text: str, annotation: Any) -> Any:
    kinds = _alternatives(annotation)
    if type(None) in kinds and text.lower() in ("none", ""):
        return None
    for kind in sorted((kind for kind in kinds if kind is not type(None)), key=_openness):
        try:
            if typing.get_origin(kind) is tuple:
                element = typing.get_args(kind)[0]
                return tuple(_scalar(part, element) for part in _parts(text, element))
            return _scalar(text, kind)
        except ValueError:
            continue
    raise UsageError(f"{name} must be {_describe(annotation)}; received {text!r}.")


def _openness(kind: Any) -> int:
    """Order a setting's types: whole numbers before all numbers, and words last, as any text is one."""
    return {int: 0, float: 1, bool: 2, str: 4, tuple[str, ...]: 4}.get(kind, 3)


def _parts(text: str, element: type) -> list[str]:
    """Split a list at its commas, those within parentheses and quotes apart, or numbers at the dashes between them."""
    if text.lower() == "none":
        return []
    if text[:1] + text[-1:] == "()" or (element is not str and text[:1] + text[-1:] == "[]"):
        text = text[1:-1]  # of words, square ones may be a pattern's
    if element is not str and re.fullmatch(r"[\d.]+(-[\d.]+)+", text):
        return text.split("-")
    parts, depth, quote = [""], 0, ""
    for sign in text:
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"" and depth:
            quote = sign
        else:
            depth += (sign in "([{") - (sign in ")]}")
        if sign == "," and depth == 0 and not quote:
            parts.append("")
        else:
            parts[-1] += sign
    return [part.strip() for part in parts if part.strip()]


def _scalar(text: str, kind: type) -> Any:
    if kind is bool:
        words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
        if text.lower() not in words:
            raise ValueError(text)
        return words[text.lower()]
    return kind(text)


def check(name: str, value: Any, annotation: Any) -> Any:
    """Return the value if it is of the declared type (an int passes as a float); UsageError otherwise.

    Numbers and lists of NumPy's are taken as Python's own.
    """
    if callable(getattr(type(value), "__array__", None)) and callable(getattr(value, "tolist", None)):
        value = value.tolist()
    for kind in _alternatives(annotation):
        if kind is type(None) and value is None:
            return None
        if kind == tuple[str, ...] and isinstance(value, str):
            return (value,)
        if name in LAYER_TEXTS and isinstance(value, Mapping):
            return tuple(f"{target}={layer}" for target, layer in value.items())
        if typing.get_origin(kind) is tuple and isinstance(value, (tuple, list)):
            return tuple(check(name, part, typing.get_args(kind)[0]) for part in value)
        if kind is float and isinstance(value, (int, float)) and not isinstance(value, bool):
            return _finite(name, value)
        if kind is int and isinstance(value, int) and not isinstance(value, bool):
            return _countable(name, value)
        if kind in (bool, str) and isinstance(value, kind):
            return value
    raise UsageError(f"{name} must be {_describe(annotation)}; received {value!r}.")


def _countable(name: str, value: int) -> int:
    if abs(value) > LARGEST_NUMBER:
        raise UsageError(
            f"{name} must be a whole number of at most {LARGEST_NUMBER}; received one of {len(str(value))} digits."
        )
    return value


def _finite(name: str, value: float) -> float:
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise UsageError(f"{name} must be a finite number; received {value!r}.")
    return number


def require_positive(name: str, value: float) -> None:
    """Raise UsageError unless the value is above zero."""
    if value <= 0:
        raise UsageError(f"{name} must be above 0; received {value!r}.")


def _alternatives(annotation: Any) -> tuple[Any, ...]:
    if isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is typing.Union:
        return typing.get_args(annotation)
    return (annotation,)


def _describe(annotation: Any) -> str:
    words = {bool: "true or false", int: "a whole number", float: "a number", str: "text", type(None): "none"}

    def word(kind: Any) -> str:
        if typing.get_origin(kind) is tuple:
            return {int: "whole numbers", float: "numbers", str: "words"}[typing.get_args(kind)[0]] + " with commas between"
        return words.get(kind, str(kind))

    return " or ".join(word(kind) for kind in _alternatives(annotation))
