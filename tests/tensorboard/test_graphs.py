"""The graphs of real models, as the Graphs tab gets them."""

import json

import keras
import numpy as np
import pytest
from keras import layers
from tensorboard.compat.proto.graph_pb2 import GraphDef

from harness.tensorboard.graphs import conceptual_graph, op_graph


class Subclassed(keras.Model):
    """A model in code: no configuration of layers."""

    def __init__(self) -> None:
        super().__init__()
        self.flatten = layers.Flatten(name="flatten")
        self.head = layers.Dense(3, name="head")

    def call(self, inputs):
        return self.head(self.flatten(inputs))


class TwoInputs(keras.Model):
    """A subclassed model whose inputs only a batch can tell, and which uses a layer twice."""

    def __init__(self) -> None:
        super().__init__()
        self.shared = layers.Dense(3, name="shared")

    def call(self, inputs):
        return self.shared(inputs["left"]) + self.shared(inputs["right"])


def dense(*names: str) -> keras.Model:
    hidden = [layers.Dense(3, name=name) for name in names]
    return keras.Sequential([keras.Input((4, 4)), layers.Flatten(name="flatten"), *hidden])


def parsed(model: keras.Model, **options) -> GraphDef:
    return GraphDef.FromString(op_graph(model, **options))


def scopes(graph: GraphDef) -> set[str]:
    return {node.name.partition("/")[0] for node in graph.node if "/" in node.name}


def unresolved(graph: GraphDef) -> set[str]:
    names = {node.name for node in graph.node}
    used = {name.lstrip("^").partition(":")[0] for node in graph.node for name in node.input}
    return used - names


def test_the_op_graph_has_one_scope_a_layer():
    assert scopes(parsed(dense("hidden-1", "outputs"))) == {"flatten", "hidden-1", "outputs"}


def test_layers_whose_names_look_like_keras_suffixes_keep_their_own():
    model = dense("dense", "dense_1", "dense_2")
    kernels = {weight.path.rsplit("/", 2)[-2]: weight.shape[0] for weight in model.weights if "kernel" in weight.path}
    graph = parsed(model)
    assert scopes(graph) == {"flatten", *kernels}
    order = [node.name.partition("/")[0] for node in graph.node if node.op == "MatMul"]
    assert order == ["dense", "dense_1", "dense_2"]


def test_every_edge_of_the_op_graph_leads_to_a_node():
    assert not unresolved(parsed(dense("dense", "dense_1")))


def test_a_nested_model_keeps_its_layers_below_it():
    inner = keras.Sequential([layers.Flatten(), layers.Dense(3, name="deep")], name="inner")
    names = {node.name for node in parsed(keras.Sequential([keras.Input((4, 4)), inner])).node}
    assert "inner/deep/MatMul" in names


def test_a_functional_model_keeps_the_structure_of_its_inputs():
    left, right = keras.Input((3,), name="left"), keras.Input((2,), name="right")
    model = keras.Model({"left": left, "right": right}, layers.Dense(1, name="join")(layers.concatenate([left, right])))
    assert "join" in scopes(parsed(model))


def test_a_subclassed_model_has_an_op_graph():
    model = Subclassed()
    model(np.zeros((2, 4, 4), np.float32))
    assert scopes(parsed(model)) >= {"flatten", "head"}


def test_a_batch_tells_the_inputs_that_a_subclassed_model_does_not():
    model = TwoInputs()
    batch = {"left": np.zeros((2, 3), np.float32), "right": np.zeros((2, 3), np.float32)}
    model(batch)
    graph = parsed(model, inputs=batch)
    assert "shared" in scopes(graph)
    assert not unresolved(graph)


def test_a_model_of_unknown_inputs_is_an_error_that_says_what_to_pass():
    with pytest.raises(ValueError, match="inputs="):
        op_graph(TwoInputs())


def test_weights_and_large_constants_are_not_in_the_op_graph():
    big = layers.Normalization(mean=np.arange(5000.0), variance=np.ones(5000))
    model = keras.Sequential([keras.Input((5000,)), big, layers.Dense(64, name="wide")])
    assert len(op_graph(model)) < 10_000


def test_tracing_leaves_the_model_as_it_was():
    model = keras.Sequential([keras.Input((4,)), layers.BatchNormalization(), layers.Dropout(0.5), layers.Dense(2)])
    before = model.get_weights()
    op_graph(model)
    assert all(np.array_equal(old, new) for old, new in zip(before, model.get_weights(), strict=True))


def test_the_conceptual_graph_lists_the_layers():
    config = json.loads(conceptual_graph(dense("hidden-1", "outputs")))
    assert [layer["config"]["name"] for layer in config["config"]["layers"]][1:] == ["flatten", "hidden-1", "outputs"]


def test_a_subclassed_model_has_no_conceptual_graph():
    model = Subclassed()
    model(np.zeros((2, 4, 4), np.float32))
    assert conceptual_graph(model) is None
