"""A disk that can be filled."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from small_disk import SmallDisk, mounted_disk


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """A disk of two megabytes."""
    folder = tmp_path / "disk"
    with mounted_disk(folder, megabytes=2) as mounted:
        yield SmallDisk(folder, mounted)
