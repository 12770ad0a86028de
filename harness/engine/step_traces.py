"""What a model trains, measures and predicts in a step, traced to be held against another model's."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from harness.data import Arrays, each
from harness.engine.device import stored_dtype
from harness.engine.fit import fit_reason
from harness.engine.traces import captured_key, trace_key


@dataclass(frozen=True, slots=True)
class Steps:
    """What decides a training: the operations of its steps, and the values that they start with."""

    program: str
    start: str


def steps_key(model: keras.Model, arrays: Arrays | None, *, batch_size: int) -> Steps | None:
    """Return what the steps of a compiled model come to, or None where a trace cannot tell it.

    Without arrays, the samples are taken to be the model's inputs, and class numbers. A model that has to be trained by fit
    does more than its steps show.
    """
    if fit_reason(model, ()):
        return None
    try:
        x, y = _inputs(model) if arrays is None else (_specs(arrays.x_train), _specs(arrays.y_train))
        model.optimizer.build(model.trainable_variables)
        batch = tf.nest.map_structure(lambda spec: tf.TensorSpec((batch_size, *spec.shape[1:]), spec.dtype), (x, y))
        traces = [_traced(step, batch) for step in (model.train_step, model.test_step)]
        traces.append(_traced(model.predict_step, batch[:1]))
    except Exception:  # the trial will raise it, where it is the trial's own result
        return None
    program, start = zip(*((trace_key(trace), captured_key(trace)) for trace in traces), strict=True)
    return Steps(" ".join(program), " ".join(start))


def _traced(step: Callable[..., Any], batch: Any) -> Any:
    return tf.function(lambda *samples: step(samples), autograph=False).get_concrete_function(*batch)


def _inputs(model: keras.Model) -> tuple[Any, Any]:
    inputs = [tf.TensorSpec(tensor.shape, tensor.dtype) for tensor in model.inputs]
    return inputs if len(inputs) > 1 else inputs[0], tf.TensorSpec((None,), tf.int32)


def _specs(samples: Any) -> Any:
    if isinstance(samples, Mapping):
        return {name: _specs(array) for name, array in samples.items()}
    specs = [tf.TensorSpec(array.shape, stored_dtype(array)) for array in each(samples)]
    return specs if isinstance(samples, (tuple, list)) else specs[0]
