"""Settings: everything that decides a trial's result, apart from its seed."""

import typing
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import Any

from harness.errors import UsageError, unknown
from harness.study.layer_spec import parse_layer
from harness.study.setting_values import LAYER_TEXTS, check, from_text, require_positive

OPTIMIZERS = ("adadelta", "adagrad", "adam", "adamax", "adamw", "ftrl", "lion", "nadam", "rmsprop", "sgd")
ADDED_LATER = {"validation_by": "first"}  # each with the value of all that was recorded without it
_NOTHING = object()
VALIDATION_BY = ("first", "random", "stratified")
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
    return name, check(name, from_text(name, text, known[name]), known[name])
