"""Small networks on digits, trained by the engine and by nothing but Keras."""

from typing import Any

import keras
import numpy as np
import pytest
from keras import layers
from sklearn.datasets import load_digits

from harness.data.arrays import Arrays
from harness.engine.batches import epoch_order
from harness.engine.engine_choice import train
from harness.engine.epoch import Epoch
from harness.engine.training_loop import Training

TRAIN, TEST = 330, 110  # 330 = 10 batches of 32 and a short one of 10
EPOCHS = 3


def digit_arrays() -> Arrays:
    """Real 8x8 images of digits, as bytes that 16 scales to [0, 1]."""
    images, labels = load_digits(return_X_y=True)
    images, labels = images.reshape(-1, 8, 8).astype(np.uint8), labels.astype(np.uint8)
    images.flags.writeable = labels.flags.writeable = False
    return Arrays(images[:TRAIN], labels[:TRAIN], images[TRAIN:][:TEST], labels[TRAIN:][:TEST], scale=16.0)


def dense(*hidden: Any, optimizer: Any = "adam", learning_rate: float | None = None) -> keras.Model:
    keras.utils.set_random_seed(7)
    # Layers are made here, behind the seed: a layer draws its initializer's seed when it is made.
    body = [layers.Dense(part, activation="relu") if isinstance(part, int) else part() for part in hidden]
    model = keras.Sequential([keras.Input((8, 8)), layers.Flatten(), *body, layers.Dense(10, activation="softmax")])
    model.compile(optimizer=optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    if learning_rate is not None:
        model.optimizer.learning_rate = learning_rate
    return model


def convolutional() -> keras.Model:
    keras.utils.set_random_seed(7)
    parts = [keras.Input((8, 8, 1)), layers.Conv2D(4, 3, activation="relu"), layers.MaxPooling2D(2), layers.Flatten()]
    model = keras.Sequential([*parts, layers.Dense(10, activation="softmax")])
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def two_outputs() -> keras.Model:
    keras.utils.set_random_seed(7)
    image = keras.Input((8, 8))
    hidden = layers.Dense(16, activation="relu")(layers.Flatten()(image))
    digit = layers.Dense(10, activation="softmax", name="digit")(hidden)
    ink = layers.Dense(1, name="ink")(hidden)
    model = keras.Model(image, [digit, ink])
    losses = {"digit": "sparse_categorical_crossentropy", "ink": "mse"}
    model.compile(optimizer="adam", loss=losses, loss_weights={"digit": 1.0, "ink": 0.5}, metrics={"digit": "accuracy"})
    return model


def two_inputs() -> keras.Model:
    keras.utils.set_random_seed(7)
    upper, lower = keras.Input((4, 8)), keras.Input((4, 8))
    joined = layers.Concatenate()([layers.Flatten()(upper), layers.Flatten()(lower)])
    model = keras.Model([upper, lower], layers.Dense(10, activation="softmax")(joined))
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def decaying() -> keras.optimizers.Optimizer:
    return keras.optimizers.SGD(keras.optimizers.schedules.ExponentialDecay(0.1, decay_steps=5, decay_rate=0.9))


def run(model: keras.Model, arrays: Arrays, **options: Any) -> tuple[Training, list[Epoch]]:
    options = {"batch_size": 32, "epochs": EPOCHS, "seed": 3} | options
    training = train(model, arrays, **options)
    return training, list(training.epochs())


def as_fit_takes(samples: Any, scale: float) -> Any:
    if isinstance(samples, tuple):
        return [as_fit_takes(part, scale) for part in samples]
    return (samples / scale).astype(np.float32) if scale != 1.0 else samples


def taken(samples: Any, rows: np.ndarray) -> Any:
    return [part[rows] for part in samples] if isinstance(samples, list) else samples[rows]


def plain_fit(model: keras.Model, arrays: Arrays, *, seed: int = 3) -> list[dict[str, float]]:
    """Train with nothing but Keras, and return each epoch's measures."""
    x, x_test = as_fit_takes(arrays.x_train, arrays.scale), as_fit_takes(arrays.x_test, arrays.scale)
    y, y_test = as_fit_takes(arrays.y_train, 1.0), as_fit_takes(arrays.y_test, 1.0)
    weights = arrays.sample_weight
    measured = []
    for index in range(EPOCHS):
        rows = epoch_order(TRAIN, seed, index)
        options: dict[str, Any] = {} if weights is None else {"sample_weight": weights[rows]}
        history = model.fit(
            taken(x, rows), taken(y, rows), batch_size=32, shuffle=False, verbose=0, class_weight=arrays.class_weight,
            validation_data=(x_test, y_test), **options,
        )  # fmt: skip
        measured.append({name: values[0] for name, values in history.history.items()})
    return measured


def assert_same(model: keras.Model, epochs: list[Epoch], reference: keras.Model, measured: list[dict[str, float]]) -> None:
    for epoch, expected in zip(epochs, measured, strict=True):
        found = {**epoch.train, **{f"val_{name}": value for name, value in epoch.test.items()}}
        assert found == pytest.approx(expected, rel=1e-4, abs=1e-5)
    for mine, theirs in zip(model.get_weights(), reference.get_weights(), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-3, atol=1e-4)
