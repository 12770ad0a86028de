"""What a model or a callback holds, wherever it holds it: variables, and the values that Python keeps beside them."""

import hashlib
import inspect
import random
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from harness.engine.keras_internals import LISTS, SET_IN_TRAINING, KerasSaveable, core

AutoTrackable = tf.__internal__.tracking.AutoTrackable  # tf.random.Generator is one
HOLDERS = (KerasSaveable, keras.random.SeedGenerator, keras.callbacks.Callback, tf.Module, AutoTrackable)
LIBRARIES = frozenset(("keras", "tensorflow", "tensorboard", "numpy", "google")) | sys.stdlib_module_names

Root = tuple[str, Any]  # how a thing is called in messages, and the thing


def variables(roots: Iterable[Root]) -> list[tuple[str, Any]]:
    """Return every variable that is held, under the first place that it is found in, each once, always in one order."""
    return [(place, thing) for place, thing in _walk(roots) if is_variable(thing)]


def is_variable(thing: Any) -> bool:
    """Say whether a thing is a variable of Keras' or TensorFlow's."""
    return isinstance(thing, (keras.Variable, tf.Variable))


def is_walked(thing: Any) -> bool:
    """Say whether all that a thing holds is found by these functions."""
    return is_variable(thing) or _parts(thing) is not None


def python_values(roots: Iterable[Root]) -> dict[str, Any]:
    """Return what is held beside the variables, each value as something to compare later; iterators are ITERATOR."""
    return {place: _token(thing) for place, thing in _walk(roots, left_out=SET_IN_TRAINING) if not is_variable(thing)}


class _Iterator:
    """Stands for what gives other values each time, and does not say where it is."""


ITERATOR = _Iterator()


def _walk(roots: Iterable[Root], *, left_out: frozenset[str] = frozenset()) -> Iterator[tuple[str, Any]]:
    """Yield what is held and holds nothing more itself, depth first; what is found twice is yielded where it was first."""
    seen: set[int] = set()
    waiting = [*roots][::-1]
    while waiting:
        place, thing = waiting.pop()
        parts = None if is_variable(thing) else _parts(thing)
        if parts is not None or is_variable(thing):
            shell = core(thing) if is_variable(thing) else thing
            if id(shell) in seen:
                continue
            seen.add(id(shell))
        if parts is None:
            yield place, thing
        else:
            waiting += [(f"{place}.{name}", part) for name, part in parts if name not in left_out][::-1]


def _parts(thing: Any) -> list[tuple[str, Any]] | None:
    """Return what a thing holds, by name, or None for a single value."""
    if isinstance(thing, Mapping):
        keys = [key for key in thing if not isinstance(key, (str, int))]
        return [*_numbered(keys), *((str(key), value) for key, value in thing.items())]
    if isinstance(thing, (list, tuple, deque)):
        return _numbered(thing)
    if isinstance(thing, (set, frozenset)):  # in the order of their names: a set's own is another in each process
        return _numbered(sorted(thing, key=lambda part: str(getattr(part, "path", None) or getattr(part, "name", part))))
    if inspect.ismethod(thing):
        return [("self", thing.__self__), ("function", thing.__func__)]
    if inspect.isfunction(thing):
        return _closure(thing)
    if isinstance(thing, HOLDERS) or _is_of_the_user(thing):
        return [
            (name, part) for name, part in _attributes(thing) if name not in LISTS and not name.startswith("_self_")
        ]  # TensorFlow lists there
    return None


def _numbered(parts: Iterable[Any]) -> list[tuple[str, Any]]:
    return [(str(number), part) for number, part in enumerate(parts)]


def _closure(function: Any) -> list[tuple[str, Any]]:
    if _library(function.__module__):
        return []
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    return [(name, cell.cell_contents) for name, cell in cells if _is_full(cell)]


def _is_full(cell: Any) -> bool:
    try:
        _ = cell.cell_contents
    except ValueError:  # its variable has no value yet
        return False
    return True


def _is_of_the_user(thing: Any) -> bool:
    plain = inspect.ismodule(thing) or inspect.isclass(thing) or callable(getattr(thing, "__next__", None))
    holds = hasattr(thing, "__dict__") or hasattr(type(thing), "__slots__")
    return holds and not plain and not _library(type(thing).__module__)


def _library(module: str | None) -> bool:
    return (module or "").partition(".")[0] in LIBRARIES


def _attributes(thing: Any) -> Iterator[tuple[str, Any]]:
    yield from getattr(thing, "__dict__", {}).items()
    for kind in type(thing).__mro__:
        slots = vars(kind).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if not name.startswith("__") and hasattr(thing, name):
                yield name, getattr(thing, name)


def _token(thing: Any) -> Any:
    if thing is None or isinstance(thing, (bool, int, float, complex, str, bytes)):
        return type(thing).__name__, repr(thing)
    if isinstance(thing, np.random.Generator):
        return repr(thing.bit_generator.state)
    if isinstance(thing, np.random.RandomState):
        return repr(thing.get_state(legacy=False))
    if isinstance(thing, random.Random):
        return repr(thing.getstate())
    if isinstance(thing, (np.ndarray, np.generic)):
        return thing.dtype.str, thing.shape, hashlib.sha256(thing.tobytes()).digest()
    if tf.is_tensor(thing) and hasattr(thing, "numpy"):
        return _token(np.asarray(thing.numpy()))
    if tf.is_tensor(thing) or isinstance(thing, keras.KerasTensor):  # of a trace, which leaves a new one each time
        return _token(None)
    return ITERATOR if callable(getattr(thing, "__next__", None)) else id(thing)
