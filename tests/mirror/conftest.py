"""A store in memory, and the cache of this machine."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.mirror.mirrors import finish_mirrors
from harness.mirror.stores import open_store
from harness.mirror.urls import parse_url


@pytest.fixture
def url() -> str:
    return f"memory://{uuid.uuid4().hex}/logs"


@pytest.fixture
def stored(url: str):
    """What the store holds below the log folder, by path."""
    store, prefix = open_store(parse_url(url))
    return lambda: {path.removeprefix(f"{prefix}/"): store.read(path).decode() for path in store.list(prefix)}


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    yield tmp_path / "cache"
    finish_mirrors()
