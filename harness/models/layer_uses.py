"""What uses a layer besides the connections of a model: an attribute, a function's own variables, weights in common."""

import types
from collections.abc import Iterable, Iterator
from typing import Any

import keras

from harness.engine import keras_internals
from harness.models.layer_factory import LayerError
from harness.models.layer_matching import LayerEdit, is_graph, places_of

_DEEPEST = 4  # levels of lists, functions within functions


def require_unheld(model: keras.Model, places: Iterable[LayerEdit]) -> None:
    """Raise LayerError where something that stays would go on with a layer that an edit took out or made anew.

    model: as it is after the edit. places: of the layers as they were.
    """
    now = list(places_of(model))
    standing = {id(place.layer) for place in now}
    gone = {id(place.layer): place for place in places if id(place.layer) not in standing}
    weights = {id(variable): place for place in gone.values() for variable in place.layer.weights}
    for what, owner in _owners(model, now):
        for name, held in _held(owner):
            place = gone.get(id(held)) or weights.get(id(held))
            if place:
                raise LayerError(
                    f"{what} uses layer {place.path!r} in its {name}, beside the connections of the model, and would go on "
                    "with what the edit takes out or makes anew. Edit both, or write the variant in build(settings)."
                )
    for place in now:
        shared = next((weights[id(one)] for one in place.layer.weights if id(one) in weights), None)
        if shared and not is_graph(place.layer):
            raise LayerError(
                f"Layer {place.path!r} shares weights with layer {shared.path!r}, which the edit takes out or makes anew, and "
                "would go on with the old ones. Edit both, or write the variant in build(settings)."
            )


def _owners(model: keras.Model, places: Iterable[LayerEdit]) -> Iterator[tuple[str, Any]]:
    yield f"Model {model.name!r}", model
    yield f"Model {model.name!r}", keras_internals.compile_arguments(model)
    for place in places:
        parts = (place.layer,) if is_graph(place.layer) else keras_internals.all_layers(place.layer)
        for part in parts:
            yield f"Layer {place.path!r}", part


def _held(owner: Any) -> Iterator[tuple[str, Any]]:
    """Yield the layers and variables that an object holds as its own, each with the name by which it does."""
    if isinstance(owner, dict):
        for name, value in owner.items():
            yield from _parts(name, value, _DEEPEST)
        return
    around = _around(owner)
    for name, value in vars(owner).items():
        if name not in around and not name.startswith(("_self_", "_obj_")):  # TensorFlow's notes
            yield from _parts(name, value, _DEEPEST)
    for kind in type(owner).__mro__:
        if not kind.__module__.startswith(("keras.", "tensorflow.", "builtins")):
            for name, value in vars(kind).items():
                yield from _parts(name, getattr(value, "fget", value), _DEEPEST)


def _around(owner: Any) -> dict[str, Any]:
    """Return what any layer or model of the kind holds, its layers among it."""
    if not is_graph(owner):
        return vars(keras.layers.Layer())
    given = keras.Input((1,))
    return vars(keras.Sequential() if isinstance(owner, keras.Sequential) else keras.Model(given, given))


def _parts(name: str, value: Any, depth: int) -> Iterator[tuple[str, Any]]:
    if isinstance(value, (keras.Layer, keras.Variable)):
        yield name, value
    elif not depth:
        return
    elif isinstance(value, dict):
        for part in value.values():
            yield from _parts(name, part, depth - 1)
    elif isinstance(value, (list, tuple, set)):
        for part in value:
            yield from _parts(name, part, depth - 1)
    elif isinstance(value, types.MethodType):
        yield from _parts(name, value.__func__, depth)
    elif isinstance(value, types.FunctionType):
        for cell in value.__closure__ or ():
            try:
                yield from _parts(name, cell.cell_contents, depth - 1)
            except ValueError:  # a name that its function has not given a value yet
                continue
