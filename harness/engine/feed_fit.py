"""Epochs by model.fit on what Python gives batch by batch, and on pipelines that are not to be compiled."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from harness.engine.feed import Feed
from harness.engine.fit import FitProgram
from harness.engine.label_checks import LabelChecks
from harness.engine.pipeline_feed import PipelineFeed
from harness.engine.python_feeds import PythonFeed, as_batch


class FeedFitProgram(FitProgram):
    """One model's epochs by model.fit and model.evaluate on feeds."""

    def __init__(
        self, model: keras.Model, *, batch_size: int, checks: LabelChecks, callbacks: Sequence[keras.callbacks.Callback] = ()
    ) -> None:
        super().__init__(model, batch_size=batch_size, scale=1.0, callbacks=callbacks)
        self._checks = checks

    def train(self, samples: Any, order: np.ndarray) -> dict[str, float]:
        """Train the epoch of this number, and return loss and metrics by Keras' names."""
        (index,) = map(int, order)
        self._checks.begin(samples.name)
        if isinstance(samples, PipelineFeed) and samples.steps is None:
            return self._fitted(samples, samples.whole(index))
        if isinstance(samples, PythonFeed):
            samples.begin(index)
            if samples.whole:  # fit draws its batches by several workers where it has them, in an order by this epoch's seed
                return self._fitted(samples, samples.source, shuffle=True)
        drawn = samples.some(index) if isinstance(samples, PipelineFeed) else samples.epoch(index)
        return self._fitted(samples, self._checked(drawn))

    def _fitted(self, samples: Feed, batches: Any, *, shuffle: bool = False) -> dict[str, float]:
        self._hooks.trained = 0
        # Where fit knows the number of batches it takes no step too many, which some optimizers count.
        with self._checks.said():
            self.model.fit(batches, epochs=1, steps_per_epoch=samples.steps, verbose=0, shuffle=shuffle, callbacks=self._hooks)
        self._hooks.put_back_weights()
        if not self._hooks.trained:
            raise ValueError(f"{samples.name} of Data(...) gave no batch to train on; expected at least one.")
        samples.batches = self._hooks.trained
        return self._reported(self._hooks.logs)

    def _checked(self, batches: Iterable[Any]) -> Iterator[Any]:
        for batch in batches:
            yield self._checks.checked(_arrays(batch))

    def evaluate(self, samples: Any) -> dict[str, float]:
        """Return loss and metrics on a whole part of the data, by Keras' names."""
        self._checks.begin(samples.name)
        if isinstance(samples, PipelineFeed):
            batches: Any = samples.dataset
        elif isinstance(samples, PythonFeed) and samples.whole:
            samples.begin(0)
            batches = samples.source
        else:
            samples.begin(0)
            batches = self._checked(samples.epoch(0))
        with self._checks.said():
            return self._reported(self.model.evaluate(batches, verbose=0, return_dict=True, callbacks=self._hooks))

    def graphs(self, train: Any, held_out: Iterable[Any]) -> list[Any]:
        """Return the traced graphs of a training step and of a measuring one, which fit keeps to itself."""

        def traced(step: Any, feed: Feed) -> Any:
            return tf.function(lambda batch: step(batch), autograph=False).get_concrete_function(feed.first()).graph

        return [traced(self.model.train_step, train), *(traced(self.model.test_step, feed) for feed in filter(None, held_out))]


def _arrays(batch: Any) -> Any:
    return keras.tree.map_structure(lambda part: part.numpy() if isinstance(part, tf.Tensor) else part, batch)


def outputs_and_targets(predict: Any, feed: Feed) -> tuple[Any, Any]:
    """Return a model's outputs for a whole part of the data and the targets beside them, None where it has none."""
    outputs, targets = [], []
    for batch in feed.epoch(0):
        batch = as_batch(batch)
        parts = batch if isinstance(batch, tuple) else (batch,)
        outputs.append(predict(parts[0]))
        targets += [*islice(parts, 1, 2)]
    joined = keras.tree.map_structure(lambda *pieces: np.concatenate([np.asarray(piece) for piece in pieces]), *outputs)
    if not targets:
        return joined, None
    return joined, keras.tree.map_structure(lambda *pieces: np.concatenate([np.asarray(piece) for piece in pieces]), *targets)
