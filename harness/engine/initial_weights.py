"""Initial weights and random streams by seed and path: a layer draws the same whatever stands beside it.

Keras takes the seeds of initializers and of dropout one after the other from Python's generator, as layers are made. A
layer that a variant leaves out would then change what all later ones draw, and every pair of seeds would differ by more
than the change that is under test.
"""

import copy
import hashlib
import inspect
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np

from harness.engine.keras_internals import (
    Functional,
    RandomInitializer,
    global_generator,
    outermost_caller,
    own_parts,
    seed_generators,
    set_global_generator,
    to_snake_case,
    users_seed,
    variables_drawn_by,
)

LARGEST_SEED = 2**31 - 1  # Keras takes a seed as a signed number of 32 bits
KEPT_PATH = "_path_of_draws"


@dataclass(slots=True)
class _Draws:
    """What decides the draws of one model: the seed, and what was drawn so far."""

    seed: int
    made: set[int] = field(default_factory=set)  # the seeds that Keras made up meanwhile
    first: dict[int, str] = field(default_factory=dict)  # by such a seed, the path of the first variable that it drew
    taken: Counter[str] = field(default_factory=Counter)  # how many variables have a path

    def initializer(self, variable: Any, given: Callable[..., Any]) -> Callable[..., Any]:
        """Return what draws a variable by its path, where the given initializer draws and has no seed of its own."""
        if isinstance(given, RandomInitializer):
            # An EinsumDense, and so an attention layer, draws by a copy that was given the seed as if it were the user's.
            if users_seed(given) is not None and users_seed(given) not in self.made:
                return given
            # One initializer draws the same each time: variables that share it begin alike, as in Keras.
            drawn = copy.copy(given)
            drawn.seed = _derived(self.seed, self.first.setdefault(given.seed, self._path(variable)))
            return drawn
        if _of_keras(given):
            return given
        path = self._path(variable)
        return lambda *args, **options: _called_under(_derived(self.seed, path), given, args, options)

    def _path(self, variable: Any) -> str:
        path = "/".join([*_scopes(variable), variable.name])
        self.taken[path] += 1
        return f"{path}#{self.taken[path]}"


@contextmanager
def drawing(seed: int) -> Iterator[None]:
    """Let every variable that is made within draw its first value by the seed and its path, as it is made.

    Whatever is computed from it then fits it, and what it is given later, such as loaded weights, stays. Initializers
    with a seed of their own are left alone.
    """
    draws = _Draws(seed)
    with variables_drawn_by(draws.initializer, hear_seed=draws.made.add):
        yield


def _scopes(variable: Any) -> list[str]:
    """Return the names of the layers that a variable is made in, from the outermost one on.

    Below a subclassed model or layer a part goes by the attribute that holds it, where one does. The number that Keras gives
    a model without a name tells how many were made before it, and is left out.
    """
    names = variable.path.split("/")[:-1]
    layer = outermost_caller()
    found = [_given_name(layer)] if isinstance(layer, keras.Model) else names[:1]
    for name in names[1:]:
        parts = own_parts(layer) if isinstance(layer, keras.Layer) else ()
        part = next((part for part in parts if part.name == name), None)
        found.append((part is not None and _attribute(layer, part)) or name)
        layer = part
    return found


def _of_keras(initializer: Any) -> bool:
    function = inspect.isroutine(initializer)
    return (initializer if function else type(initializer)).__module__.startswith("keras.")


def _called_under(seed: int, initializer: Callable[..., Any], args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """Call an initializer of the user's, which may draw from any generator, under a seed; the others go on as they were."""
    states = random.getstate(), np.random.get_state(), global_generator()
    keras.utils.set_random_seed(seed)
    try:
        return initializer(*args, **options)
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])
        set_global_generator(states[2])


def seed_streams(model: keras.Model, seed: int) -> None:
    """Start every seed generator that was given no seed of its own, such as a dropout layer's, by the seed and its path."""
    seen: set[int] = set()
    for path, layer in layers_by_path(model):
        for number, generator in enumerate(seed_generators(layer)):
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
    for part in own_parts(layer):
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


def _derived(seed: int, path: str) -> int:
    """Return a number that follows from the seed and a path, the same in every process."""
    return int.from_bytes(hashlib.sha256(f"{seed} {path}".encode()).digest()[:8]) % LARGEST_SEED
