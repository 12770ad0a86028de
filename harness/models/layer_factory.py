"""A layer's text → a Keras layer, with a clear line where there is none of that kind."""

import inspect
import re
from collections.abc import Set
from typing import Any

import keras

from harness.errors import UsageError, one_line, unknown
from harness.study import LayerSpec

# What the base class of all layers takes besides.
COMMON = ("activity_regularizer", "autocast", "dtype", "name", "trainable")


class LayerError(UsageError):
    """An edit of layers that cannot be done, whatever the shapes: found in the plan, before anything trains."""


def made_layer(
    setting: str,
    text: LayerSpec,
    *,
    beside: Any,
    added: bool = False,
    taken: Set[str] = frozenset(),
) -> Any:
    """Return the layer that a text describes; LayerError where Keras has no such layer or does not take the arguments.

    beside: the layer whose place and name it takes, LayerError if it is that very layer; or, added, the one behind
    which it goes, whose name it carries on. It computes in that one's precision. taken: names that it must not have.
    """
    kind = _layer_class(setting, text.layer)
    options = dict(text.options)
    _check_options(setting, kind, options)
    if not added:
        options.setdefault("name", beside.name)
    else:
        options.setdefault("name", _free_name(f"{beside.name}-{_snake(text.layer)}", taken))
        if options["name"] in taken:
            raise LayerError(f"{setting} '{text}': the model has a layer {options['name']!r} already; expected another name.")
    if "float" in beside.compute_dtype:  # a table's is of texts or whole numbers
        options.setdefault("dtype", beside.dtype_policy)
    try:
        layer = kind(*text.args, **options)
    except Exception as error:
        raise LayerError(f"{setting} '{text}': Keras does not take these arguments: {one_line(error)}") from None
    if not added and type(layer) is type(beside) and layer.get_config() == beside.get_config():
        raise LayerError(f"{setting} '{text}' changes nothing: layer {beside.name!r} is that already.")
    return layer


def _layer_class(setting: str, name: str) -> type:
    known = {
        key: value
        for key, value in vars(keras.layers).items()
        if inspect.isclass(value) and issubclass(value, keras.layers.Layer) and value is not keras.layers.InputLayer
    }
    if name not in known:
        raise LayerError(f"{setting}: {unknown('Keras layer', name, known)}")
    return known[name]


def _check_options(setting: str, kind: Any, options: dict[str, Any]) -> None:
    parameters = inspect.signature(kind.__init__).parameters.values()
    known = {parameter.name for parameter in parameters if parameter.kind is parameter.POSITIONAL_OR_KEYWORD} - {"self"}
    known.update(COMMON)
    for name in options:
        if name not in known:
            raise LayerError(f"{setting}: {unknown(f'Argument of {kind.__name__}', name, known)}")


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()


def _free_name(name: str, taken: Set[str]) -> str:
    names = [name, *(f"{name}-{number}" for number in range(2, len(taken) + 3))]
    return next(candidate for candidate in names if candidate not in taken)
