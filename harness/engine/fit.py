"""The same epochs by model.fit, for what cannot be compiled or wants to be called at every batch."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from harness.data import Samples
from harness.engine.callback_rules import batch_hook
from harness.engine.device import batch_of, count, structure
from harness.engine.final_weights import averages
from harness.engine.keras_internals import distribution_strategy
from harness.engine.overrides import LOGS, fit_function, own
from harness.engine.programs import as_floats
from harness.engine.step_logs import reported


class FitProgram:
    """One model's epochs by model.fit and model.evaluate, with the compiled program's order of samples."""

    engine = "fit"

    def __init__(
        self,
        model: keras.Model,
        *,
        batch_size: int,
        scale: float,
        callbacks: Sequence[keras.callbacks.Callback] = (),
        validation: tuple[Any, ...] = (),
    ) -> None:
        """Begin; validation: the samples that callbacks hear of at each batch, as of no others that are measured."""
        self.model = model
        self._batch_size = batch_size
        self._scale = scale
        self._validation = validation
        self._hooks = _BatchHooks(callbacks, model)

    def train(self, samples: tuple[Any, ...], order: np.ndarray) -> dict[str, float]:
        """Train on the samples in this order, one epoch's or several, and return loss and metrics by Keras' names."""
        batches = self._batches(samples, tf.constant(order, tf.int32))
        self.model.fit(batches, epochs=1, verbose=0, shuffle=False, callbacks=self._hooks)
        self._hooks.put_back_weights()
        return self._reported(self._hooks.logs)

    def evaluate(self, samples: tuple[Any, ...]) -> dict[str, float]:
        """Return loss and metrics on these samples by Keras' names."""
        batches = self._batches(samples, tf.range(count(samples)))
        self._hooks.tell_tests = samples is self._validation
        return self._reported(self.model.evaluate(batches, verbose=0, return_dict=True, callbacks=self._hooks))

    def predict(self, x: Samples) -> Any:
        """Return the model's outputs for these inputs: an array, or a list of them, of one row a sample."""
        samples = (structure(x),)
        return self.model.predict(self._batches(samples, tf.range(count(samples))), verbose=0)

    def graphs(self, train: tuple[Any, ...], held_out: Iterable[tuple[Any, ...]]) -> list[Any]:
        """Return the traced graphs of a training step and of a measuring one, which fit keeps to itself."""

        def traced(step: Any, samples: tuple[Any, ...]) -> Any:
            batch = next(iter(self._batches(samples, tf.range(min(self._batch_size, count(samples))))))
            return tf.function(lambda batch: step(batch), autograph=False).get_concrete_function(batch).graph

        measured = [traced(self.model.test_step, samples) for samples in filter(None, held_out)]
        return [traced(self.model.train_step, train), *measured]

    def _reported(self, found: Mapping[str, Any]) -> dict[str, float]:
        last = self._hooks.last
        return as_floats(reported(self.model, last) if own(self.model, *LOGS) and last.keys() == found.keys() else found)

    def _batches(self, samples: tuple[Any, ...], order: tf.Tensor) -> tf.data.Dataset:
        def draw(rows: tf.Tensor) -> Any:
            drawn = tf.nest.map_structure(lambda values: tf.gather(values, rows), samples)
            return batch_of(self.model, drawn, self._scale)

        # As in fit of arrays: where no batch is short, a step knows its batch's size while it is traced.
        full = order.shape[0] % self._batch_size == 0
        return tf.data.Dataset.from_tensor_slices(order).batch(self._batch_size, drop_remainder=full).map(draw).prefetch(2)


class _BatchHooks(keras.callbacks.CallbackList):
    """Passes on what happens at batches; epochs and training are announced by the engine, which sees them all."""

    def __init__(self, callbacks: Sequence[keras.callbacks.Callback], model: keras.Model) -> None:
        super().__init__(list(callbacks), model=model)
        self.logs: dict[str, Any] = {}
        self.trained = 0  # batches of the epoch
        self.last: dict[str, Any] = {}  # what the last batch's step returned
        self.tell_tests = True  # whether callbacks hear of the batches that are measured
        self.weights: list[np.ndarray] = []  # at the end of the epoch, where the optimizer averages them

    def put_back_weights(self) -> None:
        """Put back the epoch's last weights: fit takes its end for that of training, and leaves averaged ones in place."""
        for variable, value in zip(self.model.trainable_variables, self.weights, strict=False):
            variable.assign(value)

    def on_train_begin(self, logs: Any = None) -> None:
        """Keep quiet."""

    def on_train_end(self, logs: Any = None) -> None:
        """Keep quiet."""

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Keep quiet."""

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Keep what the epoch measured."""
        self.logs = dict(logs or {})
        if averages(self.model.optimizer):
            self.weights = [variable.numpy() for variable in self.model.trainable_variables]

    def on_test_begin(self, logs: Any = None) -> None:
        """Keep quiet."""

    def on_test_end(self, logs: Any = None) -> None:
        """Keep quiet."""

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Pass it on."""
        for callback in self.callbacks:
            callback.on_train_batch_begin(batch, logs)

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Keep what the batch's step returned, and pass it on."""
        self.trained, self.last = batch + 1, dict(logs or {})
        for callback in self.callbacks:
            callback.on_train_batch_end(batch, logs)

    def on_test_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Pass it on."""
        for callback in self.callbacks if self.tell_tests else ():
            callback.on_test_batch_begin(batch, logs)

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        """Keep what the batch's step returned, and pass it on."""
        self.last = dict(logs or {})
        for callback in self.callbacks if self.tell_tests else ():
            callback.on_test_batch_end(batch, logs)


def fit_reason(model: keras.Model, callbacks: Iterable[keras.callbacks.Callback]) -> str:
    """Return why model.fit has to train this, or nothing where it need not."""
    if model.run_eagerly:
        return "the model was compiled with run_eagerly=True"
    if method := fit_function(model):
        return f"the model has a {method} of its own, which only fit calls"
    if distribution_strategy(model) is not None:
        return "the model was made under a distribution strategy, which only fit follows"
    for callback in callbacks:
        if hook := batch_hook(callback):
            return f"callback {type(callback).__name__} has {hook}, and a compiled epoch stops at no batch"
    return ""
