"""What a trained classifier says of each test sample, kept in a byte and a bit a sample."""

from pathlib import Path
from typing import Any

import numpy as np

from harness.records import PREDICTIONS_FILE


def is_classification(outputs: Any, labels: Any) -> bool:
    """Say whether outputs are class probabilities, shape (n, 2 … 256), for whole-number labels, shape (n,) or (n, 1)."""
    if not isinstance(outputs, np.ndarray) or not isinstance(labels, np.ndarray):
        return False
    whole = np.issubdtype(labels.dtype, np.integer) and labels.size == len(outputs)
    return whole and outputs.ndim == 2 and 2 <= outputs.shape[1] <= 256


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
