"""Parts of the state of NumPy, Keras, TensorFlow and PyTorch that can be read and written back."""

import importlib.util
import random
import sys
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras.src.backend import config as keras_config
from keras.src.backend.common import global_state
from keras.src.saving import object_registration
from tensorflow.python.eager import context
from tensorflow.python.framework import config as tf_config, ops

from harness.isolation.aspects import Aspect
from harness.isolation.pytorch import pytorch_state, restore_pytorch

# What Keras keeps for a thread and a compiled program depends on; the rest are counters and scopes.
_KERAS_CHOICES = ("dtype_policy", "flash_attention", "distribution")
_CONTEXT_CHOICES = ("_optimizer_jit", "_log_device_placement", "_jit_compile_rewrite", "_enable_mlir_graph_optimization")
_THREAD_CHOICES = ("is_eager", "scope_name", "device_name", "device_spec", "op_callbacks", "executor")


def library_aspects() -> tuple[Aspect, ...]:
    """Return the aspects of the libraries that train; their random states begin at a fixed seed, whatever job comes first."""
    _start_randomness()
    return (
        Aspect("random states", _random_states, lambda _: _start_randomness()),
        Aspect("scikit-learn's configuration", _sklearn_configuration, _set_sklearn_configuration),
        Aspect("PyTorch's state", pytorch_state, restore_pytorch),
        Aspect("NumPy's error handling", lambda: (np.geterr(), np.geterrcall()), _set_errors),
        Aspect("NumPy's print options", np.get_printoptions, lambda options: np.set_printoptions(**options)),
        Aspect("Keras' configuration", _keras_configuration, lambda values: vars(keras_config).update(values), traced=True),
        Aspect("Keras' state", _keras_state, _set_keras_state),
        Aspect("Keras' choices", _keras_choices, lambda _: None, traced=True),  # written with the state
        Aspect("custom objects", _custom_objects, _set_custom_objects),
        Aspect("TensorFlow's configuration", _tf_configuration, _set_tf_configuration, traced=True),
        Aspect("TensorFlow's context", _tf_context, _set_tf_context, traced=True),
    )


def _start_randomness() -> None:
    # Not what the system's chance gave this process: what a study draws unseeded must not differ between workers.
    keras.utils.set_random_seed(0)


def _random_states() -> tuple[Any, ...]:
    drawn: Any = np.random.get_state()
    kind, keys, *numbers = drawn
    inner = context.context()
    return random.getstate(), kind, keys.tobytes(), numbers, inner._seed, inner._rng.getstate()


def _sklearn_configuration() -> dict[str, Any]:
    """Return what of scikit-learn's configuration is not as it was when it was imported, by a job or not at all."""
    if "sklearn._config" not in sys.modules:
        return {}
    own = _own_sklearn_configuration()
    return {name: value for name, value in sys.modules["sklearn._config"].get_config().items() if own.get(name) != value}


def _set_sklearn_configuration(_: object) -> None:
    sys.modules["sklearn._config"].set_config(**_own_sklearn_configuration())


def _own_sklearn_configuration() -> dict[str, Any]:
    """Return the configuration with which scikit-learn begins in this environment: that of its module, run once more."""
    spec = sys.modules["sklearn._config"].__spec__
    assert spec is not None and spec.loader is not None  # it was imported from a file
    fresh: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(fresh)
    return dict(fresh.get_config())


def _set_errors(handling: tuple[dict[str, Any], Any]) -> None:
    np.seterr(**handling[0])
    np.seterrcall(handling[1])


def _keras_configuration() -> dict[str, Any]:
    return {name: value for name, value in vars(keras_config).items() if name.strip("_").isupper()}


def _keras_choices() -> dict[str, Any]:
    found = {name: getattr(global_state.GLOBAL_STATE_TRACKER, name, None) for name in _KERAS_CHOICES}
    policy = found["dtype_policy"]  # asked for, Keras keeps the default one here
    return found | {"dtype_policy": None if policy is None or policy.name == keras_config.floatx() else policy.name}


def _keras_state() -> dict[str, Any]:
    return {name: _copied(value) for name, value in vars(global_state.GLOBAL_STATE_TRACKER).items()}


def _set_keras_state(state: Mapping[str, Any]) -> None:
    held = vars(global_state.GLOBAL_STATE_TRACKER)
    held.clear()
    held.update({name: _copied(value) for name, value in state.items()})


def _copied(value: Any) -> Any:
    return value.copy() if isinstance(value, (dict, list, set)) else value


def _custom_objects() -> list[dict[str, Any]]:
    return [dict(table) for table in (*_custom_tables(), _own_gradients())]


def _set_custom_objects(objects: list[dict[str, Any]]) -> None:
    for table, values in zip(_custom_tables(), objects, strict=False):
        table.clear()
        table.update(values)
    for name in _own_gradients().keys() - objects[-1].keys():
        del ops.gradient_registry._registry[name]


def _custom_tables() -> tuple[dict[str, Any], ...]:
    return object_registration.GLOBAL_CUSTOM_OBJECTS, object_registration.GLOBAL_CUSTOM_NAMES


def _own_gradients() -> dict[str, Any]:
    """Return the gradients that are not TensorFlow's own, which registers one for each function that it traces."""
    registered = ops.gradient_registry._registry.items()
    return {name: entry for name, entry in registered if not getattr(entry["type"], "__module__", "").startswith("tensorflow.")}


def _tf_configuration() -> dict[str, Any]:
    return {
        "eager functions": tf.config.functions_run_eagerly(),
        "determinism": tf_config.is_op_determinism_enabled(),
        "soft placement": tf.config.get_soft_device_placement(),
        "tensor float": tf.config.experimental.tensor_float_32_execution_enabled(),
        "synchronous": tf.config.experimental.get_synchronous_execution(),
        "policy": tf.config.experimental.get_device_policy(),
    }


def _set_tf_configuration(values: Mapping[str, Any]) -> None:
    tf.config.run_functions_eagerly(values["eager functions"])
    if tf_config.is_op_determinism_enabled() and not values["determinism"]:
        tf_config.disable_op_determinism()
    tf.config.set_soft_device_placement(values["soft placement"])
    tf.config.experimental.enable_tensor_float_32_execution(values["tensor float"])
    tf.config.experimental.set_synchronous_execution(values["synchronous"])
    tf.config.experimental.set_device_policy(values["policy"])


def _tf_context() -> dict[str, Any]:
    inner = context.context()
    held = {name: getattr(inner, name) for name in _CONTEXT_CHOICES}
    options = dict(inner._optimizer_experimental_options)
    # What is entered and never left: devices, graphs, strategies.
    scopes = [str(getattr(inner._thread_local_data, name)) for name in _THREAD_CHOICES]
    entered = [*scopes, len(ops._default_graph_stack.stack), tf.distribute.has_strategy()]
    return held | {"options": options, "entered": entered}


def _set_tf_context(values: Mapping[str, Any]) -> None:
    """Set back what was chosen; scopes that were entered and never left cannot be left from here."""
    inner = context.context()
    for name in _CONTEXT_CHOICES:
        setattr(inner, name, values[name])
    inner._optimizer_experimental_options = dict(values["options"])
    inner._thread_local_data.function_call_options = None  # made of them anew, when it is asked for
