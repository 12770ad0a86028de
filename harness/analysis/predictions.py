"""What a trained classifier says of each test sample, kept in a byte and a bit a sample.

Its checksum is one of the archive's arrays, so that any reader of NumPy's files opens it: no line stands before it.
"""

import hashlib
import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from harness.data import class_labels
from harness.records import PREDICTIONS_FILE, write_atomically

Content = TypeVar("Content")
MOST_CLASSES = 256
MOST_BYTES = 1 << 28  # of all arrays: 200 million test samples


class AnswersError(ValueError):
    """An attempt's kept answers cannot be trusted: torn, altered, or not what the harness writes."""


def predicted_classes(outputs: Any, labels: Any) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the class that outputs say and the true one of each sample, both of shape (n,); None for another task.

    Known are chances of 2 … 256 classes, and a single chance of class 1. Of several outputs the first one counts.
    """
    output, label = _first(outputs), _first(labels)
    if output.ndim == 1:
        output = output[:, None]
    if output.ndim != 2 or len(output) != len(label) or not len(output) or output.shape[1] > MOST_CLASSES:
        return None
    truth = class_labels(label, most=max(2, output.shape[1]))
    if truth is None or (output.shape[1] == 1 and not ((output >= 0) & (output <= 1)).all()):
        return None
    return (output[:, 0] > 0.5).astype(np.int64) if output.shape[1] == 1 else output.argmax(axis=1), truth


def first_probabilities(outputs: Any) -> list[float]:
    """Return the chance of each class for the first sample; a single output is the chance of class 1."""
    row = np.ravel(_first(outputs)[0]).astype(float).tolist()
    return row if len(row) > 1 else [1.0 - row[0], row[0]]


def _first(samples: Any) -> np.ndarray:
    return np.asarray(samples[0] if isinstance(samples, (list, tuple)) else samples)


def write_predictions(folder: Path, classes: np.ndarray, labels: np.ndarray) -> None:
    """Write each test sample's class, shape (n,), and whether it is the label's."""
    kept: dict[str, Any] = {"classes": classes.astype(np.uint8), "right": np.packbits(classes == labels)}
    body = io.BytesIO()
    np.savez_compressed(body, **kept, sha256=np.frombuffer(_digest(kept), np.uint8))
    write_atomically(folder / PREDICTIONS_FILE, body.getvalue())


def load_right(folder: Path) -> np.ndarray | None:
    """Return which test samples an attempt got right, shape (n,), or None where no answers were kept.

    AnswersError says why what was kept cannot be trusted.
    """
    found = load_answers(folder)
    return None if found is None else found[1]


def load_answers(folder: Path) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the class that an attempt gave each test sample, and whether that is right: both (n,); None without answers.

    AnswersError says why what was kept cannot be trusted.
    """
    return read_archive(folder / PREDICTIONS_FILE, _answers)


def read_archive(path: Path, parse: Callable[[bytes], Content]) -> Content | None:
    """Return what a file's bytes are parsed into, None without a file; AnswersError says why they cannot be trusted."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise AnswersError(f"{path}: cannot be read ({error.strerror}).") from None
    try:
        return parse(content)
    except Exception as error:  # whatever a damaged archive raises, and there is much
        raise AnswersError(f"{path}: is torn or altered ({type(error).__name__}: {str(error)[:200]}).") from None


def checked_archive(content: bytes, names: Sequence[str]) -> dict[str, np.ndarray]:
    """Return arrays of an archive, and its checksum where it has one; ValueError if they would take more than MOST_BYTES."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        size = sum(member.file_size for member in archive.infolist())
    if size > MOST_BYTES:  # a small archive may inflate to any size
        raise ValueError(f"it would take {size:,} bytes")
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        return {name: archive[name] for name in (*names, *(["sha256"] if "sha256" in archive else []))}


def _answers(content: bytes) -> tuple[np.ndarray, np.ndarray]:
    kept = checked_archive(content, ("classes", "right"))
    digest = kept.pop("sha256").tobytes() if "sha256" in kept else None  # none in files of earlier versions
    if any(array.dtype != np.uint8 or array.ndim != 1 for array in kept.values()):
        raise ValueError("its arrays are no lists of bytes")
    if digest not in (None, _digest(kept)):
        raise ValueError("its content does not match its checksum")
    samples = len(kept["classes"])
    if not samples:
        raise ValueError("it holds no sample")
    if len(kept["right"]) != (samples + 7) // 8:
        raise ValueError(f"it holds {samples} classes and {len(kept['right'])} bytes of what is right")
    return kept["classes"], np.unpackbits(kept["right"], count=samples).astype(bool)


def _digest(kept: Mapping[str, np.ndarray]) -> bytes:
    return hashlib.sha256(b"".join(kept[name].tobytes() for name in ("classes", "right"))).digest()
