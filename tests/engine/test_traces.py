"""The text of a traced program: equal for equal programs, in whatever order TensorFlow's sets hand them on."""

from types import SimpleNamespace
from typing import Any

import tensorflow as tf
from tensorflow.core.framework.function_pb2 import FunctionDef

from harness.engine.traces import trace_key


def traced() -> Any:
    counter = tf.Variable(0.0)

    @tf.function
    def program(value: tf.Tensor, factor: tf.Tensor) -> tf.Tensor:
        with tf.control_dependencies([tf.print(value), tf.print(factor), counter.assign_add(1.0)]):
            return value - factor

    program.counter = counter  # or it would end with this function
    return program.get_concrete_function(tf.TensorSpec([]), tf.TensorSpec([]))


def with_inputs_moved(concrete: Any, control: bool) -> Any:
    """Return a traced program with the inputs of each node turned around: those it only waits for, or its values."""
    definition = FunctionDef()
    definition.CopyFrom(concrete.function_def)
    moved = 0
    for node in definition.node_def:
        values, waits = ([place for place in node.input if (place[0] == "^") == kind] for kind in (False, True))
        moved += len(waits if control else values) > 1
        node.input[:] = [*values, *reversed(waits)] if control else [*reversed(values), *waits]
    assert moved
    return SimpleNamespace(graph=concrete.graph, function_def=definition)


def test_the_order_in_which_a_node_lists_what_it_waits_for_is_no_difference():
    concrete = traced()
    assert trace_key(with_inputs_moved(concrete, control=True)) == trace_key(concrete)


def test_the_order_of_a_nodes_values_is_a_difference():
    concrete = traced()
    assert trace_key(with_inputs_moved(concrete, control=False)) != trace_key(concrete)
