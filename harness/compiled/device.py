"""Samples on the device, where the compiled epoch draws its batches from."""

import mmap
from collections import OrderedDict
from typing import Any

import numpy as np
import tensorflow as tf

from harness.arrays import Arrays, Samples, each, training_weights

KEPT_BYTES = 64 * 2**20  # MNIST, as bytes, is 55 MB, and copied in 30 ms

_kept: OrderedDict[tuple[Any, ...], tuple[np.ndarray, tf.Tensor]] = OrderedDict()


def on_device(array: np.ndarray) -> tf.Tensor:
    """Return the array as a tensor: floats as float32, as fit casts them, all else as it is.

    A read-only array's tensor is kept for the next trial. One that can be written to is copied each time, since
    its content may have changed in between.
    """
    if array.flags.writeable:
        return _copy(array)
    key = (array.__array_interface__["data"][0], array.shape, array.strides, array.dtype.str)
    if key not in _kept:
        _make_room(array.nbytes)
        # The array is held as well: were it freed, another one could take its address.
        _kept[key] = (array, _copy(array))
    _kept.move_to_end(key)
    return _kept[key][1]


def _copy(array: np.ndarray) -> tf.Tensor:
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


def _make_room(size: int) -> None:
    """Forget the oldest arrays, so that one more of so many bytes fits beside those that are kept."""
    while _kept and size + sum(array.nbytes for array, _ in _kept.values()) > KEPT_BYTES:
        _kept.popitem(last=False)


def structure(samples: Samples) -> Any:
    """Return a model's inputs or outputs on the device: one tensor, or a list as Keras takes several."""
    tensors = [on_device(array) for array in each(samples)]
    return tensors if isinstance(samples, (tuple, list)) else tensors[0]


def training_samples(arrays: Arrays) -> tuple[Any, ...]:
    """Return (inputs, targets) or (inputs, targets, weights) of the training samples."""
    weights = training_weights(arrays)
    samples = (structure(arrays.x_train), structure(arrays.y_train))
    return samples if weights is None else (*samples, tf.constant(weights))


def test_samples(arrays: Arrays) -> tuple[Any, ...]:
    """Return (inputs, targets) of the test samples."""
    return structure(arrays.x_test), structure(arrays.y_test)


def validation_samples(arrays: Arrays) -> tuple[Any, ...]:
    """Return (inputs, targets) of the validation samples, nothing where none are held out."""
    if arrays.x_validation is None:
        return ()
    return structure(arrays.x_validation), structure(arrays.y_validation)


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
