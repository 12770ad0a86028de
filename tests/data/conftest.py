"""A small dataset that the harness knows, and a data folder that holds it."""

from pathlib import Path

import pytest
from tiny_dataset import tiny_arrays, write_idx_files

from harness.data.catalogue import DATASETS
from harness.data.idx import content_sha256
from harness.data.specs import Dataset, PerArray


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
