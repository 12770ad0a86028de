"""Initial weights and random streams by seed and path: a layer draws the same whatever stands beside it.

Keras takes the seeds of initializers and of dropout one after the other from Python's generator, as layers are made. A
layer that a variant leaves out would then change what all later ones draw, and every pair of seeds would differ by more
than the change that is under test.
"""

import copy
import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras.src.backend import Variable
from keras.src.initializers import random_initializers
from keras.src.initializers.random_initializers import RandomInitializer
from keras.src.models.functional import Functional
from keras.src.utils.naming import to_snake_case

LARGEST_SEED = 2**31 - 1  # Keras takes a seed as a signed number of 32 bits
KEPT_PATH = "_path_of_draws"


@dataclass(slots=True)
class _Draw:
    """What drew a variable's first value, and that value."""

    variable: Any  # held, so that its id stays its own
    initializer: Any
    value: np.ndarray | None  # None where it was made while a function was traced, and there is none yet


@dataclass(slots=True)
class Draws:
    """The first values of the variables that were made while it was listening."""

    drawn: dict[int, _Draw] = field(default_factory=dict)
    made: set[int] = field(default_factory=set)  # the seeds that Keras made up meanwhile

    def note(self, variable: Any, initializer: Any) -> None:
        """Keep what drew a variable, if that draws at random and has no seed of its own."""
        keras_own = type(initializer).__module__.startswith("keras.")
        # An EinsumDense, and so an attention layer, draws by a copy that was given the seed as if it were the user's.
        if keras_own and not (isinstance(initializer, RandomInitializer) and initializer._init_seed in (None, *self.made)):
            return
        if variable._value is not None:
            value = variable.numpy() if tf.executing_eagerly() else None
            self.drawn[id(variable)] = _Draw(variable, initializer, value)

    def by_path(self, model: keras.Model, seed: int) -> None:
        """Draw anew, by the seed and the path in the model, what its variables have drawn and kept so far.

        Values that were given since, such as loaded weights, and initializers with a seed of their own stay as they are.
        One initializer that several variables share draws by the first one's path, alike for all of them, as in Keras.
        Python's, NumPy's and Keras' generators start from the seed afterwards, whatever was drawn before.
        """
        first: dict[Any, str] = {}
        for path, variable in _variables(model):
            draw = self.drawn.get(id(variable))
            if draw is None or _was_given_another(draw):
                continue
            repeats = isinstance(draw.initializer, RandomInitializer)  # it draws the same each time; a function goes on drawing
            place = first.setdefault(draw.initializer.seed, path) if repeats else path
            variable.assign(_drawn(draw.initializer, variable, _derived(seed, place)))
        self.drawn.clear()  # what an edit of the layers keeps has drawn, whatever its path is without the others
        seed_streams(model, seed)
        keras.utils.set_random_seed(seed)


@contextmanager
def listening() -> Iterator[Draws]:
    """Note what draws each variable that is made within."""
    draws, original = Draws(), Variable._initialize_with_initializer
    source = random_initializers.random
    make_seed = source.make_default_seed

    def initialize(variable: Any, initializer: Any) -> None:
        original(variable, initializer)
        draws.note(variable, initializer)

    def made_seed() -> int:
        seed = make_seed()
        draws.made.add(seed)
        return seed

    Variable._initialize_with_initializer, source.make_default_seed = initialize, made_seed
    try:
        yield draws
    finally:
        Variable._initialize_with_initializer, source.make_default_seed = original, make_seed


def seed_streams(model: keras.Model, seed: int) -> None:
    """Start every seed generator that was given no seed of its own, such as a dropout layer's, by the seed and its path."""
    seen: set[int] = set()
    for path, layer in layers_by_path(model):
        for number, generator in enumerate(layer._seed_generators):
            if id(generator) in seen:
                continue
            seen.add(id(generator))
            if generator.get_config()["seed"] is None:
                generator.state.assign([_derived(seed, f"{path} stream {number}"), 0])


def layers_by_path(model: keras.Model) -> Iterator[tuple[str, Any]]:
    """Yield the model, whose path is empty, and each layer in it once, with its path: block/conv-1.

    Below a subclassed model or layer a part goes by the attribute that holds it, where one does, and else by its name.
    A name that Keras made up, dense_7, tells what else was made before: such a part is the first, second, ... of its
    kind beside it. A layer that an edit has named by `keep_path` goes by that.
    """
    yield from _below(model, "", set())


def keep_path(layer: Any, path: str) -> None:
    """Let a layer draw by this path, whatever stands beside it from now on."""
    vars(layer)[KEPT_PATH] = path


def _below(layer: Any, path: str, seen: set[int]) -> Iterator[tuple[str, Any]]:
    seen.add(id(layer))
    yield path, layer
    taken: dict[str, int] = {}
    for part in layer._layers:
        if id(part) in seen:
            continue
        name = _attribute(layer, part) or _given_name(part)
        taken[name] = taken.get(name, 0) + 1
        name = name if taken[name] == 1 else f"{name}#{taken[name]}"
        yield from _below(part, vars(part).get(KEPT_PATH) or (f"{path}/{name}" if path else name), seen)


def _attribute(layer: Any, part: Any) -> str:
    if isinstance(layer, (keras.Sequential, Functional)):
        return ""
    return next((name for name, value in vars(layer).items() if value is part and not name.startswith("_")), "")


def _given_name(part: Any) -> str:
    """Return a layer's name, without the number in one that Keras made up."""
    kind = to_snake_case(type(part).__name__)
    return kind if re.fullmatch(rf"{kind}(_\d+)?", part.name) else part.name


def _variables(model: keras.Model) -> Iterator[tuple[str, Any]]:
    """Yield each variable of the layers once, with its path: block/conv-1/kernel."""
    seen: set[int] = set()
    for path, layer in layers_by_path(model):
        taken: dict[str, int] = {}
        for variable in (*layer._trainable_variables, *layer._non_trainable_variables):
            if id(variable) in seen:
                continue
            seen.add(id(variable))
            taken[variable.name] = taken.get(variable.name, 0) + 1
            yield f"{path}/{variable.name}#{taken[variable.name]}", variable


def _was_given_another(draw: _Draw) -> bool:
    value, now = draw.value, draw.variable.numpy()
    return value is not None and not np.array_equal(value, now, equal_nan=value.dtype.kind in "fc")


def _drawn(initializer: Any, variable: Any, seed: int) -> Any:
    if isinstance(initializer, RandomInitializer):
        initializer = copy.copy(initializer)
        initializer.seed = seed
    else:
        keras.utils.set_random_seed(seed)  # a function of the user's draws from one of the generators
    return initializer(tuple(variable.shape), dtype=variable.dtype)


def _derived(seed: int, path: str) -> int:
    """Return a number that follows from the seed and a path, the same in every process."""
    return int.from_bytes(hashlib.sha256(f"{seed} {path}".encode()).digest()[:8]) % LARGEST_SEED
