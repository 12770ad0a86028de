"""A small dataset for the tests of finding, verifying and caching data, and a machine that has nothing else."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from harness.data.catalogue import ARRAYS, DATASETS, IDX_FILES, Dataset, PerArray
from harness.data.idx import content_sha256, header


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with neither data nor network: empty caches, no data folder, a proxy that refuses."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.delenv("HARNESS_DATA_DIR", raising=False)
    for name in ("https_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "127.0.0.1")


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> Dataset:
    """A dataset named `tiny`, known to the harness: 12 training and 4 test images, drawn from a fixed seed."""
    dataset = Dataset(
        "tiny",
        summary="16 random images",
        class_names=tuple("0123456789"),
        train_count=12,
        test_count=4,
        sha256=PerArray(**{name: content_sha256(array) for name, array in tiny_arrays().items()}),
    )
    monkeypatch.setitem(DATASETS, "tiny", dataset)
    return dataset


@pytest.fixture
def tiny_dir(tiny: Dataset, tmp_path: Path) -> Path:
    """A data folder that holds `tiny` as four gzipped IDX files."""
    write_idx_files(tmp_path / "data" / tiny.name)
    return tmp_path / "data"


def tiny_arrays() -> dict[str, np.ndarray]:
    """Return the four arrays of `tiny`."""
    random = np.random.default_rng(0)
    shapes = {"x_train": (12, 28, 28), "y_train": (12,), "x_test": (4, 28, 28), "y_test": (4,)}
    return {name: random.integers(0, 10, shapes[name], dtype=np.uint8) for name in ARRAYS}


def write_idx_files(folder: Path) -> None:
    """Write the arrays of `tiny` into a folder, as MNIST is published."""
    folder.mkdir(parents=True)
    for name, array in tiny_arrays().items():
        (folder / getattr(IDX_FILES, name)).write_bytes(gzip.compress(header(array.shape) + array.tobytes(), mtime=0))
