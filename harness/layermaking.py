"""A layer's text → a Keras layer, with a clear line where there is none of that kind."""

import inspect
import re
from collections.abc import Set
from typing import Any

import keras

from harness.errors import UsageError, one_line, unknown
from harness.layerdraws import drawn_apart
from harness.layertexts import LayerText

# What the base class of all layers takes besides.
COMMON = ("activity_regularizer", "autocast", "dtype", "name", "trainable")


class LayerError(UsageError):
    """An edit of layers that cannot be done, whatever the shapes: found in the plan, before anything trains."""


def made_layer(
    setting: str,
    text: LayerText,
    *,
    seed: int,
    inside: str,
    instead_of: Any = None,
    near: str = "",
    taken: Set[str] = frozenset(),
) -> Any:
    """Return the layer that a text describes; LayerError where Keras has no such layer or does not take the arguments.

    seed, inside: it draws by the seed and its path, which begins with that of the model that it goes into.
    instead_of: the layer whose place and name it takes; LayerError if it is that very layer. near: the layer behind
    which it goes, whose name it carries on. taken: names that it must not have.
    """
    kind = _layer_class(setting, text.layer)
    options = dict(text.options)
    _check_options(setting, kind, options)
    if instead_of is not None:
        options.setdefault("name", instead_of.name)
    else:
        options.setdefault("name", _free_name(f"{near}-{_snake(text.layer)}", taken))
        if options["name"] in taken:
            raise LayerError(f"{setting} '{text}': the model has a layer {options['name']!r} already; expected another name.")
    path = f"{inside}/{options['name']}" if inside else str(options["name"])
    try:
        layer = drawn_apart(lambda: kind(*text.args, **options), seed=seed, path=path)
    except Exception as error:
        raise LayerError(f"{setting} '{text}': Keras does not take these arguments: {one_line(error)}") from None
    if instead_of is not None and type(layer) is type(instead_of) and layer.get_config() == instead_of.get_config():
        raise LayerError(f"{setting} '{text}' changes nothing: layer {instead_of.name!r} is that already.")
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


def _check_options(setting: str, kind: type, options: dict[str, Any]) -> None:
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
