"""A small dataset for the tests of finding, verifying and caching data."""

import gzip
from pathlib import Path

import numpy as np

from harness.data.idx import header
from harness.data.specs import ARRAYS, IDX_FILES


def tiny_arrays() -> dict[str, np.ndarray]:
    """Return the four arrays of `tiny`."""
    random = np.random.default_rng(0)
    shapes = {"x_train": (12, 28, 28), "y_train": (12,), "x_test": (4, 28, 28), "y_test": (4,)}
    return {name: random.integers(0, 10, shapes[name], dtype=np.uint8) for name in ARRAYS}


def write_idx_files(folder: Path, arrays: dict[str, np.ndarray] | None = None) -> None:
    """Write the arrays of `tiny`, or others, into a folder, as MNIST is published."""
    folder.mkdir(parents=True)
    for name, array in (arrays or tiny_arrays()).items():
        (folder / getattr(IDX_FILES, name)).write_bytes(gzip.compress(header(array.shape) + array.tobytes(), mtime=0))
