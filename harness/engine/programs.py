"""A model's training and evaluation as compiled programs: one call an epoch."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

import keras
import numpy as np
import tensorflow as tf

from harness.data import Samples, each
from harness.engine import program_cache
from harness.engine.batch_sizes import any_batch_size, several_losses
from harness.engine.batches import BatchSchedule
from harness.engine.configuration_proof import proven_config
from harness.engine.device import batch_of, count, structure
from harness.engine.overrides import LOGS, own
from harness.engine.program_cache import Executable
from harness.engine.step_logs import LastLogs, reported
from harness.engine.traces import operations

# Samples at once, where the size of a batch is proven not to matter; a convolution's intermediate values decide the memory.
EVALUATED_AT_ONCE = 256
PREDICTED_AT_ONCE = 512


class Program(Protocol):
    """What trains a model: compiled, or model.fit."""

    model: keras.Model
    engine: str

    def train(self, samples: tuple[Any, ...], order: np.ndarray) -> dict[str, float]:
        """Train one epoch, or several of full batches, in this order of samples."""

    def evaluate(self, samples: tuple[Any, ...]) -> dict[str, float]:
        """Measure loss and metrics."""

    def predict(self, x: Samples) -> Any:
        """Compute outputs."""

    def graphs(self, train: tuple[Any, ...], held_out: Iterable[tuple[Any, ...]]) -> list[Any]:
        """Trace a training step and a measuring one."""


class CompiledProgram:
    """One model's epochs: Keras' own train_step and test_step inside a loop that stays on the device.

    The steps are Keras', so that losses, regularizers, metrics, the optimizer, schedules and whatever a subclass
    overrides keep their meaning. The learning rate and all other state are variables of the model and its
    optimizer: inputs of the program, not constants in it.
    """

    def __init__(self, model: keras.Model, batches: BatchSchedule, *, scale: float, xla: bool) -> None:
        self.model = model
        self.engine = "xla" if xla else "graph"
        self._batches = batches
        any_size = any_batch_size(model)
        self._test_size = EVALUATED_AT_ONCE if any_size else batches.size
        self._predict_size = PREDICTED_AT_ONCE if any_size else batches.size
        self._scale = scale
        # While it traces a step, fit knows no batch's size where the last one is short, and takes a step's weights from
        # what it knows: Keras those of each output's own loss, the user's code whatever it likes.
        self._as_in_fit = proven_config(model) is None or several_losses(model)
        # Keras' own steps return what its metrics hold; other steps' values are kept apart, those of the last batch.
        self._logs = (LastLogs(), LastLogs()) if own(model, *LOGS) else None  # of training and of testing
        self._train = tf.function(self._train_loop, jit_compile=xla, autograph=False)
        self._runs: dict[tuple[int, int], Executable] = {}  # by the batches' size and the first sample's number
        # Always a graph: compiling the test pass takes XLA longer than it saves in thirty epochs.
        self._evaluate = tf.function(self._evaluate_loop, autograph=False)
        # Code that is not Keras' own may read how many samples it is given, which a trace for any number does not know.
        self._predict = tf.function(self._predict_batch, autograph=False, reduce_retracing=any_size)

    def operations(self, samples: tuple[Any, ...]) -> set[str]:
        """Trace one training epoch and return the names of the TensorFlow operations in it."""
        drawn = self._batches.drawn(count(samples))
        size, first, _ = _parts(drawn, self._batches.size)[0]
        return operations(self._traced(samples, size, first).graph)

    def graphs(self, train: tuple[Any, ...], held_out: Iterable[tuple[Any, ...]]) -> list[Any]:
        """Return the traced graphs of a training epoch and of measuring."""
        drawn = self._batches.drawn(count(train))
        order = tf.zeros([drawn * self._batches.epochs_per_call], tf.int32)
        steps = tf.constant(0)
        training = [(self._train, (train, order, steps), part) for part in _parts(drawn, self._batches.size)]
        measuring = [
            (self._evaluate, (samples, steps), part)
            for samples in filter(None, held_out)
            for part in _parts(count(samples), self._test_size)
        ]
        return [
            function.get_concrete_function(*values, first=first, size=size).graph
            for function, values, (size, first, _) in training + measuring
        ]

    def compile(self, train: tuple[Any, ...], held_out: Iterable[tuple[Any, ...]]) -> None:
        """Compile everything by calling it for no steps at all; whatever is raised here says: cannot be compiled.

        held_out: the sets of samples that are measured; an empty one stands for none.
        """
        for size, first, _ in _parts(self._batches.drawn(count(train)), self._batches.size):
            self._runs[size, first] = self._ready(train, size, first)
        for samples in filter(None, held_out):
            for size, first, _ in _parts(count(samples), self._test_size):
                self._evaluate(samples, tf.constant(0), first=first, size=size)

    def train(self, samples: tuple[Any, ...], order: np.ndarray) -> dict[str, float]:
        """Train on the samples in this order, one epoch's or several, and return what fit would report of it."""
        rows = self._rows(samples)
        rows[: len(order)] = order
        rows = tf.constant(rows)
        self.model.reset_metrics()
        for size, first, steps in _parts(len(order), self._batches.size):
            self._runs[size, first](samples, rows, tf.constant(steps))
        return self._reported(0)

    def _rows(self, samples: tuple[Any, ...]) -> np.ndarray:
        # One length for all calls: a program is compiled for a shape.
        return np.zeros(self._batches.drawn(count(samples)) * self._batches.epochs_per_call, np.int32)

    def _traced(self, samples: tuple[Any, ...], size: int, first: int) -> Any:
        rows = tf.constant(self._rows(samples))
        return self._train.get_concrete_function(samples, rows, tf.constant(0), first=first, size=size)

    def _ready(self, samples: tuple[Any, ...], size: int, first: int) -> Executable:
        """Return a part of the epoch as a program that is compiled: by XLA in an earlier trial, if one traced it too."""
        traced = self._traced(samples, size, first)
        xla = self.engine == "xla"
        if xla and (kept := program_cache.find(traced)):
            return kept
        new = Executable.of(traced)
        new(samples, tf.constant(self._rows(samples)), tf.constant(0))
        if xla:
            program_cache.keep(traced)
        return new

    def evaluate(self, samples: tuple[Any, ...]) -> dict[str, float]:
        """Return what evaluate would report of these samples."""
        self.model.reset_metrics()
        for size, first, steps in _parts(count(samples), self._test_size):
            self._evaluate(samples, tf.constant(steps), first=first, size=size)
        return self._reported(1)

    def predict(self, x: Samples) -> Any:
        """Return the model's outputs for these inputs: an array, or a list of them, of one row a sample."""
        inputs, size = structure(x), self._predict_size
        total = len(each(x)[0])
        parts = [
            self._predict(tf.nest.map_structure(lambda values, first=first: values[first : first + size], inputs))
            for first in range(0, total, size)
        ]
        return tf.nest.map_structure(lambda *pieces: np.concatenate([np.asarray(piece) for piece in pieces]), *parts)

    def _train_loop(self, samples: tuple[Any, ...], order: tf.Tensor, steps: tf.Tensor, *, first: int, size: int) -> None:
        short = order.shape[0] % self._batches.size > 0

        def step(number: tf.Tensor) -> tf.Tensor:
            rows = tf.slice(order, [first + number * size], [size])
            batch = tf.nest.map_structure(lambda values: tf.gather(values, rows), samples)
            self._keep(0, self.model.train_step(self._batch(batch, short=short)))
            return number + 1

        repeat(step, steps)

    def _evaluate_loop(self, samples: tuple[Any, ...], steps: tf.Tensor, *, first: int, size: int) -> None:
        short = count(samples) % self._test_size > 0

        def step(number: tf.Tensor) -> tf.Tensor:
            batch = tf.nest.map_structure(lambda values: _rows(values, first + number * size, size), samples)
            self._keep(1, self.model.test_step(self._batch(batch, short=short)))
            return number + 1

        repeat(step, steps)

    def _predict_batch(self, inputs: Any) -> Any:
        return self.model.predict_step(batch_of(self.model, (inputs,), self._scale))

    def _batch(self, samples: tuple[Any, ...], *, short: bool) -> Any:
        if short and self._as_in_fit:
            samples = tf.nest.map_structure(_of_any_size, samples)
        return batch_of(self.model, samples, self._scale)

    def _keep(self, part: int, logs: Any) -> None:
        if self._logs is not None:
            self._logs[part].keep(logs)

    def _reported(self, part: int) -> dict[str, float]:
        if self._logs is None:
            return as_floats(self.model.get_metrics_result())
        return as_floats(reported(self.model, self._logs[part].kept()))


