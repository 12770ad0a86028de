"""Labels of a pipeline held against the model's outputs batch by batch: XLA would clamp one out of range in silence."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from harness.data import Arrays
from harness.engine.array_checks import class_limits


class LabelChecks:
    """Counts class numbers that the model has no output for; `begin` says of which part they are."""

    def __init__(self, model: keras.Model, look: Arrays) -> None:
        self._limits = class_limits(model, look)
        self._part, self._fault = "", ""

    def begin(self, part: str) -> None:
        """Hear which part of the data comes next."""
        self._part = part

    def count(self, batch: Any) -> tf.Tensor:
        """Return how many labels of a batch of tensors are out of range."""
        wrong = tf.constant(0)
        for labels, limit in self._limited(batch):
            wrong += tf.reduce_sum(tf.cast((labels < 0) | (labels >= tf.cast(limit, labels.dtype)), tf.int32))
        return wrong

    def require(self, wrong: int) -> None:
        """Raise ValueError where labels were out of range."""
        if wrong:
            limits = " and ".join(str(limit) for limit in self._limits if limit)
            self._fault = (
                f"{self._part} of Data(...) holds a batch with {wrong} labels out of range: the model has {limits} outputs; "
                "expected labels from 0 to one less."
            )
            raise ValueError(self._fault)

    @contextmanager
    def said(self) -> Iterator[None]:
        """Let what is wrong come out of fit in its own words, which TensorFlow wraps in many lines."""
        self._fault = ""
        try:
            yield
        except tf.errors.OpError:
            if self._fault:
                raise ValueError(self._fault) from None
            raise

    def checked(self, batch: Any) -> Any:
        """Return a batch of arrays; ValueError as above."""
        self.require(sum(int(((labels < 0) | (labels >= limit)).sum()) for labels, limit in self._limited(batch)))
        return batch

    def _limited(self, batch: Any) -> list[tuple[Any, int]]:
        if not isinstance(batch, tuple) or len(batch) < 2:
            return []
        parts = keras.tree.flatten(batch[1])
        if len(parts) != len(self._limits):
            return []
        return [(part, limit) for part, limit in zip(parts, self._limits, strict=True) if limit and _numbers(part)]


def _numbers(part: Any) -> bool:
    dtype = np.dtype(part.dtype.as_numpy_dtype if isinstance(part, tf.Tensor) else part.dtype)
    return bool(np.issubdtype(dtype, np.number))
