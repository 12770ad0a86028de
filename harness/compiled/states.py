"""All that decides how a training goes on after an epoch, taken from a model and put back into one like it."""

import importlib
import inspect
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras.src.backend.common import global_state
from keras.src.random.seed_generator import GLOBAL_SEED_GENERATOR, global_seed_generator

from harness.compiled.plain import flatten, restored

# What Keras gives a callback anew, and what is the model's own state.
GIVEN = ("params", "_params", "model", "_model")


class StateError(ValueError):
    """A training's state cannot be taken whole, or is not of the model and callbacks at hand."""


@dataclass(frozen=True, slots=True)
class State:
    """A training's state at the end of an epoch, as plain values and arrays.

    The order of the samples needs no keeping: it is a function of the seed and the epoch.
    """

    epoch: int  # epochs that are done
    stopped: bool  # whether a callback has asked to stop
    logs: Mapping[str, float]  # of the last epoch, by Keras' names
    variables: Sequence[np.ndarray]  # the model's, its seed generators' included, then the optimizer's
    callbacks: Sequence[Mapping[str, Any]]  # each one's class, its attributes, and which of these are functions
    random: Mapping[str, Any]  # of Python, NumPy and Keras


def take_state(
    model: keras.Model, callbacks: Sequence[keras.callbacks.Callback], *, epoch: int, logs: Mapping[str, float]
) -> State:
    """Return a copy of the state; StateError if a callback holds what cannot be kept.

    Not seen, and so not kept: what a callback's function holds in variables of its own, what TensorFlow's stateful
    random operations have drawn (Keras' layers use none), and what lies outside the process.
    """
    return State(
        epoch=epoch,
        stopped=bool(model.stop_training),
        logs=dict(logs),
        variables=[np.asarray(variable.numpy()) for variable in _variables(model)],
        callbacks=[_taken(callback, model) for callback in callbacks],
        random=_random_state(),
    )


def require_same_kind(state: State, model: keras.Model, callbacks: Sequence[keras.callbacks.Callback]) -> None:
    """Raise StateError unless the state is of a model and of callbacks like these."""
    found = [(value.shape, value.dtype) for value in state.variables]
    expected = [(tuple(variable.shape), variable.numpy().dtype) for variable in _variables(model)]
    if found != expected:
        raise StateError(f"it holds {len(found)} variables that are not those of the model, which has {len(expected)}")
    kinds = [kept["class"] for kept in state.callbacks]
    if kinds != [_name(type(callback)) for callback in callbacks]:
        raise StateError(f"it holds callbacks {kinds}; expected {[_name(type(callback)) for callback in callbacks]}")


def put_back(state: State, model: keras.Model, callbacks: Sequence[keras.callbacks.Callback]) -> None:
    """Give a model and its callbacks, behind their on_train_begin, what the state holds; StateError as above."""
    require_same_kind(state, model, callbacks)
    for callback, kept in zip(callbacks, state.callbacks, strict=True):
        _give_back(callback, kept)
    for variable, value in zip(_variables(model), state.variables, strict=True):
        variable.assign(value)
    model.stop_training = state.stopped
    _restore_random(state.random)


def _variables(model: keras.Model) -> list[Any]:
    return [*model.variables, *model.optimizer.variables]


def _taken(callback: keras.callbacks.Callback, model: keras.Model) -> dict[str, Any]:
    values, functions = {}, {}
    for name, value in vars(callback).items():
        if name in GIVEN or value is model or value is model.optimizer:
            continue
        if inspect.isroutine(value) or inspect.isclass(value):
            functions[name] = _name(value)
            continue
        try:
            values[name] = restored(*flatten(value))  # a copy: lists and arrays go on changing
        except TypeError as error:
            raise StateError(f"callback {type(callback).__name__} holds {name!r}: {error}") from None
    return {"class": _name(type(callback)), "values": values, "functions": functions}


def _give_back(callback: keras.callbacks.Callback, kept: Mapping[str, Any]) -> None:
    for name, function in kept["functions"].items():
        # Keras sets some of its functions in the first epoch; a function of the user's is there from the start.
        if getattr(callback, name, None) is None:
            setattr(callback, name, _keras_function(function, name))
    for name, value in kept["values"].items():
        setattr(callback, name, value)


def _keras_function(function: str, name: str) -> Any:
    module, _, path = function.partition(":")
    if module.split(".")[0] != "keras" or not path.isidentifier():
        raise StateError(f"it holds {name!r}, the function {function}, which cannot be kept")
    return getattr(importlib.import_module(module), path)


def _name(thing: Any) -> str:
    return f"{getattr(thing, '__module__', '')}:{getattr(thing, '__qualname__', repr(thing))}"


def _random_state() -> dict[str, Any]:
    # Keras makes its own generator when a model first draws without a seed; asking for it would make it now.
    generator = global_state.get_global_attribute(GLOBAL_SEED_GENERATOR)
    return {
        "python": random.getstate(),
        "numpy": np.random.get_state(),
        "keras": None if generator is None else np.asarray(generator.state.numpy()),
    }


def _restore_random(kept: Mapping[str, Any]) -> None:
    if kept["keras"] is not None:
        global_seed_generator().state.assign(kept["keras"])
    random.setstate(kept["python"])
    np.random.set_state(kept["numpy"])
