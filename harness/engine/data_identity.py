"""What tells the data of a study's `datasets` from others, and whether they follow from the seed.

Data are told by their declared version. Without one, of each part: the shapes and types of a batch, the first two batches,
all tensors that a tf.data pipeline holds (slices, file names, what its functions have captured) and the content of the
files that these name; of arrays, all of them. What comes from Python is told by its first two batches alone.
"""

import hashlib
import os
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from harness.data import Data
from harness.engine.feed import Feed
from harness.engine.feeds import PARTS, FeedSamples
from harness.engine.pipeline_feed import PipelineFeed
from harness.engine.pipeline_nodes import files, not_reproducible, values
from harness.engine.python_feeds import PythonFeed, RowFeed, as_batch

LOOKED_AT = 2  # batches
READ_AT_ONCE = 2**24  # bytes of an array


def held_sha256(feed: Feed) -> str:
    """Return a hash of what can be seen of a part without drawing from it."""
    digest = hashlib.sha256(f"{feed.name} {type(feed).__name__} {feed.steps}".encode())
    if isinstance(feed, PipelineFeed):
        digest.update(repr(feed.dataset.element_spec).encode())
        for value in values(feed.dataset):
            _add(digest, value)
        for path in files(feed.dataset):
            status = os.stat(path)
            digest.update(_file_sha256(path, status.st_size, status.st_mtime_ns).encode())
    elif isinstance(feed, RowFeed):
        for array in keras.tree.flatten(feed.arrays):
            _add(digest, array)
    return digest.hexdigest()


def drawn_sha256(batches: list[Any]) -> str:
    """Return a hash of batches."""
    digest = hashlib.sha256()
    for batch in batches:
        for part in keras.tree.flatten(as_batch(batch)):
            _add(digest, part)
    return digest.hexdigest()


def first_batches(feed: Feed) -> list[Any]:
    """Return the first batches of a part; that is drawn from hereby. ValueError where there is none."""
    feed.begin(0)
    found = list(islice(feed.epoch(0), LOOKED_AT))
    if not found:
        raise ValueError(f"{feed.name} of Data(...) gives no batch; expected at least one.")
    return found


def differs_by_itself(feed: Feed) -> str:
    """Return why a part may give other batches under the same seed, as far as it shows; empty where nothing says so."""
    reason = not_reproducible(feed.dataset) if isinstance(feed, PipelineFeed) else ""
    return reason and f"{feed.name}: {reason}"


def other_data(one: dict[str, str], other: dict[str, str]) -> str:
    """Return which part of the data was another one when it was made a second time under the same seed; empty for none."""
    differing = [name for name, digest in one.items() if other.get(name) != digest]
    return f"{' and '.join(differing)}: other batches each time under one seed" if differing else ""


def identity(data: Data, samples: FeedSamples, content: str, *, reason: str) -> str:
    """Return the hash by which a record's data are told from others; of data that follow from no seed, of their form."""
    if data.version:
        told: Any = data.version
    elif reason:
        told = [repr(_form(feed)) for feed in parts(samples)]
    else:
        told = content
    return hashlib.sha256(repr(told).encode()).hexdigest()


def parts(samples: FeedSamples) -> Iterator[Feed]:
    """Yield the feeds that there are."""
    yield from (feed for feed in (getattr(samples, name) for name in PARTS) if feed is not None)


def _form(feed: Feed) -> Any:
    batch = as_batch(feed.first())
    return feed.name, keras.tree.map_structure(lambda part: (part.shape[1:], str(part.dtype)), batch)


def needs_drawing(feed: Feed) -> bool:
    """Say whether only its batches tell what a part gives, as of all that comes from Python."""
    return isinstance(feed, PythonFeed) or (isinstance(feed, PipelineFeed) and bool(feed.unkept()))


def _add(digest: Any, array: Any) -> None:
    array = array.numpy() if isinstance(array, tf.Tensor) else array
    if not hasattr(array, "dtype"):
        array = np.asarray(array)
    digest.update(repr((array.shape, array.dtype)).encode())
    if array.dtype == object:
        digest.update(repr(array.tolist()).encode())
        return
    if not array.ndim:
        digest.update(array.tobytes())
        return
    rows = max(1, READ_AT_ONCE // max(1, array[:1].nbytes))  # a file's array is never copied whole
    for first in range(0, len(array), rows):
        digest.update(np.ascontiguousarray(array[first : first + rows]).view(np.uint8).data)


@lru_cache(maxsize=2**20)
def _file_sha256(path: str, size: int, changed: int) -> str:
    """Return a file's hash, read once while size and time of its last change are the same."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