def _parts(samples: int, size: int) -> list[tuple[int, int, int]]:
    """Return (batch size, first sample, steps) of the full batches and of the short one behind them.

    The short batch keeps its real size: padding would change what batch normalization and the means see.
    """
    steps, rest = divmod(samples, size)
    parts = [(size, 0, steps), (rest, steps * size, 1)]
    return [part for part in parts if part[0] and part[2]]


def repeat(step: Callable[[tf.Tensor], tf.Tensor], steps: tf.Tensor) -> None:
    """Let a step run so many times, one after the other."""
    # One step at a time: steps side by side would read weights that another is about to write.
    tf.while_loop(lambda number: number < steps, step, [tf.constant(0)], parallel_iterations=1)


def _rows(values: tf.Tensor, first: tf.Tensor, size: int) -> tf.Tensor:
    rest = values.shape[1:].as_list()
    return tf.slice(values, [first, *(0 for _ in rest)], [size, *rest])


def _of_any_size(values: tf.Tensor) -> tf.Tensor:
    """Return the values as a tensor of which tracing does not know how many samples it holds."""
    return tf.compat.v1.placeholder_with_default(values, [None, *values.shape[1:]])


def as_floats(results: Mapping[str, Any]) -> dict[str, float]:
    """Return metrics as floats; one of several values gives ``name_0``, ``name_1`` and so on, nested ones come alone."""
    floats: dict[str, float] = {}
    for name, value in results.items():
        if isinstance(value, Mapping):
            floats |= as_floats(value)
            continue
        values = np.asarray(value)
        if values.ndim == 0:
            floats[name] = float(values)
        else:
            floats |= {f"{name}_{index}": float(part) for index, part in enumerate(values.ravel())}
    return floats
