"""All parts of harness.Data as the engine draws from them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from harness.data import Data
from harness.engine.batches import BatchSchedule
from harness.engine.feed import Feed
from harness.engine.pipeline_feed import PipelineFeed
from harness.engine.python_feeds import PythonFeed, RowFeed
from harness.errors import UsageError

PARTS = ("train", "test", "validation")


@dataclass(frozen=True, slots=True)
class FeedSamples:
    """A trial's data as the programs take them."""

    train: Any
    test: Any
    validation: Any  # None where no samples are held out

    @property
    def total(self) -> int:
        """How many batches an epoch has, as far as is known."""
        return self.train.batches or 0

    def unkept(self) -> str:
        """Say why a training that stopped could not go on with the batches that it would have had; empty where it could."""
        return str(self.train.unkept())


def feed_of(name: str, part: Any, *, batches: BatchSchedule, seed: int) -> Feed:
    """Return one part of the data as a feed; UsageError for what fit does not take, or what ends after one epoch."""
    training = name == "train"
    steps = batches.steps if training else None
    if isinstance(part, tf.data.Dataset):
        return PipelineFeed(name, part, steps=steps)
    if is_rows(part):
        return RowFeed(name, rows_of(part), batches=batches, seed=seed if training else None)
    if callable(part) or isinstance(part, (keras.utils.PyDataset, Iterable)):
        return PythonFeed(name, part, steps=steps, seed=seed)
    raise UsageError(
        f"{name} of Data(...) is a {type(part).__name__}; expected what fit takes: a tf.data.Dataset, a keras.utils.PyDataset, "
        "a function that returns a new iterable of batches, or a tuple of arrays."
    )


def feeds_of(data: Data, *, batches: BatchSchedule, seed: int) -> FeedSamples:
    """Return all parts of the data as feeds. Arrays in memory beside a tf.data pipeline become one, too."""
    given: dict[str, Any] = {name: getattr(data, name) for name in PARTS}
    for name, part in given.items():
        _refuse_listed(name, part)
    if isinstance(data.train, tf.data.Dataset):
        given |= {name: _sliced(part, batches.size) for name, part in given.items() if in_memory(part)}
    feeds = {name: None if part is None else feed_of(name, part, batches=batches, seed=seed) for name, part in given.items()}
    return FeedSamples(**feeds)


def _refuse_listed(name: str, part: Any) -> None:
    if isinstance(part, list) and part and all(isinstance(batch, tuple) for batch in part):
        raise UsageError(
            f"{name} of Data(...) is a list of tuples; expected a tuple of arrays, as in (x, y), or of batches a function that "
            f"returns them, as in {name}=lambda: batches."
        )


def in_memory(part: Any) -> bool:
    """Say whether a part is given as arrays none of which is a file's."""
    arrays = keras.tree.flatten(rows_of(part)) if is_rows(part) else []
    return bool(arrays) and not any(isinstance(array, np.memmap) for array in arrays)


def is_rows(part: Any) -> bool:
    """Say whether a part is given as arrays: (x, y), (x, y, sample_weight), or inputs alone."""
    return isinstance(part, (tuple, list, Mapping)) or hasattr(part, "__array__")


def rows_of(part: Any) -> tuple[Any, ...]:
    """Return the arrays of a part, inputs first."""
    return tuple(part) if isinstance(part, (tuple, list)) else (part,)


def _sliced(part: Any, size: int) -> tf.data.Dataset:
    rows = rows_of(part)
    return tf.data.Dataset.from_tensor_slices(rows if len(rows) > 1 else rows[0]).batch(size)
