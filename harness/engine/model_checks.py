"""What a model proves before it is trained: that two are configured alike, and that XLA suits it."""

import json
import re
from collections.abc import Iterator
from types import FunctionType, MethodType
from typing import Any

import keras
import tensorflow as tf
from tensorflow.python.framework.config import is_op_determinism_enabled

from harness.engine.keras_internals import all_layers, metrics_and_losses, metrics_given

# Beginnings of operations' names; a random draw in a training step is dropout or noise.
SLOW_UNDER_XLA = ("Conv", "DepthwiseConv", "Random", "StatelessRandom")
# What draws by TensorFlow's global seed, which XLA does not follow; Keras' own draws are stateless.
FOLLOW_NO_SEED = (
    "Multinomial", "ParameterizedTruncatedNormal", "RandomGamma", "RandomPoisson", "RandomPoissonV2", "RandomShuffle",
    "RandomStandardNormal", "RandomUniform", "RandomUniformInt", "TruncatedNormal",
)  # fmt: skip
KERAS_SETS = ("build", "quantize", "loss")  # what Keras itself puts on objects in place of what their classes have


def proven_config(model: keras.Model) -> dict[str, Any] | None:
    """Return the model's whole configuration as plain values, or None where it does not say all.

    Only models, layers, losses, metrics and optimizers of Keras' own count as proven: a class or function of the
    user's may do anything, and so may one that was put on an object, of which no configuration tells.
    """
    if not type(model).__module__.startswith("keras.") or any(map(_is_altered, _parts(model))):
        return None
    try:
        parts = json.loads(json.dumps({"model": model.get_config(), "compile": model.get_compile_config()}))
    except (TypeError, ValueError, NotImplementedError):
        return None
    if not all(_is_keras_own(part) for part in dictionaries(parts)):
        return None
    parts["compile"]["optimizer"]["config"].pop("name", None)  # counted up by Keras: adam, adam_1, ...
    return parts


def fingerprint(model: keras.Model) -> str | None:
    """Return a text that two models share if they are built and compiled alike, or None where that cannot be told."""
    parts = proven_config(model)
    return None if parts is None else json.dumps(_normalized(parts, _automatic_names(model)), sort_keys=True)


def dictionaries(part: Any) -> Iterator[dict[str, Any]]:
    """Return every dict within a configuration."""
    if isinstance(part, dict):
        yield part
    if isinstance(part, (dict, list)):
        for value in part.values() if isinstance(part, dict) else part:
            yield from dictionaries(value)


def _parts(model: keras.Model) -> Iterator[Any]:
    """Return the objects of which a model's steps are made: itself, its layers, losses, metrics and optimizer."""
    yield from (*all_layers(model), model.optimizer, *metrics_and_losses(model))
    yield from keras.tree.flatten([model.loss, metrics_given(model), model.metrics])


def _is_altered(part: Any) -> bool:
    """Say whether an object has another method than its class, or a function that is not of Keras' own."""
    for name, value in getattr(part, "__dict__", {}).items():
        if name not in KERAS_SETS and callable(getattr(type(part), name, None)):
            return True
        if isinstance(value, (FunctionType, MethodType)) and not (value.__module__ or "").startswith("keras."):
            return True
    return False


def _is_keras_own(part: dict[str, Any]) -> bool:
    module = part.get("module")
    foreign = part.get("registered_name") or (isinstance(module, str) and module.split(".")[0] != "keras")
    return not foreign and part.get("class_name") not in ("Lambda", "__lambda__", "function")


def _automatic_names(model: keras.Model) -> dict[str, str]:
    """Return a number for each name that Keras counted up itself: ``dense_7`` is no part of a program."""
    names = {}
    for number, layer in enumerate(all_layers(model)):
        kind = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", type(layer).__name__).lower()
        if re.fullmatch(rf"{kind}(_\d+)?", layer.name):
            names[layer.name] = f"{kind}#{number}"
    return names


def _normalized(part: Any, names: dict[str, str]) -> Any:
    if isinstance(part, list):
        return [_normalized(value, names) for value in part]
    if isinstance(part, dict):
        return {key: _normalized(value, names) for key, value in part.items() if key != "seed"}
    return names.get(part, part) if isinstance(part, str) else part


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
