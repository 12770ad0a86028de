"""A traced program as a text that another one shares only if both compute the same, whatever it was traced from."""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.core.framework.attr_value_pb2 import AttrValue
from tensorflow.core.framework.function_pb2 import FunctionDef
from tensorflow.core.framework.node_def_pb2 import NodeDef
from tensorflow.types.experimental import ConcreteFunction

UNHEEDED = (
    "_gradient_op_type"  # says how to differentiate an operation, by a number of its own; what is traced was differentiated
)


def trace_key(traced: ConcreteFunction) -> str:
    """Return a hash of all operations of a traced program, their constants and their order.

    What it is a program of are its inputs and what it captured: variables and tensors, which are no part of the hash.
    TensorFlow numbers the functions of a process: here they are named by their place in the program, and so are its nodes.
    Anything else that differs gives another hash: two equal programs may be taken for two, never two different ones for one.
    """
    library = {function.signature.name: function for function in traced.graph.as_graph_def().library.function}
    numbers = {traced.function_def.signature.name: "program"}
    digest = hashlib.sha256()
    waiting = [traced.function_def]
    while waiting:
        function = FunctionDef()
        function.CopyFrom(waiting.pop(0))
        for name in _named(function):
            if name in library and name not in numbers:
                numbers[name] = f"function {len(numbers)}"
                waiting.append(library[name])
        _rename(function, numbers)
        digest.update(function.SerializeToString(deterministic=True))
    return digest.hexdigest()


def captured_key(traced: ConcreteFunction) -> str:
    """Return a hash of the values that a traced program starts with: of each variable and tensor that it captured."""
    digest = hashlib.sha256()
    variables = {id(variable.handle): variable for variable in traced.graph.variables}
    for tensor in traced.captured_inputs:
        array = np.asarray(variables.get(id(tensor), tensor).numpy())
        digest.update(repr((array.shape, array.dtype)).encode() + array.tobytes())
    return digest.hexdigest()


def operations(graph: tf.Graph) -> set[str]:
    """Return the names of the TensorFlow operations in a traced graph, those of its functions included."""
    definition = graph.as_graph_def()
    nodes = [*definition.node, *(node for function in definition.library.function for node in function.node_def)]
    return {node.op for node in nodes}


def _named(function: FunctionDef) -> Iterator[str]:
    """Yield the names of the functions that a function calls, in their order."""
    for node in function.node_def:
        yield node.op
        for called in _calls(node):
            yield called.name


def _calls(node: NodeDef) -> Iterator[tf.compat.v1.NameAttrList]:
    for name in sorted(node.attr):
        value: AttrValue = node.attr[name]
        called: Iterable[Any] = [value.func] if value.HasField("func") else value.list.func
        yield from called


def _rename(function: FunctionDef, numbers: dict[str, str]) -> None:
    """Give a function, and all that is in it, names that say only where it stands."""
    signature = function.signature
    signature.name = numbers[signature.name]
    names = {argument.name: f"input {number}" for number, argument in enumerate(signature.input_arg)}
    names |= {node.name: f"node {number}" for number, node in enumerate(function.node_def)}
    results = [_moved(function.ret[argument.name], names) for argument in signature.output_arg]
    effects = sorted(names[node] for node in function.control_ret.values())
    for kind, arguments in (("input", signature.input_arg), ("output", signature.output_arg)):
        for number, argument in enumerate(arguments):
            argument.name = f"{kind} {number}"
    for node in function.node_def:
        node.name, node.op = names[node.name], numbers.get(node.op, node.op)
        node.ClearField("experimental_debug_info")
        node.attr.pop(UNHEEDED, None)
        node.input[:] = _ordered([_moved(place, names) for place in node.input])
        for called in _calls(node):
            called.name = numbers.get(called.name, called.name)
    for named in (function.ret, function.control_ret):
        named.clear()
    function.ret.update({f"output {number}": place for number, place in enumerate(results)})
    function.control_ret.update({effect: effect for effect in effects})
    signature.control_output[:] = effects


def _ordered(places: list[str]) -> list[str]:
    """Return a node's inputs: its values in their order, then what must run before it, which TensorFlow keeps in sets."""
    return [*(place for place in places if place[0] != "^"), *sorted(place for place in places if place[0] == "^")]


def _moved(place: str, names: dict[str, str]) -> str:
    """Return where a value comes from, `node:output:0` or `^node`, with the new name of the node."""
    name, colon, output = place.removeprefix("^").partition(":")
    return f"{'^' if place[0] == '^' else ''}{names[name]}{colon}{output}"
