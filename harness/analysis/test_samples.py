"""The test samples that a study's trials answered, kept beside them: the true class of each, and what images show.

With a trial's predictions they say which samples two variants answer differently. A study's trials mostly share them, so
that they are kept once for each set, by a key of their labels and inputs, which each record names: trials that were tested on
the same labels may have seen other images of them, as moved ones.
"""

import hashlib
import io
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from harness.analysis.predictions import checked_archive, read_archive
from harness.records import write_atomically

_KEY = re.compile(r"[0-9a-f]{32}")
FOLDER = ".test-samples"  # of a study; no variant's name begins with a dot
MOST_IMAGE_BYTES = 1 << 24  # of all images: 10,000 of 28 × 28 take half of it; of more, the first ones are kept


@dataclass(frozen=True, slots=True)
class TestSamples:
    """The samples of one test set.

    labels: (n,) the class of each. names: of the classes, empty where they have none. images: (m, height, width) or
    (m, height, width, 3), uint8, of the first m ≤ n samples; none where they are no images.
    """

    __test__ = False  # no class of pytest's

    labels: np.ndarray
    names: tuple[str, ...]
    images: np.ndarray

    def name_of(self, number: int) -> str:
        """Return the name of a class, or its number."""
        return self.names[number] if number < len(self.names) else str(number)


def samples_key(test_sha256: str, inputs: Sequence[np.ndarray]) -> str:
    """Return what tells a test set from others: by its own hash, and by what the models were given of it."""
    told = hashlib.sha256(test_sha256.encode())
    for part in inputs:
        told.update(f"{part.dtype}{part.shape}".encode())
        if part.dtype != object:
            told.update(np.ascontiguousarray(part).data)
    return told.hexdigest()[:32]


def samples_file(study: Path, key: str) -> Path:
    """Return where the samples of this key lie in a study's folder; ValueError for what is no key."""
    if not _KEY.fullmatch(key):
        raise ValueError(f"{key[:40]!r} is no key of test samples")
    return study / FOLDER / f"{key}.npz"


def most_images(values: int) -> int:
    """Return how many images of so many values are kept."""
    return MOST_IMAGE_BYTES // max(values, 1)


def write_test_samples(
    study: Path, key: str, labels: np.ndarray, *, names: Sequence[str] = (), images: np.ndarray | None = None
) -> None:
    """Keep a test set in a study's folder, unless it is there; OSError if it cannot be written.

    labels: (n,) class numbers. images: (m, height, width) or with three colours, of the first m ≤ n samples, each with
    values from 0 to 1; no more of them than `most_images` are kept.
    """
    path = samples_file(study, key)
    if path.exists():
        return
    kept = np.zeros((0, 0, 0), np.uint8)
    if images is not None and len(images):
        kept = np.round(255 * images[: most_images(images[0].size)]).astype(np.uint8)
    content = {
        "labels": labels.astype(np.int64),
        "names": np.frombuffer(json.dumps(list(names)).encode(), np.uint8),
        "images": kept,
    }
    body = io.BytesIO()
    np.savez_compressed(body, **content, sha256=np.frombuffer(_digest(content), np.uint8))  # type: ignore[arg-type]
    path.parent.mkdir(exist_ok=True)
    write_atomically(path, body.getvalue())


def load_test_samples(study: Path, key: str) -> TestSamples | None:
    """Return the samples of this key, None where none were kept; AnswersError says why they cannot be trusted."""
    return read_archive(samples_file(study, key), _samples) if _KEY.fullmatch(key) else None


def _samples(content: bytes) -> TestSamples:
    found = checked_archive(content, ("labels", "names", "images"))
    if found.pop("sha256").tobytes() != _digest(found):
        raise ValueError("its content does not match its checksum")
    labels, images = found["labels"], found["images"]
    if labels.ndim != 1 or labels.dtype != np.int64 or images.dtype != np.uint8 or images.ndim not in (3, 4):
        raise ValueError("its arrays are no labels and images")
    if len(images) > len(labels):
        raise ValueError(f"it holds {len(labels)} labels and {len(images)} images")
    return TestSamples(labels, tuple(map(str, json.loads(found["names"].tobytes()))), images)


def _digest(content: dict[str, np.ndarray]) -> bytes:
    return hashlib.sha256(b"".join(content[name].tobytes() for name in ("labels", "names", "images"))).digest()
