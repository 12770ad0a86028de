"""One fold of a study's samples: what is trained on, and what is held out for the test."""

from dataclasses import replace
from typing import Any

import numpy as np

from harness.data import Arrays, Samples, each, take
from harness.study import Folds


def fold_of(arrays: Arrays, folds: Folds, trial: int, *, groups: Any = None) -> Arrays:
    """Return the arrays of one fold, of all samples together, those of training first.

    trial: counts through the folds of the first repeat, then of the next. groups: shape (n,), a label for each sample.
    ValueError for samples that cannot be divided so. The splitters are scikit-learn's.
    """
    x, y = _together(arrays.x_train, arrays.x_test), _together(arrays.y_train, arrays.y_test)
    _check(arrays)
    count = len(each(x)[0])
    if groups is not None and len(groups) != count:
        raise ValueError(f"groups(settings, arrays) returned {len(groups)} labels for {count} samples; expected one for each.")
    repeat, number = divmod(trial, folds.count)
    classes = _classes(y) if folds.stratified else None
    splitter = _splitter(folds, repeat)
    train, test = list(splitter.split(np.zeros(count), classes, groups))[number]
    return replace(
        arrays,
        x_train=take(x, train),
        y_train=None if y is None else take(y, train),
        x_test=take(x, test),
        y_test=None if y is None else take(y, test),
    )


def _splitter(folds: Folds, repeat: int) -> Any:
    from sklearn import model_selection

    kind = ("Stratified" if folds.stratified else "") + ("Group" if folds.groups else "") + "KFold"
    return getattr(model_selection, kind)(folds.count, shuffle=True, random_state=repeat)


def _together(first: Samples | None, second: Samples | None) -> Any:
    if first is None or second is None:
        return None
    if isinstance(first, dict) and isinstance(second, dict):
        return {name: np.concatenate([first[name], second[name]]) for name in first}
    parts = [np.concatenate(pair) for pair in zip(each(first), each(second), strict=True)]
    return tuple(parts) if isinstance(first, (tuple, list)) else parts[0]


def _classes(y: Samples | None) -> np.ndarray:
    labels = np.asarray(y) if y is not None and not isinstance(y, (tuple, list, dict)) else np.empty((0, 0, 0))
    if labels.ndim == 2:
        labels = labels.argmax(axis=1) if labels.shape[1] > 1 else labels[:, 0]
    if labels.ndim != 1:
        raise ValueError("stratified folds need one label a sample; expected y of shape (n,) or (n, classes), or plain folds.")
    return labels


def _check(arrays: Arrays) -> None:
    for name in ("sample_weight", "sample_weight_test", "sample_weight_validation", "x_validation"):
        if getattr(arrays, name) is not None:
            advice = "validation=N" if name == "x_validation" else "class_weight, or weights by the study's own train_step"
            raise ValueError(f"{name} cannot be divided into folds, as not all samples have it; expected {advice}.")
