"""A tf.data pipeline as the engine draws from it: by the iterators that fit would make, so that it reshuffles as in fit."""

from collections.abc import Callable, Iterator
from typing import Any

import tensorflow as tf

from harness.engine.feed import Feed
from harness.engine.pipeline_nodes import keeps_state, shuffled
from harness.errors import UsageError


class PipelineFeed(Feed):
    """A tf.data pipeline: it is drawn from by iterators of its own, as fit would make them."""

    def __init__(self, name: str, dataset: tf.data.Dataset, *, steps: int | None = None) -> None:
        super().__init__(name, steps=steps)
        self.dataset = dataset
        self.fixed = not shuffled(dataset) and not keeps_state(dataset)
        cardinality = int(dataset.cardinality())
        if cardinality == 0:
            raise UsageError(f"{name} of Data(...) is an empty tf.data.Dataset; expected at least one batch.")
        if cardinality == tf.data.INFINITE_CARDINALITY and steps is None:
            mended = "steps_per_epoch in the settings, or take(...) in the pipeline" if name == "train" else "take(...)"
            raise UsageError(f"{name} of Data(...) is a tf.data.Dataset without an end; expected {mended}.")
        self.endless = cardinality == tf.data.INFINITE_CARDINALITY
        self._counted = cardinality > 0
        self.batches = steps or (cardinality if self._counted else None)
        self._made = 0  # iterators so far: each reshuffles anew
        self._iterator: Any = None  # that an epoch of so many steps goes on drawing from
        self._next = 0  # the epoch that comes next
        self._restarts: set[int] = set()  # epochs of so many steps that begin a new pass

    def unkept(self) -> str:
        """Say why its next epoch cannot be told from the number of those that were drawn."""
        held = keeps_state(self.dataset)
        return f"its pipeline uses TensorFlow's {held}, whose state cannot be kept" if held else ""

    def restart(self, index: int) -> None:
        """Let this epoch begin a new pass, as where fit is called again behind the epochs before it; 0: begin at all."""
        if index:
            self._restarts.add(index)
        else:
            self._restarts.clear()

    def passes(self, index: int, run: Callable[[Any, int], int]) -> int:
        """Let `run(iterator, limit)` go through the batches of an epoch; return how many there were.

        limit: the most that it may draw, -1 for all that are left. It returns how many it drew. Where epochs before this one
        were not drawn, because the training goes on behind them, they are passed over. ValueError where nothing is drawn.
        """
        if self.steps is None:
            # Where it knows the number of batches, fit makes one iterator more behind each epoch, and each one reshuffles.
            drawn = run(self._iterator_of(2 * index if self._counted else index), -1)
        else:
            self._pass_epochs_before(index)
            drawn = self._drawn_on(run)
        self._next, self.batches = index + 1, drawn
        if not drawn:
            raise ValueError(f"{self.name} of Data(...) gave no batch in epoch {index + 1}; expected at least one.")
        return drawn

    def whole(self, index: int) -> tf.data.Dataset:
        """Return the pipeline for fit to make its own iterators of for this epoch, after those of the epochs before it."""
        number = 2 * index if self._counted else index
        while self._made < number:
            iter(self.dataset)
            self._made += 1
        self._made += 2 if self._counted else 1
        return self.dataset

    def some(self, index: int) -> Iterator[Any]:
        """Yield the batches of an epoch of so many steps, for what cannot draw from an iterator itself."""
        self._pass_epochs_before(index)
        self._next = index + 1
        done, steps, fresh = 0, self.steps or 0, False
        while done < steps:
            if self._iterator is None:
                self._iterator, fresh = self._iterator_of(self._made), True
            for batch in self._iterator:
                done, fresh = done + 1, False
                yield batch
                if done == steps:
                    return
            self._iterator = None
            if fresh:
                return

    def _pass_epochs_before(self, index: int) -> None:
        while self._next < index:
            self._renew(self._next)
            self._drawn_on(_pass_over)
            self._next += 1
        self._renew(index)

    def _renew(self, index: int) -> None:
        """Begin a new pass where this epoch is to."""
        if index in self._restarts:
            self._iterator = None

    def _drawn_on(self, run: Callable[[Any, int], int]) -> int:
        """Draw an epoch of so many steps, through one pass after another; fewer only where a whole pass gives nothing."""
        done, steps = 0, self.steps or 0
        while done < steps:
            fresh = self._iterator is None
            if fresh:
                self._iterator = self._iterator_of(self._made)
            drawn = run(self._iterator, steps - done)
            done += drawn
            if done < steps:
                self._iterator = None
                if fresh and not drawn:
                    break
        return done

    def _iterator_of(self, number: int) -> Any:
        while self._made < number:
            iter(self.dataset)
            self._made += 1
        self._made += 1
        return iter(self.dataset)

    def epoch(self, index: int) -> Iterator[Any]:
        """Yield the batches of a pass, as tensors."""
        yield from self.dataset


def _pass_over(iterator: Any, limit: int) -> int:
    drawn = 0
    while drawn != limit and next(iterator, None) is not None:
        drawn += 1
    return drawn
