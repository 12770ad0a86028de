"""A training that goes on from a kept state ends in the very bits of one that was never stopped."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers
from resumed import EPOCHS, begin, compare, undisturbed

from harness.data.arrays import Arrays
from harness.engine.serialization import deserialize, serialize
from harness.engine.state import StateError


def dense(*, optimizer: Any = "adam", **options: Any) -> keras.Model:
    keras.utils.set_random_seed(5)
    hidden = [layers.Dense(16, activation="relu"), layers.BatchNormalization(), layers.Dropout(0.4)]
    model = keras.Sequential([keras.Input((4,)), *hidden, layers.Dense(2, activation="softmax")])
    model.compile(optimizer=optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"], **options)
    return model


class Jitter(layers.Layer):
    """Draws from Keras' own generator, as a user's layer without a seed does."""

    def call(self, inputs: Any, training: bool = False) -> Any:
        return inputs + keras.random.normal((4,)) if training else inputs


def jittery() -> keras.Model:
    keras.utils.set_random_seed(5)
    model = keras.Sequential([keras.Input((4,)), Jitter(), layers.Dense(2, activation="softmax")])
    model.compile(optimizer="sgd", loss="sparse_categorical_crossentropy")
    return model


def averaging() -> keras.optimizers.Optimizer:
    return keras.optimizers.Adam(use_ema=True, ema_momentum=0.9)


def decaying() -> keras.optimizers.Optimizer:
    return keras.optimizers.SGD(keras.optimizers.schedules.ExponentialDecay(0.1, decay_steps=5, decay_rate=0.9))


class NumpyNoise(keras.callbacks.Callback):
    """Shakes the bias between epochs, with NumPy's global generator."""

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        bias = self.model.trainable_variables[-1]
        bias.assign(bias.numpy() + np.random.normal(scale=0.1, size=bias.shape))


def early_stopping() -> keras.callbacks.Callback:
    return keras.callbacks.EarlyStopping("val_loss", patience=2, min_delta=0.03, restore_best_weights=True)


def plateau() -> keras.callbacks.Callback:
    return keras.callbacks.ReduceLROnPlateau("loss", factor=0.5, patience=1, min_delta=0.05)


@pytest.mark.parametrize("engine", ["xla", "graph", "fit"])
def test_dropout_normalization_and_adam_go_on_bit_for_bit(blobs: Arrays, engine: str) -> None:
    expected = undisturbed(dense, blobs, engine, [])
    assert compare(dense, blobs, engine=engine) == expected and len(expected.numbers) == EPOCHS


@pytest.mark.parametrize(("optimizer", "engine"), [(averaging, "graph"), (averaging, "fit"), (decaying, "graph")])
def test_averaged_weights_and_schedules_go_on(blobs: Arrays, optimizer: Callable[[], Any], engine: str) -> None:
    assert len(compare(lambda: dense(optimizer=optimizer()), blobs, engine=engine).numbers) == EPOCHS


def descending() -> keras.Model:
    return dense(optimizer=keras.optimizers.SGD(0.5))


@pytest.mark.parametrize("engine", ["graph", "fit"])
def test_early_stopping_knows_its_patience_and_its_best_weights(blobs: Arrays, engine: str) -> None:
    held_out = replace(blobs, x_validation=blobs.x_test, y_validation=blobs.y_test)
    assert len(compare(descending, held_out, engine=engine, callbacks=lambda: [early_stopping()]).numbers) < EPOCHS


def test_a_reduced_learning_rate_stays_reduced(blobs: Arrays) -> None:
    numbers = compare(descending, blobs, engine="graph", callbacks=lambda: [plateau()], after=4).numbers
    assert numbers[-1][-1] < numbers[0][-1]


def test_random_numbers_from_keras_and_numpy_go_on(blobs: Arrays) -> None:
    compare(jittery, blobs, engine="graph", callbacks=lambda: [NumpyNoise()])


def test_a_training_that_had_ended_trains_no_further(blobs: Arrays) -> None:
    class StopAtTwo(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            self.model.stop_training = epoch >= 1

    assert len(compare(dense, blobs, engine="graph", callbacks=lambda: [StopAtTwo()], after=2).numbers) == 2


def test_a_state_of_another_model_is_refused_and_changes_nothing(blobs: Arrays) -> None:
    training = begin(dense, blobs, "fit", [])
    before = [weights.copy() for weights in training.model.get_weights()]
    with pytest.raises(StateError, match="variables"):
        training.resume(begin(jittery, blobs, "fit", []).state())
    assert all(np.array_equal(old, new) for old, new in zip(before, training.model.get_weights(), strict=True))


def test_a_callback_that_holds_more_than_values_is_named(blobs: Arrays) -> None:
    class Holder(keras.callbacks.Callback):
        def __init__(self) -> None:
            super().__init__()
            self.file = open(__file__)  # noqa: SIM115

        def __del__(self) -> None:
            self.file.close()

    with pytest.raises(StateError, match="Holder holds 'file'"):
        begin(dense, blobs, "fit", [Holder()]).state()


@pytest.mark.parametrize(
    "value",
    [None, True, 3, 2.5, float("inf"), "x", [1, (2, "three")], {"a": [None], 4: (np.float32(0.1), np.arange(3))},
     np.zeros((0, 2)), np.array(7, np.uint32)],
)  # fmt: skip
def test_plain_values_come_back_as_they_were(value: Any) -> None:
    back = deserialize(*serialize(value))
    assert type(back) is type(value) and repr(back) == repr(value)


def test_numbers_of_sixteen_bits_come_back_as_they_were() -> None:
    value = keras.ops.convert_to_numpy(keras.ops.cast([[1.5, -2.0]], "bfloat16"))
    back = deserialize(*serialize(value))
    assert back.dtype == value.dtype and back.tobytes() == value.tobytes() and back.shape == (1, 2)


@pytest.mark.parametrize("value", [object(), {1, 2}, np.array([object()]), [lambda: None]])
def test_what_is_no_plain_value_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="no plain value"):
        serialize(value)
