"""The samples that a trial learns from and is tested on, as NumPy holds them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

Samples = np.ndarray | tuple[np.ndarray, ...]  # a tuple holds one array for each input or output of the model


@dataclass(frozen=True, slots=True)
class Arrays:
    """Training and test samples; the first axis of every array counts samples.

    Arrays may be memory-mapped, and images may stay uint8: they are kept as they are until a batch is drawn.
    """

    x_train: Samples
    y_train: Samples
    x_test: Samples
    y_test: Samples
    scale: float = 1.0  # integer inputs are divided by this as float32 (255 for pixels); 1.0 leaves them as they are
    sample_weight: np.ndarray | None = None  # one weight for each training sample
    class_weight: Mapping[int, float] | None = None  # weight of a training sample by its class; 1.0 where none is given
    x_validation: Samples | None = None  # held-out samples that choose among epochs and settings; the test samples judge
    y_validation: Samples | None = None


def each(samples: Samples) -> tuple[np.ndarray, ...]:
    """Return the arrays of one or of several inputs as a tuple."""
    return tuple(samples) if isinstance(samples, (tuple, list)) else (samples,)


def training_weights(arrays: Arrays) -> np.ndarray | None:
    """Return the weight of each training sample as float32, or None where all weigh the same."""
    if arrays.class_weight is None:
        return None if arrays.sample_weight is None else np.asarray(arrays.sample_weight, np.float32)
    (labels,) = each(arrays.y_train)
    labels = np.asarray(labels)
    if labels.ndim > 1:
        labels = labels.argmax(axis=-1) if labels.shape[-1] > 1 else labels[..., 0]
    classes, places = np.unique(np.round(labels).astype(np.int64), return_inverse=True)
    weights = [arrays.class_weight.get(int(number), 1.0) for number in classes]
    return np.asarray(weights, np.float32)[places.reshape(labels.shape)]
