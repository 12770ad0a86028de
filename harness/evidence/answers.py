"""What a trained classifier says of each test sample, kept in a byte and a bit a sample."""

from pathlib import Path
from typing import Any

import numpy as np

from harness.records import PREDICTIONS_FILE


MOST_CLASSES = 256


def class_answers(outputs: Any, labels: Any) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the class that outputs say and the true one of each sample, both of shape (n,); None for another task.

    Known are chances of 2 … 256 classes for whole-number labels or for one-hot rows, and a single chance of class 1 for
    labels of 0 and 1. Of several outputs the first one counts.
    """
    output, label = _first(outputs), _first(labels)
    if output.ndim == 1:
        output = output[:, None]
    if output.ndim != 2 or len(output) != len(label) or not len(output) or output.shape[1] > MOST_CLASSES:
        return None
    if output.shape[1] == 1:
        chance, truth = output[:, 0], label.reshape(-1)
        binary = truth.shape == chance.shape and np.isin(truth, (0, 1)).all() and ((chance >= 0) & (chance <= 1)).all()
        return ((chance > 0.5).astype(np.int64), truth.astype(np.int64)) if binary else None
    if label.size == len(output):
        numbers = label.reshape(-1)
        return (output.argmax(axis=1), numbers) if (numbers == np.round(numbers)).all() else None
    one_hot = label.shape == output.shape and np.isin(label, (0, 1)).all() and (label.sum(axis=1) == 1).all()
    return (output.argmax(axis=1), label.argmax(axis=1)) if one_hot else None


def first_chances(outputs: Any) -> list[float]:
    """Return the chance of each class for the first sample; a single output is the chance of class 1."""
    row = np.ravel(_first(outputs)[0]).astype(float).tolist()
    return row if len(row) > 1 else [1.0 - row[0], row[0]]


def _first(samples: Any) -> np.ndarray:
    return np.asarray(samples[0] if isinstance(samples, (list, tuple)) else samples)


def save_answers(folder: Path, classes: np.ndarray, labels: np.ndarray) -> None:
    """Write each test sample's class, shape (n,), and whether it is the label's."""
    right = np.packbits(classes == labels)
    np.savez_compressed(folder / PREDICTIONS_FILE, classes=classes.astype(np.uint8), right=right)


def load_right(folder: Path) -> np.ndarray | None:
    """Return which test samples an attempt got right, shape (n,), or None where no answers were kept."""
    try:
        with np.load(folder / PREDICTIONS_FILE) as answers:
            return np.unpackbits(answers["right"], count=len(answers["classes"])).astype(bool)
    except (OSError, ValueError, KeyError):
        return None
