"""What TensorFlow would hold for good after a trial, freed."""

import gc
from collections.abc import Callable
from typing import Any

import tensorflow as tf
from tensorflow.python.framework import ops
from tensorflow.python.framework.func_graph import FuncGraph

# Who traced: the harness and Keras, whose functions end with their model. A study's own may be used again.
OURS = (
    *("_train_loop", "_evaluate_loop", "_train_epoch", "_evaluate_epoch", "_train_batch", "_predict_batch"),
    *("one_step_on_data", "one_step_on_iterator", "multi_step_on_iterator"),
)


def free() -> None:
    """Free the models and graphs of trials that are over; to be called between two of them.

    Each optimizer's step, and each activation such as silu, registers a function by which it could be differentiated, and
    no one takes it back: it held the whole graph, 5 MB and more. A graph of ours is differentiated while it is traced.
    """
    registry = ops.gradient_registry._registry
    for name in [name for name in registry if name.startswith("CustomGradient-")]:
        if _traced_by(registry[name]["type"]) in OURS:
            del registry[name]
    gc.collect()


def _traced_by(gradient: Callable[..., Any]) -> str:
    """Return the name of the function in whose trace a gradient was registered, empty where that cannot be told."""
    graph = _graph(gradient)
    # Loops and branches have graphs of their own within the function's.
    while isinstance(graph, FuncGraph) and type(graph) is not FuncGraph:
        graph = graph.outer_graph
    return graph.name if isinstance(graph, FuncGraph) else ""


def _graph(function: Callable[..., Any]) -> Any:
    for cell in getattr(function, "__closure__", None) or ():
        value = cell.cell_contents
        for part in value if isinstance(value, (list, tuple)) else (value,):
            if tf.is_symbolic_tensor(part):
                return part.graph
        if callable(value) and (found := _graph(value)):
            return found
    return None
