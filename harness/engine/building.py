"""A model's weights, made for the samples that it will be trained on, before anything looks at the model."""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from harness.data import Arrays, first_samples
from harness.engine.device import batch_of, structure, training_samples
from harness.engine.keras_internals import Functional, all_layers, make_metrics
from harness.engine.overrides import LOGS, has_call, own


def build_for_training(model: keras.Model, arrays: Arrays, *, batch_size: int) -> None:
    """Make a model's weights, and of its training all variables that are known: the optimizer's and the metrics'.

    TensorFlow traces a step twice that makes any when it is first traced.
    """
    build(model, arrays, batch_size=batch_size)
    if model.optimizer is not None:
        model.optimizer.build(model.trainable_variables)
    # What else than Keras' own models hand to their metrics, if they do, only a trace can tell.
    plain = type(model) in (keras.Sequential, Functional) and not own(model, *LOGS)
    targets = first_samples(arrays, batch_size).y_train
    if plain and targets is not None and len(model.outputs) == 1 and len(model.outputs[0].shape) > 1:
        make_metrics(model, structure(targets), model.outputs[0])


def build(model: keras.Model, arrays: Arrays, *, batch_size: int) -> None:
    """Make all of a model's weights now, not when training needs them: within compiled code random draws differ.

    A model without an Input, or of a class of its own, learns its shapes from the first batch, scaled as training scales
    it. It is traced as fit traces it: nothing is computed, and a later batch may have another size. Layers that only a
    train_step uses, where there is no call or beside it, are made by tracing that step. That a model says that it is built
    tells nothing of its layers.
    """
    if has_call(model) and _unmade(model):
        inputs = first_inputs(model, arrays, batch_size)
        if model.run_eagerly:  # its code may not be traceable
            model(inputs, training=False)
        else:
            _make(lambda inputs: model(inputs, training=False), inputs)
    if _unmade(model) and model.compiled and not model.run_eagerly:
        _make(model.train_step, first_batch(model, arrays, batch_size))


def first_batch(model: keras.Model, arrays: Arrays, batch_size: int) -> Any:
    """Return the first training batch as fit hands it to the model's train_step."""
    return batch_of(model, training_samples(first_samples(arrays, batch_size)), arrays.scale)


def first_inputs(model: keras.Model, arrays: Arrays, batch_size: int) -> Any:
    """Return the inputs of the first training batch, scaled, in the structure that the model is called with."""
    batch = first_batch(model, arrays, batch_size)
    return batch[0] if isinstance(batch, tuple) else batch


def _unmade(model: keras.Model) -> bool:
    parts = all_layers(model, include_self=has_call(model))
    return not all(layer.built for layer in parts)


def _make(step: Callable[[Any], Any], batch: Any) -> None:
    """Trace a step for batches of any size, or of this one where its code reads the size: fit tells it, if none is short."""
    try:
        _trace(step, batch, samples=None)
    except Exception:
        _trace(step, batch, samples=len(tf.nest.flatten(batch)[0]))


def _trace(step: Callable[[Any], Any], batch: Any, *, samples: int | None) -> None:
    specs = tf.nest.map_structure(lambda values: tf.TensorSpec((samples, *values.shape[1:]), values.dtype), batch)
    tf.function(step, autograph=False).get_concrete_function(specs)
