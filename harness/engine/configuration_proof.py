"""What a model's configuration proves: that two models are configured alike."""

import json
import re
from collections.abc import Iterator
from types import FunctionType, MethodType
from typing import Any

import keras

from harness.engine.keras_internals import all_layers, metrics_and_losses, metrics_given

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
