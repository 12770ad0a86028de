"""MNIST and Fashion-MNIST as keras.datasets gives them, from the original IDX files where they lie at hand.

Shapes: images uint8 (n, 28, 28), labels uint8 (n,). The format: https://yann.lecun.com/exdb/mnist
"""

import functools
import gzip
import os
from pathlib import Path

import keras
import numpy as np

Split = tuple[np.ndarray, np.ndarray]


@functools.cache  # twelve scripts in one process read each dataset once
def load_images(name: str) -> tuple[Split, Split]:
    """Return (x_train, y_train), (x_test, y_test) of mnist or fashion-mnist, below HARNESS_DATA_DIR or downloaded."""
    folder = os.environ.get("HARNESS_DATA_DIR")
    if not folder:
        return getattr(keras.datasets, name.replace("-", "_")).load_data()
    return _read_split(Path(folder, name), "train"), _read_split(Path(folder, name), "t10k")


def _read_split(folder: Path, split: str) -> Split:
    images = gzip.decompress((folder / f"{split}-images-idx3-ubyte.gz").read_bytes())
    labels = gzip.decompress((folder / f"{split}-labels-idx1-ubyte.gz").read_bytes())
    return np.frombuffer(images, np.uint8, offset=16).reshape(-1, 28, 28), np.frombuffer(labels, np.uint8, offset=8)
