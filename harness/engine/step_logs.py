"""What a model's own train_step or test_step returned for the last batch, which fit reports where no metric holds it."""

import math
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf


class StepError(TypeError):
    """A step of the model's own that no engine can train by, fit included."""


class LastLogs:
    """The last batch's logs, in variables that a compiled loop writes to, whatever the batch's size."""

    def __init__(self) -> None:
        self._variables: Any = None

    def keep(self, logs: Any) -> None:
        """Write the logs of a step, while it is traced.

        StepError for what fit cannot report either; NotImplementedError for a value whose shape is known only when the
        step runs or is another for the short batch, such as one value a sample.
        """
        if not isinstance(logs, Mapping):
            kind = type(logs).__name__
            raise StepError(f"train_step or test_step returned a {kind}; expected a dict of values, such as {{'loss': loss}}.")
        tensors = tf.nest.map_structure(tf.convert_to_tensor, dict(logs))
        if self._variables is None:
            with tf.init_scope():
                self._variables = tf.nest.map_structure(_variable, tensors)
        tf.nest.map_structure(_assign, self._variables, tensors)

    def kept(self) -> dict[str, Any]:
        """Return the logs that were written last."""
        return tf.nest.map_structure(lambda variable: variable.numpy(), self._variables)


def _variable(value: tf.Tensor) -> tf.Variable:
    _require_shape(value)
    return tf.Variable(tf.zeros(value.shape, value.dtype))


def _assign(variable: tf.Variable, value: tf.Tensor) -> None:
    _require_shape(value)
    variable.assign(value)


def _require_shape(value: tf.Tensor) -> None:
    if not value.shape.is_fully_defined():
        raise NotImplementedError(f"a step returned a value of shape {value.shape}, which is not known before it runs")


def reported(model: keras.Model, logs: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what fit reports: the metrics, if the last batch's logs are named as they are, else these logs themselves.

    Beyond fit, a step's own value is reported in place of a metric that was never updated, which would be 0 whatever is
    learned, and a loss of the last batch that is not finite in place of one that is. Metrics that the model was compiled with
    and that its own steps never gave anything to are none.
    """
    try:
        metrics = model.get_metrics_result()
    except ValueError:  # those of compile know what they measure once they were given something
        return logs
    if set(metrics) != set(logs):
        return logs
    idle = _never_updated(model)
    return {name: logs[name] if name in idle or _lost(name, logs[name]) else value for name, value in metrics.items()}


def _never_updated(model: keras.Model) -> set[str]:
    """Return the names of the metrics that hold nothing but zeros; one whose result a step returns is the same either way."""
    found = set()
    for metric in model.metrics:
        for one in (metric, *getattr(metric, "metrics", ())):
            if one.variables and not any(np.any(variable.numpy()) for variable in one.variables):
                found.add(one.name)
    return found


def _lost(name: str, value: Any) -> bool:
    return name.endswith("loss") and np.ndim(value) == 0 and not math.isfinite(value)
