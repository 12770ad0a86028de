"""The private parts of Keras that the harness needs, each with the reason: what to look at when Keras changes.

Tested with Keras 3.15.1 on TensorFlow 2.21.0; `setup.cfg` asks for 3.15 or later, and tests/engine/test_keras_internals.py
says which function lacks what in any other. What Keras hands on publicly (keras.Variable, keras.KerasTensor) is not
here; what the state of a process is held by is in harness.isolation, which knows nothing of models.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import keras
from keras.src.backend import get_keras_mask
from keras.src.backend.common import global_state
from keras.src.initializers import random_initializers
from keras.src.initializers.random_initializers import RandomInitializer
from keras.src.models.functional import Functional
from keras.src.random.seed_generator import GLOBAL_SEED_GENERATOR, global_seed_generator
from keras.src.saving.keras_saveable import KerasSaveable
from keras.src.utils.naming import reset_uids, to_snake_case
from keras.src.utils.python_utils import is_default

__all__ = ["Functional", "KerasSaveable", "RandomInitializer", "get_keras_mask", "reset_uids", "to_snake_case"]

# Where Keras lists a second time what has an attribute of its own.
LISTS = frozenset(
    "_tracker _tracked _functional _nodes _nodes_by_depth _operations _operations_by_depth _inputs _outputs _inputs_struct "
    "_outputs_struct _inbound_nodes _outbound_nodes".split()
)
# What Keras itself sets while it trains: none of it decides how a training goes on, or a State keeps it.
SET_IN_TRAINING = frozenset(
    "history stop_training stop_evaluating stop_predicting train_function test_function predict_function built _called _lock "
    "_eval_epoch_iterator _compiled_trainable_state _build_shapes_dict _losses _loss_ids _losses_override "
    "_compile_metrics _compile_loss _loss_tracker _trainable_variables_indices".split()
)
# What a functional model has of its connections, and nothing else.
_CONNECTIONS = (
    *("_inputs_struct", "_outputs_struct", "_inputs", "_outputs", "output_names"),
    *("_nodes", "_nodes_by_depth", "_operations", "_operations_by_depth"),
)


# Layers


def all_layers(model: Any, *, include_self: bool = True) -> list[Any]:
    """Return a model and every layer within it, however deep: `layers` has the first level alone."""
    return list(model._flatten_layers(include_self=include_self))


def own_parts(layer: Any) -> list[Any]:
    """Return the layers that a layer holds, which only models hand on publicly."""
    return layer._layers


def seed_generators(layer: Any) -> list[Any]:
    """Return a layer's own random streams, which must follow from the trial's seed."""
    return layer._seed_generators


def has_default_build(layer: Any) -> bool:
    """Say whether a layer builds nothing for the shapes that it meets, so that it can take others."""
    return is_default(layer.build)


def build_shapes(layer: Any) -> Mapping[str, Any]:
    """Return the shapes that a layer was built for, to build another one like it."""
    return layer._build_shapes_dict or {}


def forget_losses(layer: Any) -> None:
    """Take back the losses that a layer added when it was called to be looked at."""
    layer._clear_losses()


# What was given to compile


def metrics_and_losses(model: Any) -> tuple[Any, Any]:
    """Return the objects that compute a compiled model's metrics and its loss, None where it has none."""
    return model._compile_metrics, model._compile_loss


def metrics_given(model: Any) -> list[Any]:
    """Return the metrics that compile was given, weighted ones last, as they were given: `metrics` has what became of them."""
    compiled = model._compile_metrics
    return [] if compiled is None else [compiled._user_metrics, compiled._user_weighted_metrics]


def make_metrics(model: Any, targets: Any, output: Any) -> None:
    """Make the metrics that compile was given by name, and their variables, as the first step would; not where it fails."""
    metrics = model._compile_metrics
    if metrics is not None and not metrics.built:
        with suppress(Exception):  # the step says it, as it does in fit
            metrics.build(targets, output)


def compile_arguments(model: Any) -> dict[str, Any]:
    """Return all that compile was given, the very objects: an optimizer in it is the one that saving would write."""
    return model._compile_config.config if model.compiled else {}


def loss_arguments(loss: Any) -> Mapping[str, Any]:
    """Return what a loss of Keras' own hands its function, of which not every class's configuration says all."""
    return getattr(loss, "_fn_kwargs", {})


def accept_trainable(model: Any) -> None:
    """Let a compiled model take its layers' `trainable` as it is now, which it warns of otherwise."""
    model._compiled_trainable_state = {layer: layer.trainable for layer in all_layers(model)}


def distribution_strategy(model: Any) -> Any:
    """Return the TensorFlow strategy that a model was made under, which only fit follows; None where there is none."""
    return model._distribute_strategy


# Variables and what draws them


def core(variable: Any) -> Any:
    """Return TensorFlow's own variable, which Keras' is a shell of: the thing that two are the same by."""
    return variable._value if isinstance(variable, keras.Variable) else variable


def is_seed(variable: Any) -> bool:
    """Say whether a variable is the state of a seed generator, which Keras tells by its name alone."""
    return variable.name.partition(":")[0] == "seed_generator_state"


def users_seed(initializer: RandomInitializer) -> int | None:
    """Return the seed that an initializer was given, None where Keras made one up: `seed` has either."""
    return initializer._init_seed


