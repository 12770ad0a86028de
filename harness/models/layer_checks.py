"""Whether a model that was put together again still computes what it did: both run on one batch."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from harness.engine import keras_internals
from harness.models.layer_calls import graph_of
from harness.models.layer_matching import is_graph

SAMPLES = 2
OPEN_SIZE = 32  # of an axis that a model leaves open: enough for five halvings


@dataclass(frozen=True, slots=True)
class Seen:
    """A call as it came about: of what, with which values, and what it gave."""

    operation: Any
    args: tuple[Any, ...]
    options: dict[str, Any]
    outputs: Any


def seen_calls(model: keras.Model) -> list[Seen] | None:
    """Return every call of a model, and of those within it, on a batch made up for its inputs, the model itself the last.

    None for a Sequential one without a graph yet, and where such a batch does not go through. The model's state is
    left as it was, and every time the same values are drawn.
    """
    graph = graph_of(model)
    if graph is None:
        return None
    seen: list[Seen] = []

    def call(operation: Any, *args: Any, **options: Any) -> Any:
        if keras_internals.takes_training(operation):
            options["training"] = False
        inner = graph_of(operation) if is_graph(operation) else None
        if inner is not None:
            keras_internals.run_graph(inner, args[0], call)
        outputs = operation(*args, **options)
        seen.append(Seen(operation, args, options, outputs))
        return outputs

    batch = made_batch(graph)
    with _left_as_it_is(model):
        try:
            keras_internals.run_graph(graph, batch, call)
        except Exception:  # inputs that only its author knows how to fill; training will show whether it runs
            return None
    with _left_as_it_is(model):
        seen.append(Seen(model, (batch,), {}, model(batch, training=False)))
    return seen


def differing(first: list[Seen], again: list[Seen], after: list[Seen]) -> str:
    """Return the name of what first gave another output than before, empty where all is the same.

    again: the model as it was, run a second time. What drew anew there cannot be held against anything.
    """
    second, third = _numbered(again), _numbered(after)
    for key, before in _numbered(first).items():
        if key in third and same(before.outputs, second[key].outputs) and not same(before.outputs, third[key].outputs):
            return str(before.operation.name)
    return ""


def _numbered(calls: list[Seen]) -> dict[tuple[int, int], Seen]:
    """Return the calls by what was called, and the how manieth call of it each is; masks have new operations each time."""
    found: dict[tuple[int, int], Seen] = {}
    counts: Counter[int] = Counter()
    for call in calls:
        found[id(call.operation), counts[id(call.operation)]] = call
        counts[id(call.operation)] += 1
    return found


def same(one: Any, other: Any) -> bool:
    """Say whether two nests of tensors hold the same values, but for rounding."""
    mine, its = keras.tree.flatten(one), keras.tree.flatten(other)
    return len(mine) == len(its) and all(map(_alike, mine, its))


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, (tf.RaggedTensor, tf.SparseTensor)):
        parts = (tf.nest.flatten(value, expand_composites=True) for value in (one, other))
        return type(one) is type(other) and same(*parts)
    mine, its = (np.asarray(tf.convert_to_tensor(value)) for value in (one, other))
    if mine.shape != its.shape or mine.dtype != its.dtype:
        return False
    if mine.dtype.kind in "OSUb" or not tf.as_dtype(mine.dtype).is_floating:
        return bool((mine == its).all())
    return np.allclose(mine.astype("float64"), its.astype("float64"), rtol=1e-5, atol=1e-6, equal_nan=True)


def made_batch(graph: keras_internals.Functional) -> Any:
    """Return a small batch of the shapes and types of a graph's inputs; whole numbers are 0 and 1, which any table has."""
    generator = np.random.default_rng(0)

    def made(tensor: keras.KerasTensor) -> Any:
        first, *sizes = tensor.shape
        shape = (first or SAMPLES, *(size or OPEN_SIZE for size in sizes))
        if tensor.dtype == "string":
            return tf.constant(generator.choice(["a", "b", "a b", ""], shape))
        values = generator.normal(size=shape) if "float" in tensor.dtype else generator.integers(0, 2, shape)
        return tf.cast(tf.constant(values), tensor.dtype)

    return keras.tree.map_structure(made, keras_internals.input_structure(graph))


@contextmanager
def _left_as_it_is(model: keras.Model) -> Iterator[None]:
    """Give a model's variables back what they hold, the states of its random streams among them."""
    held = [(variable, variable.numpy()) for variable in model.variables]
    try:
        yield
    finally:
        for variable, value in held:
            variable.assign(value)
        keras_internals.forget_losses(model)
