"""What pictures are drawn of: a trained model through its answers, with the samples it was trained and tested on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isqrt
from typing import Any, NamedTuple

import numpy as np

from harness.data import Arrays, Samples, class_labels, each
from harness.records import LAST_EPOCH
from harness.study import ACCURACY, Metric

MOST_CLASSES = 30  # beyond them a matrix or a grid of classes is no picture any more
SMALLEST_SIDE = 8  # of a flat image: 64 values may be one, 49 are taken for 49 features
NO_CLASSES = "the labels are no classes: this picture is of classifiers."


class NotApplicable(ValueError):
    """A picture does not fit this trial; the text says why."""


class Surface(NamedTuple):
    """The model's outputs on a grid over the plane of its two inputs, behind one epoch."""

    epoch: int  # from 1
    step: int  # its place in TensorBoard's charts
    outputs: np.ndarray
    value: float | None  # of the study's metric on the test samples


@dataclass(frozen=True, slots=True)
class FigureData:
    """A trained model and its samples, as plain arrays and one function."""

    title: str  # study, variant and seed
    arrays: Arrays
    predict: Callable[[Samples], Any]
    outputs: Any = None  # for arrays.x_test; a list where the model has several, None after a divergence
    history: Mapping[str, Sequence[float]] = field(default_factory=dict)
    kernel: np.ndarray | None = None  # weights of the first layer that has any: inputs first, units last
    class_names: tuple[str, ...] = ()
    metric: Metric = ACCURACY
    surfaces: tuple[Surface, ...] = ()
    weights: str = LAST_EPOCH  # which ones the model has: the history's last values are those of its last epoch
    counted: str = "epoch"  # what the training is counted in, by its series in the history: epoch, or step


class Predictions(NamedTuple):
    """What a classifier says of each test sample."""

    truth: np.ndarray  # (n,) class numbers
    predicted: np.ndarray  # (n,) class numbers
    probabilities: np.ndarray  # (n, classes)
    names: tuple[str, ...]  # one a class

    @property
    def right(self) -> np.ndarray:
        """Which answers are right, (n,)."""
        return self.truth == self.predicted


def first_output(outputs: Any) -> np.ndarray:
    """Return the outputs as one array, those of the first output where there are several; NotApplicable without any."""
    if outputs is None:
        raise NotApplicable("training diverged: the model has no answers.")
    if isinstance(outputs, Mapping):
        outputs = next(iter(outputs.values()))
    return np.asarray(outputs[0] if isinstance(outputs, (list, tuple)) else outputs)


def labels_of(y: Samples | None) -> np.ndarray:
    """Return the labels of the first output; NotApplicable for a model that learns without any."""
    if y is None:
        raise NotApplicable("there are no labels.")
    return np.asarray(each(y)[0])


def answers(subject: FigureData) -> Predictions:
    """Return the model's answers as classes; NotApplicable where it is no classifier, or its outputs are not finite."""
    probabilities = class_probabilities(first_output(subject.outputs), labels_of(subject.arrays.y_test))
    truth, count = class_labels_of(subject, subject.arrays.y_test), probabilities.shape[1]
    if truth is None:
        raise NotApplicable(NO_CLASSES)
    if count > MOST_CLASSES:
        raise NotApplicable(f"{count} classes are more than fit; expected at most {MOST_CLASSES}.")
    return Predictions(truth, probabilities.argmax(axis=1), probabilities, names_of(subject.class_names, count))


def class_probabilities(outputs: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return what the outputs give each class, shape (n, classes), a single output as the chance of class 1."""
    if class_labels(labels, most=_most_classes(outputs)) is None:
        raise NotApplicable(NO_CLASSES)
    require_finite(outputs)
    columns = outputs.reshape(len(outputs), -1).astype(np.float64)
    if columns.shape[1] == 1:
        columns = columns.clip(0.0, 1.0)
        return np.hstack([1.0 - columns, columns])
    return columns


def class_labels_of(subject: FigureData, y: Samples | None) -> np.ndarray | None:
    """Return the class of each sample, (n,), None where the labels name no classes of the model's."""
    most = None if subject.outputs is None else _most_classes(first_output(subject.outputs))
    return class_labels(labels_of(y), most=most)


def _most_classes(outputs: np.ndarray) -> int:
    return max(2, outputs[:1].size)


def names_of(known: tuple[str, ...], count: int) -> tuple[str, ...]:
    """Return a name for each class: the dataset's where they fit, else numbers."""
    if count < len(known):  # the study has made other classes of them
        return tuple(map(str, range(count)))
    return (*known, *map(str, range(len(known), count)))


def input_names(arrays: Arrays, count: int) -> tuple[str, ...]:
    """Return the names of a sample's numbers; none where the study names none, or as many others."""
    return tuple(arrays.feature_names) if len(arrays.feature_names) == count else ()


def require_finite(outputs: np.ndarray) -> None:
    """Raise NotApplicable for a model whose answers are no numbers."""
    if not np.isfinite(outputs).all():
        raise NotApplicable("the model's outputs are not finite.")


def images_of(x: Samples) -> np.ndarray:
    """Return samples as images, (n, height, width) or (n, height, width, 3); NotApplicable where they are none."""
    parts = _kept(x)
    samples = np.asarray(parts[0]) if len(parts) == 1 else np.empty((0, 0))
    if samples.ndim == 4 and samples.shape[-1] in (1, 3):
        return samples[..., 0] if samples.shape[-1] == 1 else samples
    if samples.ndim == 3 and min(samples.shape[1:]) >= SMALLEST_SIDE:
        return samples
    if samples.ndim == 2:
        side = isqrt(samples.shape[1])
        if side >= SMALLEST_SIDE and side * side == samples.shape[1]:
            return samples.reshape(-1, side, side)
    raise NotApplicable("the samples are no images.")


def as_grey(images: np.ndarray) -> np.ndarray:
    """Return images with values from 0 to 1: bytes by their full range, others each by its own."""
    if images.dtype == np.uint8:
        return images / 255.0
    values = images.astype(np.float64)
    axes = tuple(range(1, values.ndim))
    low, high = values.min(axis=axes, keepdims=True), values.max(axis=axes, keepdims=True)
    return (values - low) / np.maximum(high - low, 1e-12)


def _kept(x: Samples) -> tuple[np.ndarray, ...]:
    """Return the arrays of samples; NotApplicable for batches, which are gone once they were trained or measured on."""
    parts = each(x)
    if not any(np.size(part) for part in parts):
        raise NotApplicable("it shows single samples, which are not kept of batches; arrays(settings) are.")
    return parts


def plane_of(x: Samples) -> np.ndarray:
    """Return samples of two numbers, (n, 2); NotApplicable where they are others."""
    parts = _kept(x)
    samples = np.asarray(parts[0])
    if len(parts) != 1 or samples.ndim != 2 or samples.shape[1] != 2:
        shape = ", ".join(str(np.shape(part)[1:]) for part in parts)
        raise NotApplicable(f"a decision surface needs 2 inputs; a sample here has shape {shape}.")
    return samples
