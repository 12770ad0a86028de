"""Whether a model trains under XLA or as a graph: the rule, from its layers and the operations of a traced step."""

import re

import keras
import tensorflow as tf
from tensorflow.python.framework.config import is_op_determinism_enabled

from harness.engine.keras_internals import all_layers

# Beginnings of operations' names; a random draw in a training step is dropout or noise.
SLOW_UNDER_XLA = ("Conv", "DepthwiseConv", "Random", "StatelessRandom")
# What draws by TensorFlow's global seed, which XLA does not follow; Keras' own draws are stateless.
FOLLOW_NO_SEED = (
    "Multinomial", "ParameterizedTruncatedNormal", "RandomGamma", "RandomPoisson", "RandomPoissonV2", "RandomShuffle",
    "RandomStandardNormal", "RandomUniform", "RandomUniformInt", "TruncatedNormal",
)  # fmt: skip


def seems_unsuited_to_xla(model: keras.Model) -> bool:
    """Say whether the layers' names let expect that `unsuited_to_xla` will find a reason; only a trace can tell."""
    return any(re.search("Conv|Dropout|Noise|Random", type(layer).__name__) for layer in all_layers(model))


def unsuited_to_xla(model: keras.Model, operations: set[str]) -> str:
    """Return why a training step runs as a graph rather than under XLA, or nothing where XLA is right.

    The rule was measured, see docs/performance.md: on a CPU, XLA's convolutions and random draws are slower than
    TensorFlow's, mostly several times; all else that was tried, recurrent layers included, is faster under XLA.
    """
    if is_op_determinism_enabled():
        return "XLA is switched off by TensorFlow's op determinism"
    barred = [layer.name for layer in all_layers(model) if not layer.supports_jit]
    if barred:
        return f"layer {barred[0]!r} does not support XLA"
    if unseeded := unseeded_under_xla(operations):
        return unseeded
    slow = sorted(name for name in operations if name.startswith(SLOW_UNDER_XLA))
    if slow and not tf.config.list_logical_devices("GPU"):
        return f"{slow[0]} is slow under XLA on a CPU"
    return ""


def unseeded_under_xla(operations: set[str]) -> str:
    """Say which draw of a training step would follow no seed under XLA; nothing where all do."""
    draws = sorted(operations.intersection(FOLLOW_NO_SEED))
    return f"{draws[0]} follows no seed under XLA (keras.random does, with a SeedGenerator)" if draws else ""
