"""Edges of a model that are cut: which layer or operation no longer takes what from which other one."""

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import Any

import keras

from harness.errors import unknown
from harness.models.layer_calls import Edge, calls_of, graph_of, sources_of
from harness.models.layer_factory import LayerError
from harness.models.layer_matching import LayerEdit, is_graph

# What can do without one of its inputs, as a layer of Keras and as an operation on tensors.
MERGES = ("Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply")
FIRST_STAYS = ("Divide", "Subtract", "TrueDivide")  # of two: without the first, the second would be another thing


def marked_cuts(model: keras.Model, patterns: Iterable[str], places: Iterable[LayerEdit]) -> dict[Edge, str]:
    """Return the edges to cut, each with the path of the model that it lies in; LayerError for what cannot be meant."""
    edges = {name: edge for inside, part in _models(model, places) for name, edge in _edges(part, inside)}
    cuts: dict[Edge, str] = {}
    for pattern in patterns:
        found = [pattern] if pattern in edges else [name for name in edges if fnmatchcase(name, pattern)]
        if not found:
            raise LayerError(f"cut: {_unknown(pattern, edges)}")
        for name in found:
            merge, source, inside = edges[name]
            cuts[id(merge), id(source)] = inside
    for name, (merge, source, _) in edges.items():
        if (id(merge), id(source)) in cuts:
            inputs = [giver for other, giver, _ in edges.values() if other is merge]
            _require_mergeable(name, merge, source, inputs)
            if all((id(merge), id(giver)) in cuts for giver in inputs):
                raise LayerError(f"cut {name!r}: nothing is left that {merge.name!r} would take; expected one input at least.")
    return cuts


def _unknown(pattern: str, edges: dict[str, Any]) -> str:
    said = str(unknown("Edge", pattern, edges))
    form = "Expected MERGE:INPUT: what takes several inputs, and what gives the one that is to go, as in add:branch."
    return said if ":" in pattern and edges else f"{said} {form}"


def _models(model: keras.Model, places: Iterable[LayerEdit]) -> Iterator[tuple[str, keras.Model]]:
    yield "", model
    for place in places:
        if is_graph(place.layer):
            yield place.path, place.layer


def _edges(model: keras.Model, inside: str) -> Iterator[tuple[str, tuple[Any, Any, str]]]:
    """Yield the name of each edge into something that takes several tensors, and what it joins."""
    graph = graph_of(model)
    if graph is None:
        return
    calls = calls_of(graph)
    sources = sources_of(graph, calls)
    for call in calls:
        if len({id(tensor) for tensor in call.inputs}) > 1:
            for source in {id(sources[id(tensor)]): sources[id(tensor)] for tensor in call.inputs}.values():
                name = f"{call.operation.name}:{source.name}"
                yield f"{inside}/{name}" if inside else name, (call.operation, source, inside)


def _require_mergeable(name: str, merge: Any, source: Any, inputs: list[Any]) -> None:
    kind = type(merge).__name__
    own = not type(merge).__module__.startswith("keras.")
    if own or kind not in (*MERGES, *FIRST_STAYS):
        raise LayerError(
            f"cut {name!r}: what {merge.name!r} ({kind}) means without one of its inputs is open; expected one of "
            f"{', '.join(MERGES)}. Replace it, or what gives the input."
        )
    if kind in FIRST_STAYS and source is inputs[0]:
        raise LayerError(f"cut {name!r}: without its first input, {merge.name!r} ({kind}) is another thing; cut the other one.")
