"""A model's own layers connected anew, as its edits say: in the very model, so that nothing that it holds is lost."""

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import keras

from harness.engine import keras_internals
from harness.models.layer_calls import Call, Edge, calls_of, graph_of, needed_calls, tensors_in
from harness.models.layer_checks import Seen
from harness.models.layer_cuts import MERGES
from harness.models.layer_factory import LayerError, made_layer
from harness.models.layer_matching import LayerEdit, is_graph
from harness.models.layer_remaking import carry_state, depends_on_shapes, remade

_STRETCHING = ("Add", "Average", "Divide", "Maximum", "Minimum", "Multiply", "Subtract", "TrueDivide")


@dataclass(slots=True)
class Rewiring:
    """What is to become of a model's layers and edges.

    places: of the layers to edit, by the ids of the layers. touched: the paths of the models that change within. seen:
    how each layer was called at first, by its id.
    """

    places: Mapping[int, LayerEdit]
    cuts: Mapping[Edge, str]
    touched: frozenset[str]
    seen: Mapping[int, Seen] = field(default_factory=dict)
    remade: list[tuple[Any, Any]] = field(default_factory=list)  # of each layer that was made anew: the old one, the new one
    open_ends: dict[int, tuple[tuple[Any, str], ...]] = field(default_factory=dict)  # what these are yet to be given

    def rewire(self, model: keras.Model, inside: str = "") -> None:
        """Connect a model's layers anew, those of the models within it first."""
        for layer in model.layers:
            path = f"{inside}/{layer.name}" if inside else layer.name
            if path in self.touched and is_graph(layer):
                self.rewire(layer, path)
        graph, layers = graph_of(model), model.layers
        connected = graph and self._connected(graph, f"{inside}/" if inside else "")
        if isinstance(model, keras.Sequential):
            _restack(model, [step for layer in layers for step in self._steps(layer)], connected)
        else:
            keras_internals.take_connections(model, connected)
        model.train_function = model.test_function = model.predict_function = None

    def _connected(self, graph: keras_internals.Functional, prefix: str) -> keras_internals.Functional:
        calls = needed_calls(graph, self.cuts.keys())
        _forget_calls(graph)
        tensors = {id(tensor): tensor for tensor in graph.inputs}
        for call in calls:
            args, options = keras.tree.map_structure(
                lambda part, known=tensors: known.get(id(part), part), (call.args, call.options)
            )
            if call.operation is not None:
                _require_unlike(call, tensors_in((args, options)), prefix)
            outputs = self._called(call, args, options)
            tensors |= {id(old): new for old, new in zip(call.outputs, keras.tree.flatten(outputs), strict=True)}
        outputs = keras.tree.map_structure(lambda tensor: tensors[id(tensor)], keras_internals.output_structure(graph))
        ends = keras.tree.flatten(outputs)
        if len({id(tensor) for tensor in ends}) < len({id(tensor) for tensor in graph.outputs}):
            raise LayerError(f"Two outputs of model {graph.name!r} would be one and the same; expected them to differ.")
        return keras_internals.Functional(keras_internals.input_structure(graph), outputs, name=graph.name)

    def _called(self, call: Call, args: Any, options: Any) -> Any:
        """Return what stands in place of a call's output, with the layers that stand in place of what was called."""
        if call.operation is None:
            return args[0]
        place = self.places.get(id(call.operation))
        if place and place.removed:
            place.steps = []
            return _passed_on(call, tensors_in((args, options)))
        first, *others = self._steps(call.operation, call, tensors_in((args, options)))
        result = first(*args, **options)
        for old, path in self.open_ends.pop(id(first), ()):
            carry_state(old, first, path)
        for layer in others:
            result = layer(result)
        return result

    def _steps(self, layer: Any, call: Call | None = None, inputs: list[Any] | None = None) -> list[Any]:
        """Return the layers that stand where one stood, in their order, made once, however often it is called."""
        place = self.places.get(id(layer))
        if place is None:
            return [layer]
        if place.steps is None:
            kept = [] if place.removed else [self._kept(place, call, inputs)]
            taken = {other.layer.name for other in self.places.values() if other.inside == place.inside}
            for text in place.additions:
                kept.append(made_layer("insert_after", text, beside=layer, added=True, taken=taken))
                taken.add(kept[-1].name)
            place.steps = kept
        return place.steps

    def _kept(self, place: LayerEdit, call: Call | None, inputs: list[Any] | None) -> Any:
        layer = place.layer
        if place.replacement:
            return made_layer("replace", place.replacement, beside=layer)
        unchanged = call is None or [tensor.shape for tensor in call.inputs] == [tensor.shape for tensor in inputs or ()]
        if unchanged or is_graph(layer) or not depends_on_shapes(layer):
            return layer
        new = remade(layer, place.path, self.seen.get(id(layer)))
        self.remade.append((layer, new))
        self.open_ends[id(new)] = ((layer, place.path),)
        return new


def _forget_calls(graph: keras_internals.Functional) -> None:
    """Take the calls of a graph off what it calls, so that a layer's output is the one in the model that it is in now."""
    calls = calls_of(graph)
    outputs = {id(tensor) for call in calls for tensor in call.outputs}
    for operation in {id(call.operation): call.operation for call in calls}.values():
        keras_internals.forget_calls(operation, outputs)


def _restack(model: keras.Sequential, layers: list[Any], connected: keras_internals.Functional | None) -> None:
    for _ in model.layers:
        model.pop(rebuild=False)
    for layer in layers:
        model.add(layer, rebuild=False)
    if connected is not None:
        keras_internals.set_graph_of_sequential(model, connected)


def _passed_on(call: Call, inputs: Iterable[keras.KerasTensor]) -> keras.KerasTensor:
    """Return the one tensor that a removed layer was called with."""
    tensors = list({id(tensor): tensor for tensor in inputs}.values())
    if len(tensors) != 1 or len(call.outputs) != 1:
        raise LayerError(
            f"remove: layer {call.operation.name!r} ({type(call.operation).__name__}) takes or gives several tensors, so "
            "removing it leaves open which of them goes on; replace it, remove the layers before it, "
            "or cut what it is not to take."
        )
    return tensors[0]


def _require_unlike(call: Call, inputs: list[keras.KerasTensor], prefix: str) -> None:
    """Raise where an edit before a merge made it another one: of a tensor with itself, or of one stretched to the other.

    prefix: of the paths in the model that it lies in.
    """
    kind, name, before = type(call.operation).__name__, f"{prefix}{call.operation.name}", call.inputs
    for (one, new), (other, its) in itertools.combinations(zip(before, inputs, strict=True), 2):
        if new is its and one is not other:
            sources = [keras_internals.source_of(tensor).name for tensor in (one, other)]
            branch = next(source for source in reversed(sources) if source != keras_internals.source_of(new).name)
            away = f"to take that input away, say cut={name}:{branch}; " if kind in MERGES else ""
            raise LayerError(
                f"remove: without {prefix}{branch}, {name!r} ({kind}) would take one tensor twice, in place of the outputs of "
                f"{' and '.join(sources)}: {away}to let it do so, say replace={prefix}{branch}=Identity()."
            )
    if kind in _STRETCHING and len({tensor.shape for tensor in before}) == 1 < len({tensor.shape for tensor in inputs}):
        shapes = " and ".join(str(tuple(tensor.shape)) for tensor in inputs)
        raise ValueError(f"{name!r} would stretch tensors of the shapes {shapes} to each other; expected equal ones.")
