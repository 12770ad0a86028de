"""What Python gives batch by batch, as the engine draws from it: rows of arrays, a PyDataset, a function's iterable."""

import random
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from harness.engine.batches import BatchSchedule
from harness.engine.feed import Feed
from harness.errors import UsageError
from harness.isolation import seed_pytorch


class RowFeed(Feed):
    """Arrays that are read row by row as batches are drawn, such as an np.memmap larger than memory."""

    def __init__(self, name: str, arrays: tuple[Any, ...], *, batches: BatchSchedule, seed: int | None) -> None:
        super().__init__(name, steps=batches.steps if seed is not None else None)
        self.arrays, self._seed = arrays, seed
        self._schedule = batches if seed is not None else BatchSchedule(batches.size)
        self._samples = len(tf.nest.flatten(arrays)[0])
        self.batches = self._schedule.count(self._samples)

    def epoch(self, index: int) -> Iterator[Any]:
        """Yield batches of rows: of the training in an order by seed and epoch, else as they lie."""
        order = np.arange(self._samples) if self._seed is None else self._schedule.order(self._samples, self._seed, index)
        for first in range(0, len(order), self._schedule.size):
            rows = order[first : first + self._schedule.size]
            yield tf.nest.map_structure(lambda values, rows=rows: np.asarray(values[rows]), self.arrays)


class PythonFeed(Feed):
    """Whatever gives batches by Python: a PyDataset, a function that returns an iterable, a torch DataLoader."""

    fixed = False

    def __init__(self, name: str, source: Any, *, steps: int | None = None, seed: int = 0) -> None:
        super().__init__(name, steps=steps)
        self.source, self._seed = source, seed
        self._current: Iterator[Any] | None = None
        if isinstance(source, keras.utils.PyDataset) and steps is None:
            self.batches = source.num_batches
        if not callable(source) and iter_of(source) is source:
            raise UsageError(
                f"{name} of Data(...) is a {type(source).__name__}, which is empty after one epoch; expected a function that "
                f"returns a new one, as in {name}=lambda: batches(seed)."
            )

    def unkept(self) -> str:
        """Say that Python's own state is not kept."""
        return f"{self.name} comes from Python ({type(self.source).__name__}), and where that stands cannot be kept"

    @property
    def whole(self) -> bool:
        """Whether fit is given the source itself: a PyDataset, whose workers it knows how to use."""
        return isinstance(self.source, keras.utils.PyDataset) and self.steps is None

    def restart(self, index: int) -> None:
        """Let an epoch of so many steps begin a new pass."""
        self._current = None

    def begin(self, index: int) -> None:
        """Set what an epoch's batches may be drawn from: the random states of Python, NumPy and torch, by seed and epoch."""
        seed_epoch(self._seed, index)

    def epoch(self, index: int) -> Iterator[Any]:
        """Yield the batches of an epoch, as NumPy arrays; one of so many steps goes on where the last one stopped."""
        drawn, fresh = 0, False
        while self.steps is None or drawn < self.steps:
            if self._current is None:
                self._current, fresh = self._batches(), True
            for batch in self._current:
                drawn, fresh = drawn + 1, False
                yield as_batch(batch)
                if drawn == self.steps:
                    return
            self._current = None
            if self.steps is None or fresh:
                return

    def _batches(self) -> Iterator[Any]:
        if isinstance(self.source, keras.utils.PyDataset):
            return _of_py_dataset(self.source)
        return iter(self.source() if callable(self.source) else self.source)


def seed_epoch(seed: int, index: int) -> None:
    """Set the random states of Python, NumPy and torch, by seed and epoch."""
    derived = int(np.random.SeedSequence((seed, index)).generate_state(1)[0])
    random.seed(derived)
    np.random.seed(derived)
    seed_pytorch(derived)


def iter_of(source: Any) -> Any:
    """Return what iterating over a source gives, without drawing from it; PyDataset and what cannot be iterated, None."""
    return iter(source) if hasattr(source, "__iter__") and not isinstance(source, keras.utils.PyDataset) else None


def _of_py_dataset(source: keras.utils.PyDataset) -> Iterator[Any]:
    source.on_epoch_begin()
    for index in range(source.num_batches):
        yield source[index]
    source.on_epoch_end()


def as_batch(batch: Any) -> Any:
    """Return a batch as fit hands it on: a tuple of inputs, targets and weights, its parts as NumPy arrays."""
    batch = tuple(batch) if isinstance(batch, list) else batch
    return keras.tree.map_structure(lambda part: part.numpy() if hasattr(part, "numpy") else np.asarray(part), batch)
