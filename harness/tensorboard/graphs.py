"""A Keras model → the two graphs that TensorBoard's Graphs tab shows of it."""

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.plugins.graph.keras_util import keras_model_to_graph_def

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

LARGEST_CONSTANT = 1024  # bytes; TensorBoard's own page asks for no attribute above this size


def conceptual_graph(model: "keras.Model") -> str | None:
    """Return the model's layers as the JSON that TensorBoard draws, or None where there is nothing to draw.

    A subclassed model has code instead of a list of layers. A configuration that TensorBoard itself cannot turn into
    a graph is left out too: it would only show an error there.
    """
    try:
        text = model.to_json()
        config = json.loads(text)
        if "layers" not in config["config"]:
            return None
        keras_model_to_graph_def(config)
    except Exception:  # a layer of the study's own may refuse in any way, and the op graph shows the model anyway
        return None
    return text


def op_graph(model: "keras.Model", *, inputs: Any = None) -> bytes:
    """Return the serialized GraphDef of the model's inference, one scope a layer, named as the layer is.

    inputs: a batch, or tensors of the same shapes and dtypes, in the structure that the model takes. Only a subclassed
    model with several inputs needs it. ValueError if the shape of the inputs cannot be known.
    """
    import tensorflow as tf

    specs = _input_specs(model, inputs)
    function = tf.function(lambda batch: model(batch, training=False), autograph=False)
    definition = function.get_concrete_function(specs).graph.as_graph_def()
    graph = GraphDef.FromString(definition.SerializeToString())
    _drop_large_constants(graph)
    _drop_no_ops(graph)
    _name_after_layers(graph, _layer_scopes(model))
    return graph.SerializeToString()


def _input_specs(model: "keras.Model", inputs: Any) -> Any:
    import keras
    import tensorflow as tf

    def spec(tensor: Any) -> "tf.TensorSpec":
        return tf.TensorSpec((None, *tensor.shape[1:]), tensor.dtype)

    if inputs is not None:
        return tf.nest.map_structure(spec, inputs)
    if getattr(model, "inputs", None):
        # A functional model's `input` keeps the structure it was made with, a dict for example; `inputs` is flat.
        return tf.nest.map_structure(spec, model.inputs[0] if isinstance(model, keras.Sequential) else model.input)
    shape = (model.get_build_config() or {}).get("input_shape")
    if not shape or not all(isinstance(size, int) or size is None for size in shape):
        raise ValueError(f"The inputs of model {model.name!r} are not known. Build it, or pass a batch as inputs=.")
    return tf.TensorSpec((None, *shape[1:]), model.input_dtype)


def _drop_large_constants(graph: GraphDef) -> None:
    """Empty the values of large constants: the picture needs their shape alone."""
    functions = (function.node_def for function in graph.library.function)
    for nodes in (graph.node, *functions):
        for node in nodes:
            value = node.attr["value"].tensor if node.op == "Const" else None
            if value is not None and value.ByteSize() > LARGEST_CONSTANT:
                kept = type(value)(dtype=value.dtype, tensor_shape=value.tensor_shape)
                value.CopyFrom(kept)


def _drop_no_ops(graph: GraphDef) -> None:
    """Remove the nodes that only order a function's side effects: inference has none, and they draw as clutter."""
    idle = {f"^{node.name}" for node in graph.node if node.op == "NoOp"}
    nodes = [node for node in graph.node if node.op != "NoOp"]
    for node in nodes:
        node.input[:] = [name for name in node.input if name not in idle]
    del graph.node[:]
    graph.node.extend(nodes)


def _layer_scopes(model: "keras.Model") -> dict[str, str]:
    """Return the scope of each layer's operations as Keras gives it → the layer's own name; the model's own is empty.

    A call of a Keras layer opens the layer's scope twice, once to build and once to run, and TensorFlow makes the
    second one unique: `dense` runs as `dense_1`, which may be the name of another layer. TensorFlow's own naming of
    the same sequence of scopes tells which is which.
    """
    ((scope, _, layers),) = _unique_scopes([model])
    return {scope: ""} | dict(_below(layers, given=scope + "/", kept=""))


def _below(layers: list[Any], *, given: str, kept: str) -> Iterator[tuple[str, str]]:
    for scope, name, inner in _unique_scopes(layers):
        yield given + scope, kept + name
        yield from _below(inner, given=f"{given}{scope}/", kept=f"{kept}{name}/")


def _unique_scopes(layers: list[Any]) -> Iterator[tuple[str, str, list[Any]]]:
    import tensorflow as tf

    namer = tf.Graph()
    for layer in layers:
        namer.unique_name(layer.name)
        inner = [part for part in getattr(layer, "layers", ()) if type(part).__name__ != "InputLayer"]
        yield namer.unique_name(layer.name), layer.name, inner


def _name_after_layers(graph: GraphDef, scopes: Mapping[str, str]) -> None:
    """Rename scopes in place, unless two nodes would end up with one name."""
    names = {node.name: _renamed(node.name, scopes) for node in graph.node}
    if len(set(names.values())) < len(names):
        return
    for node in graph.node:
        node.name = names[node.name]
        node.input[:] = [_renamed_input(name, names) for name in node.input]
        if "_class" in node.attr:
            places = node.attr["_class"].list.s
            places[:] = [b"loc:@" + names.get(p[5:].decode(), p[5:].decode()).encode() for p in places]


def _renamed(name: str, scopes: Mapping[str, str]) -> str:
    scope, _, last = name.rpartition("/")
    rest = last
    while scope:  # the longest scope that is a layer's
        if scope in scopes:
            return f"{scopes[scope]}/{rest}".lstrip("/")
        scope, _, last = scope.rpartition("/")
        rest = f"{last}/{rest}"
    return name


def _renamed_input(name: str, names: Mapping[str, str]) -> str:
    control, bare = ("^", name[1:]) if name.startswith("^") else ("", name)
    node, colon, output = bare.partition(":")
    return control + names.get(node, node) + colon + output
