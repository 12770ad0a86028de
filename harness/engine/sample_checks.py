"""Which arrays no model could learn from, whatever it is: of different lengths, empty, not finite, weighted wrongly."""

from collections.abc import Iterator, Mapping

import numpy as np

from harness.data import Arrays, Samples, each, titled
from harness.study import SPLITS, VALIDATION

CHECKED_AT_ONCE = 8192  # samples; keeps the temporary arrays small


def check_samples(arrays: Arrays, *, gaps: bool = False) -> None:
    """Raise ValueError for arrays that no model could learn from: of different lengths, empty, or not finite.

    gaps: whether the model takes inputs that are NaN, for values that are not known.
    """
    if (arrays.x_validation is None or arrays.y_train is None) != (arrays.y_validation is None):
        expected = "both or none" if arrays.y_train is not None else "no y_validation, as there is no y_train"
        raise ValueError(f"Received one of x_validation and y_validation; expected {expected}.")
    for name in parts_of(arrays):
        x, y = getattr(arrays, f"x_{name}"), getattr(arrays, f"y_{name}")
        given = {f"x_{name}": x} if y is None else {f"x_{name}": x, f"y_{name}": y}
        _check_lengths(given)
        for label, samples in given.items():
            for title, array in titled(label, samples):
                _check_finite(title, array, gaps=(gaps or arrays.nan_inputs) and samples is x)
    _check_weights(arrays)


def parts_of(arrays: Arrays) -> tuple[str, ...]:
    """Return which of the splits the arrays have."""
    return tuple(name for name in SPLITS if name != VALIDATION or arrays.x_validation is not None)


def _check_lengths(given: Mapping[str, Samples]) -> None:
    lengths = {title: len(array) for label, samples in given.items() for title, array in titled(label, samples)}
    if len(set(lengths.values())) > 1:
        received = ", ".join(f"{title} {length}" for title, length in lengths.items())
        raise ValueError(f"All arrays need the same number of samples; received {received}.")
    if 0 in lengths.values():
        raise ValueError(f"{next(iter(given))} holds no samples; expected at least one.")


def _chunks(array: np.ndarray) -> Iterator[np.ndarray]:
    return (array[first : first + CHECKED_AT_ONCE] for first in range(0, len(array), CHECKED_AT_ONCE))


def _check_finite(title: str, array: np.ndarray, *, gaps: bool = False) -> None:
    if not np.issubdtype(array.dtype, np.inexact):
        return
    wrong = sum(int((np.isinf(part) if gaps else ~np.isfinite(part)).sum()) for part in _chunks(array))
    if wrong:
        kind = "infinite" if gaps else "NaN or infinite"
        advice = (
            ", or Arrays(..., nan_inputs=True) for a model that knows what to make of NaN"
            if not gaps and title[0] == "x"
            else ""
        )
        raise ValueError(f"{title} holds {wrong} values that are {kind}, of {array.size}; expected none{advice}.")


def _check_class_weights(weights: object) -> None:
    if not isinstance(weights, Mapping):
        raise TypeError(
            f"class_weight is a {type(weights).__name__}; expected a weight by class number, as in {{0: 1.0, 1: 2.5}}."
        )
    for number, weight in weights.items():
        if not isinstance(number, (int, float, np.number)) or not float(number).is_integer():
            raise ValueError(f"class_weight has a weight for {number!r}; expected class numbers, as in {{0: 1.0, 1: 2.5}}.")
        if not isinstance(weight, (int, float, np.number)) or not np.isfinite(weight):
            raise ValueError(f"class_weight gives class {number} the weight {weight!r}; expected a number.")


def _check_weights(arrays: Arrays) -> None:
    if arrays.class_weight is not None and arrays.sample_weight is not None:
        raise ValueError("Received both class_weight and sample_weight; expected one of them.")
    if arrays.class_weight is not None:
        _check_class_weights(arrays.class_weight)
    if arrays.class_weight is not None and arrays.y_train is not None and len(each(arrays.y_train)) > 1:
        raise ValueError("class_weight expects a model of one output; received several label arrays.")
    for name, x, kind in (
        ("sample_weight", arrays.x_train, "training"),
        ("sample_weight_test", arrays.x_test, "test"),
        ("sample_weight_validation", arrays.x_validation, "validation"),
    ):
        given = getattr(arrays, name)
        if given is None:
            continue
        if isinstance(given, (Mapping, tuple)):
            parts = f"a {type(given).__name__} of {len(given)} arrays"
            raise TypeError(f"{name} is {parts}; expected one array, of one weight for each {kind} sample, for all outputs.")
        weights = np.asarray(given)
        if x is None or weights.shape[:1] != each(x)[0].shape[:1]:
            raise ValueError(f"{name} has shape {weights.shape}; expected one weight for each {kind} sample.")
        _check_finite(name, weights)
