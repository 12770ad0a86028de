"""What a model's test loss is made of, in words, so that two that measure by different losses are told apart."""

import inspect
from collections.abc import Mapping
from typing import Any

import keras

from harness.engine import keras_internals

_SAYS_NOTHING = ("name", "dtype", "fn", "from_logits")  # of what is measured; the last is how outputs are written


def loss_text(model: keras.Model) -> str:
    """Return the losses that a model is compiled with, their weights, and the kinds of its penalties on weights.

    `mse`, its function and its class are one, and so are cross-entropies of class numbers and of one-hot rows. What a loss
    of the user's own keeps to itself is not seen.
    """
    given = keras_internals.compile_arguments(model)
    weights = given.get("loss_weights")
    said = _said(given.get("loss")) + (f" weighted {_said(weights)}" if weights is not None else "")
    penalties = {_said(part) for layer in keras_internals.all_layers(model) for part in vars(layer).values() if _penalty(part)}
    return " + ".join([said, *sorted(penalties)])


def _penalty(value: Any) -> bool:
    """Say whether a value is a regularizer that adds something: one of nothing but zeros does not."""
    return isinstance(value, keras.Regularizer) and (values := value.get_config().values()) and any(map(bool, values))


def _said(part: Any) -> str:
    if isinstance(part, Mapping):
        return "{" + ", ".join(f"{name}: {_said(part[name])}" for name in sorted(part, key=str)) + "}"
    if isinstance(part, (list, tuple)):
        return "[" + ", ".join(map(_said, part)) + "]"
    if isinstance(part, str):
        try:
            return _said(keras.losses.get(part))
        except ValueError:
            return part
    if isinstance(part, (keras.Loss, keras.Regularizer)):
        name = keras_internals.to_snake_case(type(part).__name__).removeprefix("sparse_")
        return " ".join([name, *_choices(part)])
    if part is None or isinstance(part, (int, float)):
        return "none" if part is None else f"{part:g}"
    return str(getattr(part, "__name__", type(part).__name__)).removeprefix("sparse_")


def _choices(part: Any) -> list[str]:
    """Return what an object's configuration says beside its defaults, as `delta=0.5`."""
    try:
        config = {**part.get_config(), **keras_internals.loss_arguments(part)}
        defaults: dict[str, Any] = {"reduction": "sum_over_batch_size"}
        defaults |= {name: one.default for name, one in inspect.signature(type(part)).parameters.items()}
    except Exception:  # code of the user's own
        return []
    plain = {name: value for name, value in config.items() if isinstance(value, (str, bool, int, float))}
    chosen = {name: value for name, value in plain.items() if name not in _SAYS_NOTHING and value != defaults.get(name)}
    return [f"{name}={value}" for name, value in sorted(chosen.items())]
