"""Keras callbacks at the epochs of a compiled training."""

from dataclasses import replace
from typing import Any

import keras
import pytest
from digitnets import EPOCHS, as_fit_takes, dense, digit_arrays, run

from harness.data.arrays import Arrays


@pytest.fixture(scope="module")
def digits() -> Arrays:
    """Digits whose validation samples are those of the test."""
    arrays = digit_arrays()
    return replace(arrays, x_validation=arrays.x_test, y_validation=arrays.y_test)


def test_early_stopping_stops_and_restores_the_best_weights(digits: Arrays) -> None:
    stop = keras.callbacks.EarlyStopping(monitor="val_loss", patience=1, restore_best_weights=True)
    model = dense(32, optimizer=keras.optimizers.SGD(3.0))  # far too large a step: the test loss soon rises
    training, epochs = run(model, digits, epochs=30, callbacks=[stop])
    assert training.engine == "xla"
    assert len(epochs) < 30
    best = min(epoch.test["loss"] for epoch in epochs)
    x_test = as_fit_takes(digits.x_test, digits.scale)
    assert training.model.evaluate(x_test, digits.y_test, verbose=0)[0] == pytest.approx(best, rel=1e-4)


def test_a_callback_that_sets_the_learning_rate_is_heard(digits: Arrays) -> None:
    halve = keras.callbacks.LearningRateScheduler(lambda epoch, rate: 0.1 if epoch == 0 else rate / 2)
    _, epochs = run(dense(32, optimizer="sgd"), digits, callbacks=[halve])
    assert [epoch.learning_rate for epoch in epochs] == pytest.approx([0.1, 0.05, 0.025])
    fitted = run(dense(32, optimizer="sgd"), digits, callbacks=[halve], engine="fit")[1]
    assert epochs[-1].train["loss"] == pytest.approx(fitted[-1].train["loss"], rel=1e-4)


def test_a_callback_sees_the_logs_that_fit_gives_it(digits: Arrays) -> None:
    training, epochs = run(dense(32), digits)
    history = training.model.history.history
    assert set(history) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert history["val_loss"] == [epoch.test["loss"] for epoch in epochs]


def test_a_callback_at_batches_is_called_at_every_one_by_fit(digits: Arrays) -> None:
    class Counter(keras.callbacks.Callback):
        batches = epochs = trainings = 0

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            self.batches += 1

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            self.epochs += 1

        def on_train_begin(self, logs: Any = None) -> None:
            self.trainings += 1

    counter = Counter()
    training, _ = run(dense(32), digits, callbacks=[counter])
    assert training.engine == "fit"
    assert "Counter has on_train_batch_end" in training.reason
    assert (counter.batches, counter.epochs, counter.trainings) == (11 * EPOCHS, EPOCHS, 1)


def test_saving_at_epochs_needs_no_batches(digits: Arrays, tmp_path: Any) -> None:
    save = keras.callbacks.ModelCheckpoint(tmp_path / "{epoch}.weights.h5", save_weights_only=True)
    training, _ = run(dense(32), digits, callbacks=[save])
    assert training.engine == "xla"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1.weights.h5", "2.weights.h5", "3.weights.h5"]
