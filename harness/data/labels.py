"""Labels → class numbers: the one rule of which labels name a class.

Two places keep rules of their own, and say so: class weights go by what Keras' fit does, whatever the labels
(`training_weights`), and labels of shapes that Keras' sparse losses alone take are checked against these (the engine).
"""

import numpy as np

NO_CLASS = -1


def class_numbers(labels: np.ndarray, *, most: int | None) -> np.ndarray:
    """Return the class that each sample's label names, shape (n,), NO_CLASS where it names none.

    A class is named by a whole number from 0, in shape (n,) or (n, 1) and of any type, booleans included, or by a one-hot
    row; not by several ones in a row, nor by shares. most: how many classes there may be, as the model's outputs say; None
    where no model is known: then whole numbers stored as floats may be measurements, and only 0 and 1 are classes.
    """
    rows = np.asarray(labels).reshape(len(labels), -1)
    if rows.dtype.kind not in "biuf":
        return np.full(len(rows), NO_CLASS)
    if rows.shape[1] != 1:
        fits = rows.size and (most is None or rows.shape[1] <= most)
        return np.where(one_hot(rows), rows.argmax(axis=1), NO_CLASS) if fits else np.full(len(rows), NO_CLASS)
    numbers = rows[:, 0]
    if most is None and rows.dtype.kind == "f":
        most = 2 if np.isin(numbers, (0, 1)).all() else 0
    named = (numbers >= 0) & (numbers == np.round(numbers))
    if most is not None:
        named &= numbers < most
    found = np.full(len(rows), NO_CLASS)
    found[named] = numbers[named]
    return found


def class_labels(labels: np.ndarray, *, most: int | None) -> np.ndarray | None:
    """Return the class of each sample, None where one of the labels names none; most: as of `class_numbers`."""
    numbers = class_numbers(labels, most=most)
    return None if (numbers == NO_CLASS).any() else numbers


def one_hot(rows: np.ndarray) -> np.ndarray:
    """Say of each row whether it holds a one and zeros, shape (n,)."""
    return np.asarray(np.isin(rows, (0, 1)).all(axis=1) & (rows.sum(axis=1) == 1))
