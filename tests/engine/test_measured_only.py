"""What is measured on test samples has no part in the training, whatever a loss or a layer keeps while it is called."""

from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops
from plain_fits import plain_fit

from harness.data.arrays import Arrays
from harness.engine.engine_choice import train


class OverItsMean(keras.losses.Loss):
    """Squared errors over the mean of those that it has met, in training or not."""

    def __init__(self) -> None:
        super().__init__()
        self.mean = keras.Variable(1.0, trainable=False)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        errors = ops.square(ops.cast(y_true, "float32") - y_pred[:, 0])
        self.mean.assign(0.9 * self.mean + 0.1 * ops.mean(errors))
        return errors / ops.stop_gradient(self.mean.value)


class Largest(layers.Layer):
    """Divides by the largest value that it has met, in training or not."""

    def build(self, shape: Any) -> None:
        self.largest = self.add_weight(shape=(), initializer="ones", trainable=False)

    def call(self, inputs: Any) -> Any:
        self.largest.assign(ops.maximum(self.largest, ops.max(inputs)))
        return inputs / self.largest


def model() -> keras.Model:
    keras.utils.set_random_seed(5)
    built = keras.Sequential([keras.Input((4,)), Largest(), layers.Dense(1)])
    built.compile(keras.optimizers.SGD(0.1), loss=OverItsMean())
    return built


@pytest.mark.parametrize("engine", ["xla", "graph", "fit"])
def test_test_samples_have_no_part_in_the_training(blobs: Arrays, engine: str) -> None:
    far = replace(blobs, x_test=100 * blobs.x_test)
    training = train(model(), far, batch_size=32, epochs=3, seed=3, engine=engine)
    losses = [epoch.train["loss"] for epoch in training.epochs()]
    reference = model()
    assert losses == pytest.approx(plain_fit(reference, blobs, epochs=3).history["loss"], rel=1e-4)
    for found, expected in zip(training.model.get_weights(), reference.get_weights(), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-4)
