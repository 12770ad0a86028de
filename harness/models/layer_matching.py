"""Which layers of a model an edit means, and what is to become of each."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, TypeAlias

import keras

from harness.engine import keras_internals
from harness.errors import unknown
from harness.models.layer_factory import LayerError
from harness.study import LayerSpec, parse_layer

Graph: TypeAlias = keras.Sequential | keras_internals.Functional


def is_graph(model: Any) -> bool:
    """Say whether a model's layers and connections can be read: it is Sequential or functional, and runs just these."""
    own_call = "call" in vars(model) or getattr(type(model), "call", None) not in (
        keras.Sequential.call,
        keras_internals.Functional.call,
    )
    return isinstance(model, Graph) and not own_call


@dataclass(slots=True)
class LayerEdit:
    """One layer of the model and what is to become of it."""

    path: str  # its name, behind those of the models that it lies in: block/conv-1
    layer: Any
    inside: str  # the path of the model that it lies in
    removed: bool = False
    replacement: LayerSpec | None = None
    additions: list[LayerSpec] = field(default_factory=list)
    frozen_by: list[str] = field(default_factory=list)  # the names and patterns that say so
    steps: list[Any] | None = None  # the layers that stand there in the edited model; None: none has been called

    @property
    def rewires(self) -> bool:
        """Whether the model's connections change here."""
        return self.removed or bool(self.replacement or self.additions)


def marked_places(model: Graph, edits: Mapping[str, Iterable[str]]) -> dict[str, LayerEdit]:
    """Return the model's layers by their paths, each with what is to become of it.

    edits: by the names of the settings. LayerError for a name that matches nothing and for an edit that cannot be meant.
    """
    places = {place.path: place for place in places_of(model)}
    for pattern in edits["remove"]:
        for place in matching("remove", pattern, places):
            place.removed = True
    for text in map(_parsed("replace"), edits["replace"]):
        for place in matching("replace", text.target, places):
            _require_free("replace", place)
            place.replacement = text
    for text in map(_parsed("insert_after"), edits["insert_after"]):
        for place in matching("insert_after", text.target, places):
            _require_kept("insert_after", place)
            place.additions.append(text)
    for pattern in edits["freeze"]:
        found = matching("freeze", pattern, places)
        for place in found:
            _require_kept("freeze", place)
            place.frozen_by.append(pattern)
        # Whether a layer that is yet to be made learns shows when it is built.
        _require_learning(pattern, found, [place.layer for place in found if not place.replacement])
    _require_some_left(model, places)
    return places


def freeze_made(places: Iterable[LayerEdit]) -> None:
    """Freeze the layers that were made where it is wanted; LayerError for a pattern of which none can learn."""
    frozen = [place for place in places if place.frozen_by]
    for pattern in dict.fromkeys(pattern for place in frozen for pattern in place.frozen_by):
        found = [place for place in frozen if pattern in place.frozen_by]
        _require_learning(pattern, found, [current_layer(place) for place in found])
    for place in frozen:
        current_layer(place).trainable = False


def current_layer(place: LayerEdit) -> Any:
    """Return the layer that stands in a place after the edit, the one that was there before where nothing changed."""
    return place.steps[0] if place.steps else place.layer


def places_of(model: Graph, inside: str = "") -> Iterator[LayerEdit]:
    """Yield the place of each layer of a model, and of those of the models within it."""
    for layer in model.layers:
        path = f"{inside}/{layer.name}" if inside else layer.name
        yield LayerEdit(path, layer, inside)
        if is_graph(layer):
            yield from places_of(layer, path)


def _parsed(setting: str) -> Callable[[str], LayerSpec]:
    return lambda text: parse_layer(setting, text)


def matching(setting: str, pattern: str, places: dict[str, LayerEdit]) -> list[LayerEdit]:
    """Return the places that a setting's name or pattern means; LayerError, with the nearest name, where it means none."""
    known = {path: place for path, place in places.items() if not isinstance(place.layer, keras.layers.InputLayer)}
    if pattern in places and pattern not in known:
        raise LayerError(f"{setting}: {pattern!r} is an input of the model; expected one of its layers: {', '.join(known)}.")
    found = [known[pattern]] if pattern in known else [place for path, place in known.items() if fnmatchcase(path, pattern)]
    if not found:
        within = [path for path in known if path.endswith(f"/{pattern}")]
        likely = f"Layer {pattern!r} is not known. Did you mean {' or '.join(map(repr, within))}?"
        raise LayerError(f"{setting}: {likely if within else unknown('Layer', pattern, known)}")
    return found


def _require_kept(setting: str, place: LayerEdit) -> None:
    if place.removed:
        raise LayerError(f"{setting}: layer {place.path!r} is removed as well; expected one of the two.")


def _require_free(setting: str, place: LayerEdit) -> None:
    _require_kept(setting, place)
    if place.replacement:
        raise LayerError(f"{setting}: layer {place.path!r} is replaced twice; expected one layer in its place.")


def _require_learning(pattern: str, places: list[LayerEdit], layers: list[Any]) -> None:
    if len(layers) == len(places) and all(layer.built and not layer.trainable_weights for layer in layers):
        raise LayerError(f"freeze: {pattern!r} matches no layer that learns ({', '.join(place.path for place in places)}).")


def _require_some_left(model: keras.Model, places: dict[str, LayerEdit]) -> None:
    models = {path: (path, place.removed) for path, place in places.items() if is_graph(place.layer)}
    for path, (name, removed) in ({"": (model.name, False)} | models).items():
        within = [place for place in places.values() if place.inside == path]
        layers = [place for place in within if not isinstance(place.layer, keras.layers.InputLayer)]
        if layers and not removed and all(place.removed for place in layers):
            whole = ", or it removed" if path else ""
            raise LayerError(f"remove: no layer of the model {name!r} is left; expected at least one{whole}.")
    for place in places.values():
        edited = place.removed or place.replacement
        below = [other for other in places.values() if f"{other.inside}/".startswith(f"{place.path}/")]
        if edited and any(other.replacement or other.additions or other.frozen_by for other in below):
            raise LayerError(f"Layer {place.path!r} goes, and layers within it are edited; expected one of the two.")
