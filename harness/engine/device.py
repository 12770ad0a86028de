"""Samples on the device, where the compiled epoch draws its batches from."""

import mmap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from harness.data import Arrays, Samples, each, training_weights


@dataclass(frozen=True, slots=True)
class DeviceSamples:
    """One trial's samples as tensors, copied for it alone: an array that an earlier one saw may hold other data now."""

    train: tuple[Any, ...]  # inputs, and targets and weights where there are any
    test: tuple[Any, ...]  # inputs, and targets where there are any
    validation: tuple[Any, ...]  # the same; empty where none are held out
    scale: float  # divides integer inputs

    @property
    def total(self) -> int:
        """How many samples there are to train on."""
        return count(self.train)

    def unkept(self) -> str:
        """Say that nothing hinders a training from going on: the order of samples follows from seed and epoch."""
        return ""


def on_device(arrays: Arrays) -> DeviceSamples:
    """Return copies of a trial's samples on the device."""
    held_out = arrays.x_validation
    return DeviceSamples(
        train=training_samples(arrays),
        test=_weighed(_pair(arrays.x_test, arrays.y_test), arrays.sample_weight_test),
        validation=() if held_out is None else _weighed(_pair(held_out, arrays.y_validation), arrays.sample_weight_validation),
        scale=arrays.scale,
    )


def training_samples(arrays: Arrays) -> tuple[Any, ...]:
    """Return (inputs,), (inputs, targets) or (inputs, targets, weights) of the training samples."""
    weights = training_weights(arrays)
    samples = _pair(arrays.x_train, arrays.y_train)
    return _weighed(samples, weights)


def _weighed(samples: tuple[Any, ...], weights: Any) -> tuple[Any, ...]:
    return samples if weights is None else (*samples, tf.constant(weights, keras.config.floatx()))


def _pair(x: Samples, y: Samples | None) -> tuple[Any, ...]:
    return (structure(x),) if y is None else (structure(x), structure(y))


def structure(samples: Samples) -> Any:
    """Return a model's inputs or outputs on the device: one tensor, or a tuple or dict, as fit hands several to the model."""
    if isinstance(samples, Mapping):
        return {name: _copy(array) for name, array in samples.items()}
    tensors = tuple(_copy(array) for array in each(samples))
    return tensors if isinstance(samples, (tuple, list)) else tensors[0]


def _copy(array: np.ndarray) -> tf.Tensor:
    """Return the array as a tensor: floats as Keras' floatx, as fit casts them, all else as it is."""
    tensor = tf.constant(np.asarray(array, stored_dtype(array)))
    _let_pages_go(array)
    return tensor


def stored_dtype(array: np.ndarray) -> Any:
    """Return the type that an array has on the device: Keras' floatx for floats, its own for all else."""
    return tf.as_dtype(keras.config.floatx()).as_numpy_dtype if np.issubdtype(array.dtype, np.floating) else array.dtype


def _let_pages_go(array: np.ndarray | None) -> None:
    """Give back the memory that reading a mapped file took; what is read again is mapped again."""
    while isinstance(array, np.ndarray):
        file = getattr(array, "_mmap", None)
        if file is not None and not array.flags.writeable and hasattr(mmap, "MADV_DONTNEED"):
            file.madvise(mmap.MADV_DONTNEED)
            return
        array = array.base


def count(samples: tuple[Any, ...]) -> int:
    """Return the number of samples."""
    return int(tf.nest.flatten(samples)[0].shape[0])


def batch_of(model: keras.Model, samples: tuple[Any, ...], scale: float) -> Any:
    """Return a batch as fit hands it to a model's steps, its inputs scaled: one array without targets comes bare."""
    inputs, *others = samples
    inputs = scaled(model, inputs, scale)
    return (inputs, *others) if others or isinstance(inputs, tuple) else inputs


def scaled(model: keras.Model, inputs: Any, scale: float) -> Any:
    """Return a batch's inputs with the integer ones cast to floatx and divided by the scale.

    What the model takes by an Input of integers, such as an embedding's, is left as it is.
    """
    if scale == 1.0:
        return inputs
    parts = tf.nest.flatten(inputs)
    takers = getattr(model, "inputs", None) or [None] * len(parts)
    if isinstance(inputs, Mapping):
        named = {str(taker.name): taker for taker in takers if taker is not None}
        takers = [named.get(name) for name in sorted(inputs)]
    divided = [
        tf.cast(part, keras.config.floatx()) / scale if part.dtype.is_integer and not _of_integers(taker) else part
        for part, taker in zip(parts, takers, strict=True)
    ]
    return tf.nest.pack_sequence_as(inputs, divided)


def _of_integers(taker: Any) -> bool:
    return taker is not None and tf.as_dtype(taker.dtype).is_integer
