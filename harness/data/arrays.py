"""The samples that a trial learns from and is tested on, as NumPy holds them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Union

if TYPE_CHECKING:  # a study imports Arrays, and `list` loads every study
    import numpy as np

# A tuple holds one array for each input or output of the model in their order, a mapping one by the name of each.
Samples = Union["np.ndarray", "tuple[np.ndarray, ...]", "Mapping[str, np.ndarray]"]


@dataclass(frozen=True, slots=True)
class Arrays:
    """Training and test samples; the first axis of every array counts samples.

    Arrays may be memory-mapped, and images may stay uint8: they are kept as they are until a batch is drawn.
    """

    x_train: Samples
    y_train: Samples | None  # None, as y_test, where the model needs no targets: an autoencoder by its own train_step
    x_test: Samples
    y_test: Samples | None
    # Integer inputs are divided by this as floatx (255 for pixels), except those that the model's Input takes as integers;
    # 1.0 leaves all as they are.
    scale: float = 1.0
    sample_weight: "np.ndarray | None" = None  # one weight for each training sample
    class_weight: Mapping[int, float] | None = None  # weight of a training sample by its class; 1.0 where none is given
    x_validation: Samples | None = None  # held-out samples that choose among epochs and settings; the test samples judge
    y_validation: Samples | None = None
    feature_names: tuple[str, ...] = ()  # for pictures, as class_names: what the numbers of a sample are
    class_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("feature_names", "class_names"):
            names = getattr(self, name)
            if isinstance(names, str):
                raise ValueError(f"{name} is {names!r}; expected a name for each, as in {name}=({names!r},).")
            object.__setattr__(self, name, tuple(map(str, names)))  # of NumPy's strings, too
        if (self.y_train is None) != (self.y_test is None):
            raise ValueError("Received one of y_train and y_test; expected both, or None for both where there are no targets.")
        if self.y_train is None and (self.sample_weight is not None or self.class_weight is not None):
            raise ValueError("Received weights without targets, which Keras' fit leaves out; expected y_train, or no weights.")


def each(samples: Samples) -> "tuple[np.ndarray, ...]":
    """Return the arrays of one or of several inputs as a tuple, those that go by names in the order of these, as Keras does."""
    if isinstance(samples, Mapping):
        return tuple(samples[name] for name in sorted(samples))
    return tuple(samples) if isinstance(samples, (tuple, list)) else (samples,)


def titled(label: str, samples: Samples) -> "tuple[tuple[str, np.ndarray], ...]":
    """Return each array with what it is called in messages: x_train, x_train[1], x_train['left']."""
    arrays = each(samples)
    if isinstance(samples, Mapping):
        return tuple((f"{label}[{name!r}]", array) for name, array in zip(sorted(samples), arrays, strict=True))
    return tuple((label if len(arrays) == 1 else f"{label}[{index}]", array) for index, array in enumerate(arrays))


def take(samples: Samples, part: "slice | np.ndarray") -> Samples:
    """Return a part of the samples of every input or output: of a slice as views, of row numbers as copies."""
    if isinstance(samples, Mapping):
        return {name: array[part] for name, array in samples.items()}
    return tuple(array[part] for array in samples) if isinstance(samples, (tuple, list)) else samples[part]


def first_samples(arrays: Arrays, count: int | None) -> Arrays:
    """Return the arrays with at most so many samples each, the first ones; None leaves them whole."""
    if count is None:
        return arrays
    names = ("x_train", "y_train", "x_test", "y_test", "sample_weight", "x_validation", "y_validation")
    given = {name: getattr(arrays, name) for name in names}
    kept: dict[str, Any] = {name: take(part, slice(count)) for name, part in given.items() if part is not None}
    return replace(arrays, **kept)


def hold_out(arrays: Arrays, count: int) -> Arrays:
    """Return the arrays with the first so many training samples held out for validation.

    ValueError if no training sample would be left.
    """
    fault = none_left(count, len(each(arrays.x_train)[0]))
    if fault:
        raise ValueError(fault)
    held, rest = slice(count), slice(count, None)
    weights = arrays.sample_weight
    return replace(
        arrays,
        x_train=take(arrays.x_train, rest),
        y_train=None if arrays.y_train is None else take(arrays.y_train, rest),
        x_validation=take(arrays.x_train, held),
        y_validation=None if arrays.y_train is None else take(arrays.y_train, held),
        sample_weight=None if weights is None else weights[rest],
    )


def none_left(count: int, samples: int, *, kind: str = "training samples") -> str:
    """Say that holding out so many samples for validation leaves none to train on; empty where some are left."""
    if count < samples:
        return ""
    return f"validation={count} would hold out all of {samples} {kind}; expected fewer than these."


def training_weights(arrays: Arrays) -> "np.ndarray | None":
    """Return the weight of each training sample as float32, or None where all weigh the same.

    A label's class is what Keras' fit takes it for: the largest of a row, one-hot or not, and a number rounded.
    """
    import numpy as np

    if arrays.class_weight is None or arrays.y_train is None:
        return None if arrays.sample_weight is None else np.asarray(arrays.sample_weight, np.float32)
    (labels,) = each(arrays.y_train)
    labels = np.asarray(labels)
    if labels.ndim > 1:
        labels = labels.argmax(axis=-1) if labels.shape[-1] > 1 else labels[..., 0]
    classes, places = np.unique(np.round(labels).astype(np.int64), return_inverse=True)
    weights = [arrays.class_weight.get(int(number), 1.0) for number in classes]
    return np.asarray(weights, np.float32)[places.reshape(labels.shape)]
