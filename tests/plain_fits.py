"""Keras' own fit, called as a plain script calls it, with the samples in the engine's order."""

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from harness.data.arrays import Arrays
from harness.engine.batches import epoch_order


class _Epochs:
    """A dataset that gives the samples of one epoch after another in the orders that the engine draws them in."""

    def __init__(self, arrays: Arrays, seed: int, size: int, done: int) -> None:
        self._x, self._y, self._seed, self._size, self._next = arrays.x_train, arrays.y_train, seed, size, done

    def __call__(self) -> Any:
        order = epoch_order(len(self._x), self._seed, self._next)
        self._next += 1
        for first in range(0, len(order), self._size):
            rows = order[first : first + self._size]
            yield self._x[rows], self._y[rows]


def plain_fit(
    model: keras.Model,
    arrays: Arrays,
    *,
    epochs: int,
    seed: int = 3,
    size: int = 32,
    initial_epoch: int = 0,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> keras.callbacks.History:
    """Return the history of one fit; samples are given as they are, the held-out ones as validation_data."""
    shapes = [(None, *part.shape[1:]) for part in (arrays.x_train, arrays.y_train)]
    kinds = [tf.TensorSpec(shape, part.dtype) for shape, part in zip(shapes, (arrays.x_train, arrays.y_train), strict=True)]
    batches = tf.data.Dataset.from_generator(_Epochs(arrays, seed, size, initial_epoch), output_signature=tuple(kinds))
    steps = -(-len(arrays.x_train) // size)
    batches = batches.apply(tf.data.experimental.assert_cardinality(steps))
    held_out = None if arrays.x_validation is None else (arrays.x_validation, arrays.y_validation)
    return model.fit(
        batches,
        epochs=epochs,
        initial_epoch=initial_epoch,
        validation_data=held_out,
        validation_batch_size=size,
        callbacks=list(callbacks),
        verbose=0,
    )
