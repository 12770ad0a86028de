"""The samples that a trial learns from and is tested on, as NumPy holds them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Union

from harness.data.conversion import as_samples, check_columns

if TYPE_CHECKING:  # a study imports Arrays, and `list` loads every study
    import numpy as np

# A tuple holds one array for each input or output of the model in their order, a mapping one by the name of each.
Samples = Union["np.ndarray", "tuple[np.ndarray, ...]", "Mapping[str, np.ndarray]"]


SAMPLES = ("x_train", "y_train", "x_test", "y_test", "x_validation", "y_validation")
WEIGHTS = ("sample_weight", "sample_weight_test", "sample_weight_validation")


@dataclass(frozen=True, slots=True)
class Arrays:
    """Training and test samples; the first axis of every array counts samples.

    Tables, lists and tensors are converted to NumPy's arrays once; what goes by names, of inputs or outputs, keeps them.
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
    sample_weight_test: "np.ndarray | None" = None  # one weight for each test sample, by which it is measured
    sample_weight_validation: "np.ndarray | None" = None
    shuffle: bool = True  # whether each epoch draws the training samples in another order; False: as they lie
    nan_inputs: bool = False  # whether NaN may stand in the inputs, for a model that knows what to make of it

    def __post_init__(self) -> None:
        columns = check_columns({name: getattr(self, name) for name in ("x_train", "x_test", "x_validation")})
        if columns and not self.feature_names:
            object.__setattr__(self, "feature_names", columns)
        for name in (*SAMPLES, *WEIGHTS):
            object.__setattr__(self, name, as_samples(name, getattr(self, name)))
        for name in ("feature_names", "class_names"):
            names = getattr(self, name)
            if isinstance(names, str):
                raise ValueError(f"{name} is {names!r}; expected a name for each, as in {name}=({names!r},).")
            object.__setattr__(self, name, tuple(map(str, names)))  # of NumPy's strings, too
        if (self.y_train is None) != (self.y_test is None):
            raise ValueError("Received one of y_train and y_test; expected both, or None for both where there are no targets.")
        weights = [self.class_weight, *(getattr(self, name) for name in WEIGHTS)]
        if self.y_train is None and any(one is not None for one in weights):
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
    given = {name: getattr(arrays, name) for name in (*SAMPLES, *WEIGHTS)}
    kept: dict[str, Any] = {name: take(part, slice(count)) for name, part in given.items() if part is not None}
    return replace(arrays, **kept)


def hold_out(arrays: Arrays, count: int, *, by: str = "first", seed: int = 0) -> Arrays:
    """Return the arrays with so many training samples held out for validation.

    by: `first` of them, `random` ones by the seed, or `stratified` ones, of which each class has its share. The others stay in
    their order. ValueError if no training sample would be left, or if there are no classes to be stratified by.
    """
    samples = len(each(arrays.x_train)[0])
    fault = none_left(count, samples)
    if fault:
        raise ValueError(fault)
    held, rest = _parted(arrays, samples, count, by, seed)
    weights = arrays.sample_weight
    return replace(
        arrays,
        x_train=take(arrays.x_train, rest),
        y_train=None if arrays.y_train is None else take(arrays.y_train, rest),
        x_validation=take(arrays.x_train, held),
        y_validation=None if arrays.y_train is None else take(arrays.y_train, held),
        sample_weight=None if weights is None else weights[rest],
    )


def _parted(arrays: Arrays, samples: int, count: int, by: str, seed: int) -> "tuple[Any, Any]":
    """Return which samples to hold out and which to train on, as slices or as row numbers in their order."""
    if by == "first":
        return slice(count), slice(count, None)
    import numpy as np

    if by == "random":
        held = np.random.default_rng((seed, count)).permutation(samples)[:count]
    else:
        held = _stratified(arrays, count, seed)
    chosen = np.zeros(samples, bool)
    chosen[held] = True
    return np.flatnonzero(chosen), np.flatnonzero(~chosen)


def _stratified(arrays: Arrays, count: int, seed: int) -> "np.ndarray":
    import numpy as np
    from sklearn.model_selection import train_test_split

    from harness.data.labels import class_labels

    labels = None if arrays.y_train is None else class_labels(each(arrays.y_train)[0], most=None)
    if labels is None:
        raise ValueError("validation_by='stratified' needs labels of classes; expected 'random' for other targets.")
    try:
        _, held = train_test_split(range(len(labels)), test_size=count, stratify=labels, random_state=seed)
    except ValueError as error:
        raise ValueError(f"validation_by='stratified': {str(error).rstrip('.')}; expected 'random', or more samples.") from None
    return np.asarray(held)


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
