"""All that decides how a training goes on after an epoch, taken from a model and put back into one like it."""

import importlib
import inspect
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from harness.engine.held_values import Root, is_walked, variables
from harness.engine.keras_internals import core, global_generator, is_seed
from harness.engine.serialization import deserialize, serialize

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
    variables: Sequence[np.ndarray]  # the model's, its seed generators' included, the optimizer's, then all others
    callbacks: Sequence[Mapping[str, Any]]  # each one's class, its attributes, and which of these are functions
    random: Mapping[str, Any]  # of Python, NumPy and Keras
    began: Sequence[int] = (0,)  # how many epochs lay behind each phase of the training that has begun


def take_state(
    model: keras.Model, callbacks: Sequence[keras.callbacks.Callback], *, epoch: int, logs: Mapping[str, float]
) -> State:
    """Return a copy of the state; StateError if a callback holds what cannot be kept.

    What decides the training beside it is not seen here: `harness.engine.unsaved_state` looks for it.
    """
    return State(
        epoch=epoch,
        stopped=bool(model.stop_training),
        logs=dict(logs),
        variables=[np.asarray(variable.numpy()) for variable in kept_variables(model, callbacks)],
        callbacks=[_taken(callback, model) for callback in callbacks],
        random=random_state(),
    )


def require_same_kind(state: State, model: keras.Model, callbacks: Sequence[keras.callbacks.Callback]) -> None:
    """Raise StateError unless the state is of a model and of callbacks like these."""
    found = [(value.shape, value.dtype) for value in state.variables]
    expected = [(tuple(variable.shape), variable.numpy().dtype) for variable in kept_variables(model, callbacks)]
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
    for variable, value in zip(kept_variables(model, callbacks), state.variables, strict=True):
        variable.assign(value)
    model.stop_training = state.stopped
    restore_random(state.random)


def kept_variables(model: keras.Model, callbacks: Sequence[keras.callbacks.Callback]) -> list[Any]:
    """Return every variable that a state holds, in its order: whatever model and callbacks hold, however deep.

    Left out are those of the model's metrics, which every pass begins by resetting; not so of other metrics.
    """
    known = [*model.variables, *(model.optimizer.variables if model.optimizer else ())]
    seen = {id(core(variable)) for variable in [*known, *reset_variables(model)]}
    found = (variable for _, variable in variables(roots(model, callbacks)))
    return known + [variable for variable in found if id(core(variable)) not in seen]


def reset_variables(model: keras.Model) -> list[Any]:
    """Return the variables that each pass through samples begins by resetting."""
    return [variable for metric in model.metrics for variable in metric.variables]


def measured_variables(model: keras.Model, callbacks: Sequence[keras.callbacks.Callback]) -> list[Any]:
    """Return what a measuring step may change for good by the samples that it meets, as a loss that keeps an average does.

    Weights that learn and the optimizer's variables are none of it, nor is what each pass begins by resetting; seed
    generators go on as in fit, by how often they are drawn from, whatever the samples.
    """
    learning = [*model.trainable_variables, *(model.optimizer.variables if model.optimizer else ())]
    passed = {id(core(variable)) for variable in learning}
    found = [variable for variable in kept_variables(model, callbacks) if not is_seed(variable)]
    return [core(variable) for variable in found if id(core(variable)) not in passed]


@contextmanager
def left_as_they_were(kept: Sequence[Any]) -> Iterator[None]:
    """Put back, in the end, what variables of TensorFlow's held; a value is copied only where it is changed."""
    before = [tf.convert_to_tensor(variable) for variable in kept]
    yield
    for variable, value in zip(kept, before, strict=True):
        variable.assign(value)


def roots(model: keras.Model, callbacks: Sequence[keras.callbacks.Callback]) -> list[Root]:
    """Return where to look for what decides a training: the model, and what callbacks hold besides plain values."""
    held = [
        (f"{type(callback).__name__}.{name}", value)
        for callback in callbacks
        for name, value in _attributes(callback, model)
        if not inspect.isclass(value) and not _is_plain(value)
    ]
    return [("model", model), *held]


def _attributes(callback: keras.callbacks.Callback, model: keras.Model) -> list[tuple[str, Any]]:
    given = (model, model.optimizer)
    return [
        (name, value) for name, value in vars(callback).items() if name not in GIVEN and all(value is not one for one in given)
    ]


def _is_plain(value: Any) -> bool:
    try:
        serialize(value)
    except TypeError:
        return False
    return True


def _taken(callback: keras.callbacks.Callback, model: keras.Model) -> dict[str, Any]:
    values, functions = {}, {}
    for name, value in _attributes(callback, model):
        if inspect.isroutine(value) or inspect.isclass(value):
            functions[name] = _name(value)
            continue
        try:
            values[name] = deserialize(*serialize(value))  # a copy: lists and arrays go on changing
        except TypeError as error:
            if not is_walked(value):
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


def random_state() -> dict[str, Any]:
    """Return the state of the random generators of Python, NumPy and Keras."""
    # Keras makes its own generator when a model first draws without a seed; asking for it would make it now.
    generator = global_generator()
    return {
        "python": random.getstate(),
        "numpy": np.random.get_state(),
        "keras": None if generator is None else np.asarray(generator.state.numpy()),
    }


def restore_random(kept: Mapping[str, Any]) -> None:
    """Put the random generators back into a state of `random_state`."""
    if kept["keras"] is not None:
        global_generator(make=True).state.assign(kept["keras"])
    random.setstate(kept["python"])
    np.random.set_state(kept["numpy"])
