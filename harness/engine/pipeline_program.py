"""A model's training on a tf.data pipeline as a compiled program: the pipeline is iterated in the graph, one call an epoch."""

from collections.abc import Callable, Iterable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from harness.engine.batches import BatchSchedule
from harness.engine.label_checks import LabelChecks
from harness.engine.pipeline_feed import PipelineFeed
from harness.engine.programs import CompiledProgram, repeat
from harness.engine.traces import operations


class PipelineProgram(CompiledProgram):
    """Keras' own train_step and test_step within a loop that draws from the pipeline, as `CompiledProgram` of samples.

    The loop is a graph, since XLA cannot draw from a pipeline. Under `xla` each step in it is compiled by XLA.
    """

    def __init__(self, model: keras.Model, *, batch_size: int, checks: LabelChecks, xla: bool) -> None:
        super().__init__(model, BatchSchedule(batch_size), scale=1.0, xla=False)
        self.engine = "xla" if xla else "graph"
        self._checks = checks
        self._step: Any = tf.function(self._train_batch, jit_compile=True, autograph=False) if xla else self._train_batch
        self._train = tf.function(self._train_epoch, autograph=False)
        self._evaluate = tf.function(self._evaluate_epoch, autograph=False)

    def operations(self, samples: Any) -> set[str]:
        """Trace one training epoch and return the names of the TensorFlow operations in it."""
        return operations(self._graph(self._train, samples))

    def graphs(self, train: Any, held_out: Iterable[Any]) -> list[Any]:
        """Return the traced graphs of a training epoch and of measuring."""
        measured = [self._graph(self._evaluate, feed) for feed in filter(None, held_out)]
        return [self._graph(self._train, train), *measured]

    def compile(self, train: Any, held_out: Iterable[Any]) -> None:
        """Trace everything, and have XLA compile a step by calling it for no steps; what is raised: cannot be compiled."""
        self.graphs(train, held_out)
        if self.engine == "xla":
            # As the loop calls it: for batches of any size, of which XLA compiles each.
            step = self._step.get_concrete_function(train.dataset.element_spec, tf.TensorSpec((), tf.int32))
            step(train.first(), tf.constant(0))

    def train(self, samples: Any, order: np.ndarray) -> dict[str, float]:
        """Train the epoch of this number and return what fit would report of it."""
        self.model.reset_metrics()
        self._checks.begin(samples.name)
        samples.passes(int(order[0]), lambda iterator, limit: self._run(self._train, iterator, limit))
        return self._reported(0)

    def evaluate(self, samples: Any) -> dict[str, float]:
        """Return what evaluate would report of the whole pipeline."""
        self.model.reset_metrics()
        self._checks.begin(samples.name)
        samples.batches = self._run(self._evaluate, iter(samples.dataset), -1)
        return self._reported(1)

    def _run(self, function: Any, iterator: Any, limit: int) -> int:
        drawn, wrong = function(iterator, tf.constant(limit))
        self._checks.require(wrong.numpy())
        return int(drawn)

    def _graph(self, function: Any, feed: PipelineFeed) -> Any:
        iterator = tf.data.IteratorSpec(feed.dataset.element_spec)
        return function.get_concrete_function(iterator, tf.TensorSpec((), tf.int32)).graph

    def _train_epoch(self, iterator: Any, limit: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return _each(iterator, limit, self._checks.count, lambda batch: self._step(batch, tf.constant(1)))

    def _evaluate_epoch(self, iterator: Any, limit: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return _each(iterator, limit, self._checks.count, lambda batch: self._keep(1, self.model.test_step(batch)))

    def _train_batch(self, batch: Any, times: tf.Tensor) -> None:
        if self.engine == "graph":
            self._keep(0, self.model.train_step(batch))
            return

        def step(number: tf.Tensor) -> tf.Tensor:
            self._keep(0, self.model.train_step(batch))
            return number + 1

        repeat(step, times)


def _each(
    iterator: Any, limit: tf.Tensor, count: Callable[[Any], tf.Tensor], step: Callable[[Any], None]
) -> tuple[tf.Tensor, tf.Tensor]:
    """Let a step run on each batch, one after the other; return how many there were, and how many labels were wrong.

    A batch with a wrong label is not trained on, and nothing behind it: the caller hears of it.
    """

    def body(number: tf.Tensor, wrong: tf.Tensor, more: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        following = iterator.get_next_as_optional()

        def drawn() -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
            batch = following.get_value()
            found = count(batch)

            def stepped() -> tf.Tensor:
                step(batch)
                return tf.constant(True)

            return number + 1, found, tf.cond(found > 0, lambda: tf.constant(False), stepped)

        return tf.cond(following.has_value(), drawn, lambda: (number, wrong, tf.constant(False)))

    def wanted(number: tf.Tensor, wrong: tf.Tensor, more: tf.Tensor) -> tf.Tensor:
        return more & ((limit < 0) | (number < limit))

    beginning = [tf.constant(0), tf.constant(0), tf.constant(True)]
    number, wrong, _ = tf.while_loop(wanted, body, beginning, parallel_iterations=1)
    return number, wrong
