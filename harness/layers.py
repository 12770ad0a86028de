"""Layer ablation: a built model → the same model with layers removed, replaced, added or frozen.

The model is rebuilt from its own layers' configurations, so every shape is inferred anew. Layers that stay as they were
start from the very weights that they have in the given model: a variant and its control then differ, seed by seed, in
what is edited and in nothing else. Layers that are new, or whose shapes change, draw weights by the seed and their path:
the same ones in a variant and in a control that has the same new layer.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import keras

from harness.layerdraws import drawn_apart, draws
from harness.layermaking import LayerError, made_layer
from harness.layerplaces import Graph, Place, freeze_made, marked_places

__all__ = ["LayerError", "edit"]


def edit(
    model: keras.Model,
    *,
    remove: Iterable[str] = (),
    replace: Iterable[str] = (),
    insert_after: Iterable[str] = (),
    freeze: Iterable[str] = (),
    seed: int = 0,
) -> keras.Model:
    """Return the model with its layers edited, compiled as the given one is; the given one is used up.

    Layers are named by their names or by patterns (`pool-*`), those within a nested model by `block/conv-1`. A layer
    that takes another's place takes its name too. LayerError for a name that matches nothing and for an edit that
    cannot be meant; where the layers that are left do not fit each other, Keras' own error; ValueError where
    they no longer give outputs as the labels are made for. seed: what new layers draw follows from it and their paths.
    """
    _require_rebuildable(model)
    places = marked_places(model, {"remove": remove, "replace": replace, "insert_after": insert_after, "freeze": freeze})
    compiled, rebuilding = model.compiled, _Rebuilding(places, seed)
    with draws(seed, ""):
        edited = rebuilding.rebuilt(model, "")
    rebuilding.carry_weights()
    freeze_made(places.values())
    _require_outputs(edited, model, places)
    if compiled:
        _compile_alike(edited, model)
    return edited


def _require_rebuildable(model: keras.Model) -> None:
    kind = type(model).__name__
    if not isinstance(model, Graph):
        raise LayerError(
            f"Model {model.name!r} is of the class {kind}, whose connections only its code knows; layers can be edited "
            "in Sequential and functional models."
        )
    own = {"train_step", "test_step", "predict_step"} & set(vars(model))
    if own or type(model).compile is not keras.Model.compile:
        raise LayerError(f"Model {model.name!r} has a {min(own, default='compile')} of its own, which a rebuilt model would lose.")


@dataclass(slots=True)
class _Rebuilding:
    """A model in the making: which new layers stand for which old ones."""

    places: dict[str, Place]
    seed: int
    copies: list[tuple[Any, Any]] = field(default_factory=list)  # of each layer that stays: the old one, the new one
    homes: dict[int, str] = field(default_factory=dict)  # a layer's id → the path at which it was met first

    def rebuilt(self, model: Graph, inside: str) -> keras.Model:
        """Return a new model of the new layers, not compiled."""
        steps = {id(place.layer): self._steps(place) for place in self.places.values() if place.inside == inside}
        if isinstance(model, keras.Sequential):
            first = model._layers[0]
            layers = [_copied(first)] if isinstance(first, keras.layers.InputLayer) else []
            new = type(model)([*layers, *(step for layer in model.layers for step in steps[id(layer)])], name=model.name)
        else:
            model.compiled = False  # Keras would compile the clone from texts, which name no function of the user's
            inputs = keras.tree.map_structure(_new_input, model.input)
            new = keras.models.clone_model(model, input_tensors=inputs, clone_function=lambda part: _called(part, steps))
        if type(new) is not type(model):
            raise LayerError(f"Model {model.name!r} is made by {type(model).__name__} in a way of its own, and cannot be rebuilt.")
        if not model.trainable:
            new.trainable = False
        return new

    def _steps(self, place: Place) -> list[Any]:
        """Return the layers that stand where one stood, in their order; the layer is made once, however often it is called."""
        home = self.homes.setdefault(id(place.layer), place.path)
        if home != place.path:
            raise LayerError(f"Layer {place.path!r} is the same as {home!r}, within another model; such a model cannot be edited.")
        steps = [] if place.removed else [self._kept(place)]
        taken = {other.layer.name for other in self.places.values() if other.inside == place.inside}
        for text in place.additions:
            where = {"seed": self.seed, "inside": place.inside}
            steps.append(made_layer("insert_after", text, **where, near=place.layer.name, taken=taken))
            taken.add(steps[-1].name)
        return steps

    def _kept(self, place: Place) -> Any:
        layer = place.layer
        if place.replacement:
            new = made_layer("replace", place.replacement, seed=self.seed, inside=place.inside, instead_of=layer)
        elif isinstance(layer, Graph):
            new = self.rebuilt(layer, place.path)
        else:
            new = drawn_apart(lambda: _copied(layer), seed=self.seed, path=place.path)
            self.copies.append((layer, new))
        place.made = new
        return new

    def carry_weights(self) -> None:
        """Give each layer that stays, and still has its shapes, the state that it has in the given model."""
        for old, new in self.copies:
            pairs = list(zip(old.variables, new.variables, strict=False))
            if len(old.variables) == len(new.variables) and all(one.shape == other.shape for one, other in pairs):
                for one, other in pairs:
                    other.assign(one)
                if hasattr(new, "finalize_state"):
                    new.finalize_state()  # a Normalization computes with what it derives from its variables


def _copied(part: Any) -> Any:
    return part.__class__.from_config(part.get_config())


def _new_input(tensor: keras.KerasTensor) -> keras.KerasTensor:
    layer = tensor._keras_history.operation
    return keras.Input(batch_shape=tensor.shape, dtype=tensor.dtype, sparse=tensor.sparse, name=layer.name)


def _called(part: Any, steps: dict[int, list[Any]]) -> Callable[..., Any]:
    """Return what is called where a layer, or an operation such as an addition of tensors, was called."""
    if id(part) not in steps:
        return _copied(part)

    def call(*args: Any, **options: Any) -> Any:
        first, *others = steps[id(part)] or [lambda *args, **options: _passed_on(part, args, options)]
        result = first(*args, **options)
        for layer in others:
            result = layer(result)
        return result

    return call


def _passed_on(layer: Any, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """Return the one tensor that a removed layer was called with."""
    tensors = {id(part): part for part in keras.tree.flatten((args, options)) if isinstance(part, keras.KerasTensor)}
    if len(tensors) != 1 or len(layer._inbound_nodes[0].outputs) != 1:
        raise LayerError(
            f"remove: layer {layer.name!r} ({type(layer).__name__}) takes or gives several tensors, so removing it leaves open "
            "which of them goes on; replace it instead, or remove the layers before it."
        )
    return next(iter(tensors.values()))


def _require_outputs(edited: keras.Model, model: keras.Model, places: dict[str, Place]) -> None:
    """Raise ValueError where removing layers changed what the model gives: a loss may take it, and mean nothing.

    A layer that is put in at an output is another matter: it says of which shape the outputs are to be.
    """
    removed = [place.path for place in places.values() if place.removed]
    last = [place for place in places.values() if id(place.layer) in _output_layers(model)]
    before, after = _output_shapes(model), _output_shapes(edited)
    if removed and before != after and before and after and not any(place.replacement or place.additions for place in last):
        raise ValueError(
            f"remove: without {', '.join(removed)}, the outputs of model {model.name!r} have the shape {after}; expected "
            f"{before}, as the labels are made for. Replace the layer, or remove another."
        )


def _output_layers(model: keras.Model) -> set[int]:
    """Return the ids of the layers that give a model's outputs."""
    if isinstance(model, keras.Sequential):
        return {id(model.layers[-1])}
    return {id(tensor._keras_history.operation) for tensor in model.outputs}


def _output_shapes(model: keras.Model) -> str:
    """Write the shapes of what a model gives; empty for a Sequential one that does not know its input yet."""
    return ", ".join(str(tuple(part.shape)) for part in getattr(model, "outputs", None) or ())


def _compile_alike(edited: keras.Model, model: keras.Model) -> None:
    optimizer = model.optimizer
    if optimizer is not None and optimizer.built:  # bound to the variables of the given model
        optimizer = _copied(optimizer)
    edited.compile(**model._compile_config.config | {"optimizer": optimizer})
