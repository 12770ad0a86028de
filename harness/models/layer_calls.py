"""The calls of which a model's graph is made: what is called with what, in the order in which it runs."""

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, replace
from typing import Any

import keras

from harness.engine import keras_internals

Edge = tuple[int, int]  # the ids of an operation and of one that it takes an input from


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """One call of a layer, or of an operation such as an addition of tensors."""

    operation: Any  # None: it passes on the one tensor that it is given
    args: tuple[Any, ...]
    options: dict[str, Any]
    outputs: tuple[keras.KerasTensor, ...]

    @property
    def inputs(self) -> list[keras.KerasTensor]:
        """The tensors that it is called with."""
        return tensors_in((self.args, self.options))


def graph_of(model: keras.Model) -> keras_internals.Functional | None:
    """Return the graph that a Sequential or functional model runs; None for a Sequential one that has none yet."""
    return keras_internals.graph_of_sequential(model) if isinstance(model, keras.Sequential) else model


def tensors_in(values: Any) -> list[keras.KerasTensor]:
    """Return the tensors in a nest of arguments, in their order, each as often as it is there."""
    return [value for value in keras.tree.flatten(values) if isinstance(value, keras.KerasTensor)]


def calls_of(graph: keras_internals.Functional) -> list[Call]:
    """Return the calls of a graph in the order in which they run, without the masks that Keras hands on by itself."""
    return [
        Call(node.operation, tuple(node.arguments.args), _without_implied_masks(node), tuple(node.outputs))
        for node in keras_internals.nodes_in_order(graph)
        if not node.is_input
    ]


def _without_implied_masks(node: Any) -> dict[str, Any]:
    """Return the named arguments of a call without the masks that follow from its inputs.

    Keras notes them in the graph as if they had been given: a layer would still be masked when what masks it is gone.
    """
    implied = {id(mask) for tensor in node.input_tensors if (mask := keras_internals.get_keras_mask(tensor)) is not None}
    return {
        name: value
        for name, value in node.arguments.kwargs.items()
        if not (name.endswith("mask") and all(part is None or id(part) in implied for part in _leaves(value)))
    }


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, (list, tuple)):
        for part in value:
            yield from _leaves(part)
    else:
        yield value


def sources_of(graph: keras_internals.Functional, calls: Iterable[Call]) -> dict[int, Any]:
    """Return which operation gives each tensor of a graph, by the tensor's id."""
    inputs = {id(tensor): keras_internals.source_of(tensor) for tensor in graph.inputs}
    return inputs | {id(tensor): call.operation for call in calls for tensor in call.outputs}


def needed_calls(graph: keras_internals.Functional, cuts: Set[Edge]) -> list[Call]:
    """Return the calls that a graph's outputs need once these edges are cut, in the order in which they run."""
    calls = calls_of(graph)
    sources = {tensor: id(source) for tensor, source in sources_of(graph, calls).items()}
    calls = [
        _without(call, {one for one in map(id, call.inputs) if (id(call.operation), sources[one]) in cuts}) for call in calls
    ]
    givers = {id(tensor): call for call in calls for tensor in call.outputs}
    wanted: set[int] = set()
    open_ends = list(graph.outputs)
    while open_ends:
        call = givers.get(id(open_ends.pop()))
        if call is not None and id(call) not in wanted:
            wanted.add(id(call))
            open_ends.extend(call.inputs)
    return [call for call in calls if id(call) in wanted]


def _without(call: Call, cut: Set[int]) -> Call:
    """Return the call of a merge without these inputs; one that is left with a single input becomes that input."""
    if not cut:
        return call
    left = [tensor for tensor in call.inputs if id(tensor) not in cut]
    if len(left) == 1:
        return replace(call, operation=None, args=tuple(left), options={})
    return replace(call, args=(left, *call.args[1:]))
