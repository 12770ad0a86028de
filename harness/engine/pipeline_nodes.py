"""What can be seen of a tf.data pipeline without drawing from it: its files, its values, and what in it may be random."""

import os
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python.framework import op_def_registry

from harness.engine import keras_internals
from harness.engine.traces import operations

PYTHON = ("EagerPyFunc", "PyFunc", "PyFuncStateless")  # calls of Python, whose state nobody can read
# What draws by TensorFlow's seed: each pass through the pipeline begins it anew, so that every pass draws the same.
SEEDED = ("Multinomial", "ParameterizedTruncatedNormal", "Random", "StatelessRandom", "TruncatedNormal")
WRITES = (
    "Assign",
    "ResourceScatter",
    "Rng",
    "StatefulRandom",
    "StatefulStandardNormal",
    "StatefulUniform",
    "StatefulTruncated",
)


def nodes(dataset: tf.data.Dataset) -> list[tf.data.Dataset]:
    """Return a pipeline's stages, each once, the last stage first."""
    found: list[Any] = []
    waiting = [dataset]
    while waiting:
        node = waiting.pop(0)
        if not any(node is one for one in found):
            found.append(node)
            waiting += keras_internals.stages_before(node)
    return found


def values(dataset: tf.data.Dataset) -> Iterator[np.ndarray]:
    """Yield every tensor that the stages hold: slices, file names, and what their functions have captured."""
    for node in nodes(dataset):
        for name, held in sorted(vars(node).items()):
            if name in ("_variant_tensor_attr", "_graph_attr", "_options_attr", "_input_dataset"):
                continue
            tensors = held.function.captured_inputs if _is_function(held) else tf.nest.flatten(held, expand_composites=True)
            for tensor in tensors:
                if isinstance(tensor, tf.Tensor) and tensor.dtype not in (tf.resource, tf.variant):
                    yield tensor.numpy() if tensor.ndim else np.asarray(tensor.numpy())


def files(dataset: tf.data.Dataset) -> list[str]:
    """Return the files that a pipeline names in its tensors, sorted: those that it reads, as far as this can be seen."""
    texts = {os.fsdecode(text) for value in values(dataset) if value.dtype == object for text in value.ravel()}
    return sorted(
        text for text in texts if len(text) < os.pathconf("/", "PC_PATH_MAX") and "\0" not in text and os.path.isfile(text)
    )


def keeps_state(dataset: tf.data.Dataset) -> str:
    """Return the operation whose state goes on from one pass through the pipeline to the next; empty where none does.

    The seeds of a shuffle do, too; they follow from the number of passes alone.
    """
    for _, found in _operations(dataset):
        for name in sorted(found):
            if name in PYTHON or name.startswith(WRITES):
                return name
    return ""


def not_reproducible(dataset: tf.data.Dataset) -> str:
    """Return why a pipeline may give other batches under the same seed, empty where nothing in it says so."""
    if dataset.options().deterministic is False or any(
        getattr(node, "_deterministic", None) is False for node in nodes(dataset)
    ):
        return "its stages hand on what is ready first (deterministic=False)"
    for node, found in _operations(dataset):
        drawing = sorted(name for name in found if name.startswith((*SEEDED, *WRITES)) and _is_stateful(name))
        if drawing and "Parallel" in type(node).__name__:
            return (
                f"a stage of several calls at once (num_parallel_calls) draws by {drawing[0]}, in no fixed order; draw by "
                "tf.random.stateless_uniform and the like, with seeds of a tf.data.Dataset.random(seed) that is zipped to it"
            )
    return ""


def shuffled(dataset: tf.data.Dataset) -> list[tf.data.Dataset]:
    """Return the stages that shuffle anew at each pass."""
    return [node for node in nodes(dataset) if getattr(node, "_reshuffle_each_iteration", None)]


def cut_from_one_shuffle(parts: Sequence[tf.data.Dataset]) -> bool:
    """Say whether two pipelines are taken from one shuffle that shuffles anew: samples then wander between them."""
    of_each = [shuffled(part) for part in parts]
    return any(
        one is other for index, first in enumerate(of_each) for second in of_each[:index] for one in first for other in second
    )


def _operations(dataset: tf.data.Dataset) -> Iterator[tuple[Any, set[str]]]:
    for node in nodes(dataset):
        for held in vars(node).values():
            if _is_function(held):
                yield node, operations(held.function.graph)


def _is_function(held: Any) -> bool:
    return hasattr(getattr(held, "function", None), "captured_inputs")


def _is_stateful(name: str) -> bool:
    known = op_def_registry.get(name)
    return known is not None and bool(known.is_stateful)
