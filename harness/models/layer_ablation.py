"""Layer ablation: a built model → the same model with layers removed, replaced, added, frozen or cut off.

The model is connected anew with its own layers, so that nothing about them is lost: what they have adapted to, what was
set after they were made, weights that they share. A variant and its control then differ, seed by seed, in what is edited
and in nothing else. Only a layer whose input changes its shape is made anew, by its configuration, and is refused where
that does not say all that the layer is.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import keras

from harness.engine import keep_path, keras_internals, layers_by_path
from harness.models.layer_checks import Seen, differing, seen_calls
from harness.models.layer_cuts import marked_cuts
from harness.models.layer_factory import LayerError
from harness.models.layer_matching import LayerEdit, current_layer, freeze_made, is_graph, marked_places, places_of
from harness.models.layer_optimizers import renew_optimizers
from harness.models.layer_rewiring import Rewiring
from harness.models.layer_uses import require_unheld


def edit(
    model: keras.Model,
    *,
    remove: Iterable[str] = (),
    replace: Iterable[str] = (),
    insert_after: Iterable[str] = (),
    freeze: Iterable[str] = (),
    cut: Iterable[str] = (),
) -> keras.Model:
    """Edit the layers of a model, compiled or not, and return it.

    Layers are named by their names or by patterns (`pool-*`), those within a nested model by `block/conv-1`, an edge to
    cut by `merge:branch`. A layer that takes another's place takes its name too. LayerError for a name that matches
    nothing and for an edit that cannot be meant; where the layers that are left do not fit each other, Keras' own
    error; ValueError where they no longer give outputs as the labels are made for.
    """
    _require_editable(model)
    places = marked_places(model, {"remove": remove, "replace": replace, "insert_after": insert_after, "freeze": freeze})
    cuts = marked_cuts(model, cut, places.values())
    drawn_by = {id(layer): path for path, layer in layers_by_path(model)}
    pairs: list[tuple[Any, Any]] = []
    if cuts or any(place.rewires for place in places.values()):
        last, before = _output_layers(model), _output_shapes(model)
        pairs = _rewire(model, places, cuts)
        _require_outputs(model, places, last, before)
    for place in places.values():
        keep_path(current_layer(place), drawn_by[id(place.layer)])
        for layer in (place.steps or ())[1:]:
            keep_path(layer, f"{place.inside}/+{layer.name}")
    freeze_made(places.values())
    renew_optimizers(model, pairs)
    if model.compiled:
        keras_internals.accept_trainable(model)
    return model


def _require_editable(model: keras.Model) -> None:
    if not is_graph(model):
        raise LayerError(
            f"Model {model.name!r} is of the class {type(model).__name__}, whose connections only its code knows; layers can "
            "be edited in Sequential and functional models."
        )


def _rewire(model: keras.Model, places: Mapping[str, LayerEdit], cuts: Mapping[tuple[int, int], str]) -> list[tuple[Any, Any]]:
    """Connect a model's layers as its edits say; return of the variables of what was made anew the old and the new ones."""
    within = [place.inside for place in places.values() if place.rewires] + list(cuts.values())
    touched = frozenset(path for inside in within for path in _onwards(inside))
    _require_once(places, touched)
    seen = _require_itself(model, touched)
    by_layer = {id(place.layer): place for place in places.values()}
    rewiring = Rewiring(by_layer, cuts, touched, {id(call.operation): call for call in reversed(seen or ())})
    rewiring.rewire(model)
    now = {id(place.layer) for place in places_of(model)}
    for place in places.values():
        if (place.replacement or place.additions or place.frozen_by) and id(current_layer(place)) not in now:
            raise LayerError(f"Layer {place.path!r} is edited, and falls away with what is cut; expected one of the two.")
    require_unheld(model, places.values())
    return [pair for layers in rewiring.remade for pair in zip(*(layer.weights for layer in layers), strict=True)]


def _onwards(path: str) -> list[str]:
    """Return a path and those of the models around: of a/b, a and a/b."""
    parts = path.split("/") if path else []
    return ["/".join(parts[: number + 1]) for number in range(len(parts))]


def _require_once(places: Mapping[str, LayerEdit], touched: frozenset[str]) -> None:
    homes: dict[int, str] = {}
    for place in places.values():
        home = homes.setdefault(id(place.layer), place.path)
        if home != place.path and (place.rewires or places[home].rewires or {place.path, home} & touched):
            raise LayerError(f"Layer {place.path!r} is the same as {home!r}, within another model; it cannot be edited.")


def _require_itself(model: keras.Model, touched: frozenset[str]) -> list[Seen] | None:
    """Connect the model anew without any edit; return its calls, and raise LayerError unless it computes what it did."""
    first = seen_calls(model)
    again = first and seen_calls(model)
    unedited = {id(place.layer): LayerEdit(place.path, place.layer, place.inside) for place in places_of(model)}
    Rewiring(unedited, {}, touched).rewire(model)
    if first and again:
        after = seen_calls(model)
        name = differing(first, again, after) if after else model.name
        if name:
            raise LayerError(
                f"Model {model.name!r} put together again, and unedited, gives another output than before at {name!r}; its "
                "layers cannot be edited. Write the variant in build(settings)."
            )
    return first


def _require_outputs(model: keras.Model, places: Mapping[str, LayerEdit], last: set[int], before: str) -> None:
    """Raise ValueError where removing layers changed what the model gives: a loss may take it, and mean nothing.

    A layer that is put in at an output is another matter: it says of which shape the outputs are to be.
    """
    gone = [place.path for place in places.values() if place.removed]
    ends = [place for place in places.values() if id(place.layer) in last]
    after = _output_shapes(model)
    if before != after and before and after and not any(place.replacement or place.additions for place in ends):
        without = f"without {', '.join(gone)}" if gone else "with these edits"
        raise ValueError(
            f"remove: {without}, the outputs of model {model.name!r} have the shape {after}; expected "
            f"{before}, as the labels are made for. Replace the layer, or remove another."
        )


def _output_layers(model: keras.Model) -> set[int]:
    """Return the ids of the layers that give a model's outputs."""
    if isinstance(model, keras.Sequential):
        return {id(model.layers[-1])}
    return {id(keras_internals.source_of(tensor)) for tensor in model.outputs}


def _output_shapes(model: keras.Model) -> str:
    """Write the shapes of what a model gives; empty for a Sequential one that does not know its input yet."""
    return ", ".join(str(tuple(part.shape)) for part in getattr(model, "outputs", None) or ())