def outermost_caller() -> Any:
    """Return the outermost layer within whose call or build a variable is being made, None outside of any."""
    scopes = global_state.get_global_attribute("name_scope_stack", default=[])
    return scopes[0].caller if scopes else None


@contextmanager
def variables_drawn_by(
    initializer_of: Callable[[Any, Callable[..., Any]], Callable[..., Any]], hear_seed: Callable[[int], None]
) -> Iterator[None]:
    """Let every variable that is made within be drawn by another initializer than it was given.

    initializer_of: returns it, for a variable and its own. hear_seed: hears of each seed that Keras makes up. Keras has no
    hook for either.
    """
    original, source = keras.Variable._initialize_with_initializer, random_initializers.random
    make_seed = source.make_default_seed

    def initialize(variable: Any, initializer: Any) -> None:
        original(variable, initializer_of(variable, initializer))

    def made_seed() -> int:
        made = make_seed()
        hear_seed(made)
        return made

    keras.Variable._initialize_with_initializer, source.make_default_seed = initialize, made_seed
    try:
        yield
    finally:
        keras.Variable._initialize_with_initializer, source.make_default_seed = original, make_seed


def global_generator(*, make: bool = False) -> Any:
    """Return the generator behind Keras' draws without a seed, part of a training's state; None before there is one.

    make: whether to make it then.
    """
    return global_seed_generator() if make else global_state.get_global_attribute(GLOBAL_SEED_GENERATOR)


def set_global_generator(generator: Any) -> None:
    """Put back the generator behind Keras' draws without a seed; None: it is made anew when it is asked for."""
    global_state.set_global_attribute(GLOBAL_SEED_GENERATOR, generator)


# The graph of a functional model


def graph_of_sequential(model: keras.Sequential) -> Functional | None:
    """Return the graph that a Sequential model runs; None where it does not know its input yet."""
    return model._functional


def set_graph_of_sequential(model: keras.Sequential, graph: Functional) -> None:
    """Let a Sequential model run a graph of its layers that was connected elsewhere."""
    model._functional = graph
    model.built = True


def nodes_in_order(graph: Functional) -> list[Any]:
    """Return the calls of a graph in the order in which they run."""
    return [node for depth in sorted(graph._nodes_by_depth, reverse=True) for node in graph._nodes_by_depth[depth]]


def input_structure(graph: Functional) -> Any:
    """Return a graph's inputs in the structure that they are given in: `inputs` is flat."""
    return graph._inputs_struct


def output_structure(graph: Functional) -> Any:
    """Return a graph's outputs in the structure that they are returned in: `outputs` is flat."""
    return graph._outputs_struct


def run_graph(graph: Functional, inputs: Any, call: Callable[..., Any]) -> Any:
    """Run a graph, each operation through `call`, which sees every value."""
    return graph._run_through_graph(graph._standardize_inputs(inputs), call_fn=call)


def takes_training(operation: Any) -> bool:
    """Say whether a graph hands an operation the argument `training`."""
    return "training" in getattr(operation, "_call_context_args", ())


def source_of(tensor: keras.KerasTensor) -> Any:
    """Return the layer or operation that gives a tensor of a graph."""
    return tensor._keras_history.operation


def forget_calls(operation: Any, outputs: set[int]) -> None:
    """Take an operation's calls off it if they all gave these outputs, by their ids.

    One that other models call as well keeps them all: a call is known by its number.
    """
    if all(id(tensor) in outputs for node in operation._inbound_nodes for tensor in node.outputs):
        operation._inbound_nodes.clear()
        operation._outbound_nodes.clear()


def take_connections(model: Functional, connected: Functional) -> None:
    """Give a functional model the connections of another one, and the layers that these connect."""
    before = {id(layer) for layer in model.layers}
    vars(model).update({name: vars(connected)[name] for name in _CONNECTIONS})
    after = {id(layer) for layer in model.layers}
    tracked = model._tracker.config["layers"][1]
    for layer in [layer for layer in tracked if id(layer) in before - after]:
        model._tracker.untrack(layer)
    for layer in model.layers:
        model._tracker.track(layer)
    tracked[:] = [*model.layers, *(layer for layer in tracked if id(layer) not in after)]


# Optimizers


def knows_all(optimizer: Any, variables: list[Any]) -> bool:
    """Say whether a built optimizer has its notes of all these variables."""
    known = {optimizer._var_key(variable) for variable in optimizer._trainable_variables}
    return all(optimizer._var_key(variable) in known for variable in variables)


def except_from_decay_alike(optimizer: Any, new: Any, pairs: list[tuple[Any, Any]]) -> None:
    """Except from an optimizer's weight decay what another excepts; pairs: of variables, the old one and the new one."""
    if hasattr(optimizer, "_exclude_from_weight_decay"):
        excepted = set(optimizer._exclude_from_weight_decay)
        excepted |= {new._var_key(variable) for old, variable in pairs if optimizer._var_key(old) in excepted}
        new._exclude_from_weight_decay = excepted
        new._exclude_from_weight_decay_pattern = optimizer._exclude_from_weight_decay_pattern
        new._exclude_from_weight_decay_cache = {}


def stages_before(dataset: Any) -> list[Any]:
    """Return the stages of a tf.data pipeline that a stage takes its elements from."""
    return list(dataset._inputs())
