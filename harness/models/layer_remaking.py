"""A layer whose inputs change their shape → a new one of its configuration, if that says all that the layer is."""

from typing import Any

import keras
import numpy as np

from harness.engine import KEPT_PATH, keras_internals
from harness.errors import one_line
from harness.models.layer_checks import Seen, same
from harness.models.layer_factory import LayerError

_PLAIN = (bool, int, float, complex, str, bytes, type(None), np.ndarray, np.generic)
# What every layer has, what Keras notes there of its calls, and by what it draws.
_AROUND = frozenset(vars(keras.layers.Layer())) | {KEPT_PATH}


def depends_on_shapes(layer: Any) -> bool:
    """Say whether a layer was made for the shapes of its inputs, so that it cannot take others."""
    if not isinstance(layer, keras.Layer) or not layer.built:
        return False
    return not keras_internals.has_default_build(layer) or bool(layer.weights) or bool(keras_internals.own_parts(layer))


def remade(layer: Any, path: str, seen: Seen | None) -> Any:
    """Return a new layer like this one, which builds itself for the shapes that it meets.

    seen: a call of the layer. LayerError where a layer of its configuration is another one: its class may give none,
    or forget an argument, and what was set later is in none. That shows where both are called with the same values.
    """
    twin = _of_configuration(layer, path)
    if seen is None:
        raise LayerError(f"{_needed(path)}, and whether its configuration says all could not be tried. {_ADVICE}")
    _require_like(layer, twin, path, seen)
    return _of_configuration(layer, path)


def carry_state(layer: Any, new: Any, path: str) -> None:
    """Give a layer that was made anew the state of the old one, where it still has its shapes, and its flags anyhow."""
    if _fits(layer.variables, new.variables):
        for one, other in zip(layer.variables, new.variables, strict=True):
            other.assign(one)
        if hasattr(new, "finalize_state"):
            new.finalize_state()  # a Normalization computes with what it derives from its variables
    elif hasattr(layer, "adapt") or hasattr(layer, "finalize_state"):
        raise LayerError(f"{_needed(path)}, and what it has adapted to does not fit these. {_ADVICE}")
    if len(layer.weights) != len(new.weights):
        raise LayerError(f"{_needed(path)}, and for these it has another number of weights. {_ADVICE}")
    for one, other in zip(layer.weights, new.weights, strict=True):
        other.trainable, other.regularizer, other.constraint = one.trainable, one.regularizer, one.constraint


def _fits(variables: list[Any], others: list[Any]) -> bool:
    return [variable.shape for variable in variables] == [variable.shape for variable in others]


_ADVICE = "Replace it by a new layer, or edit the model in build(settings)."


def _needed(path: str) -> str:
    return f"Layer {path!r} has to be made anew, since the edit changes the shape of its input"


def _of_configuration(layer: Any, path: str) -> Any:
    try:
        return type(layer).from_config(_without_shapes(layer.get_config()))
    except Exception as error:
        said = f"its class gives no configuration to do so: {one_line(error)[:200]}"
        raise LayerError(f"{_needed(path)}, and {said} {_ADVICE}") from None


def _without_shapes(config: Any) -> Any:
    """Return a configuration without the shapes that the layers within were built for: they would be built for them again."""
    if isinstance(config, dict):
        return {name: _without_shapes(value) for name, value in config.items() if name != "build_config"}
    return [_without_shapes(value) for value in config] if isinstance(config, list) else config


def _require_like(layer: Any, twin: Any, path: str, seen: Seen) -> None:
    """Raise LayerError unless the twin gives what the layer gave, learns by the same losses, and holds the same values."""
    if shapes := keras_internals.build_shapes(layer):
        twin.build(**shapes)  # for the very shapes, which some note
    twin(*seen.args, **seen.options)
    if not _fits(layer.variables, twin.variables):
        raise LayerError(f"{_needed(path)}, and one made by its configuration has other weights. {_ADVICE}")
    carry_state(layer, twin, path)
    states = [variable.numpy() for variable in layer.variables]
    pairs = [(one(*seen.args, **seen.options), [*one.losses]) for one in (layer, twin)]
    for variable, state in zip(layer.variables, states, strict=True):
        variable.assign(state)
    keras_internals.forget_losses(layer)
    if not same(*pairs):
        raise LayerError(f"{_needed(path)}, and one made by its configuration gives another output. {_ADVICE}")
    name = _set_later(layer, twin)
    if name:
        raise LayerError(f"{_needed(path)}, and its configuration does not say its attribute {name!r}. {_ADVICE}")


def _set_later(layer: Any, twin: Any) -> str:
    """Return the name of an attribute that the twin lacks or has with another plain value; empty where there is none."""
    mine, its = vars(layer), vars(twin)
    for name in mine.keys() - _AROUND:
        noted_by_tensorflow = name.startswith(("_self_", "_obj_"))
        if not noted_by_tensorflow and (name not in its or _plain(mine[name]) != _plain(its[name])):
            return name
    return ""


def _plain(value: Any) -> str:
    """Write a value that two layers can have alike, empty for what is an object of its own."""
    if isinstance(value, dict):
        return _plain([*value.keys(), *value.values()])
    if isinstance(value, (list, tuple)):
        return repr([_plain(part) for part in value])
    return f"{type(value).__name__} {np.asarray(value).tolist()!r}" if isinstance(value, _PLAIN) else ""
