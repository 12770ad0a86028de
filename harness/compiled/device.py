"""Samples on the device, where the compiled epoch draws its batches from."""

import mmap
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from harness.arrays import Arrays, Samples, each, training_weights


@dataclass(frozen=True, slots=True)
class DeviceSamples:
    """One trial's samples as tensors, copied for it alone: an array that an earlier one saw may hold other data now."""

    train: tuple[Any, ...]  # inputs, targets, and weights where there are any
    test: tuple[Any, ...]  # inputs and targets
    validation: tuple[Any, ...]  # the same; empty where none are held out
    scale: float  # divides integer inputs


def on_device(arrays: Arrays) -> DeviceSamples:
    """Return copies of a trial's samples on the device."""
    weights = training_weights(arrays)
    train = (structure(arrays.x_train), structure(arrays.y_train))
    held_out = arrays.x_validation is not None
    return DeviceSamples(
        train=train if weights is None else (*train, tf.constant(weights)),
        test=(structure(arrays.x_test), structure(arrays.y_test)),
        validation=(structure(arrays.x_validation), structure(arrays.y_validation)) if held_out else (),
        scale=arrays.scale,
    )


def first_sample(samples: Samples) -> Any:
    """Return the first sample alone on the device, as a batch of one."""
    return structure([array[:1] for array in samples] if isinstance(samples, (tuple, list)) else samples[:1])


def structure(samples: Samples) -> Any:
    """Return a model's inputs or outputs on the device: one tensor, or a list as Keras takes several."""
    tensors = [_copy(array) for array in each(samples)]
    return tensors if isinstance(samples, (tuple, list)) else tensors[0]


def _copy(array: np.ndarray) -> tf.Tensor:
    """Return the array as a tensor: floats as float32, as fit casts them, all else as it is."""
    dtype = np.float32 if np.issubdtype(array.dtype, np.floating) else array.dtype
    tensor = tf.constant(np.asarray(array, dtype))
    _let_pages_go(array)
    return tensor


def _let_pages_go(array: np.ndarray) -> None:
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


def scaled(inputs: Any, scale: float) -> Any:
    """Return a batch's inputs with the integer ones cast to float32 and divided by the scale."""
    if scale == 1.0:
        return inputs
    return tf.nest.map_structure(
        lambda values: tf.cast(values, tf.float32) / scale if values.dtype.is_integer else values, inputs
    )
