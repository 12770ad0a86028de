"""Tiny models with code of their own, and what nothing but Keras makes of them with the same order of samples."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import pytest

from harness.data.arrays import Arrays
from harness.engine.batches import epoch_order
from harness.engine.engine_choice import train
from harness.engine.training_loop import Training

BATCH, EPOCHS, SEED = 8, 2, 3
RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(20, 3)).astype("float32")  # two batches of 8 and a short one of 4
Y = (X[:, :1] - 2.0 * X[:, 1:2]).astype("float32")
TEST_X, TEST_Y = X[::-1][:12].copy(), Y[::-1][:12].copy()


def regression(**changes: Any) -> Arrays:
    """Samples of three numbers, and a target of one."""
    return Arrays(**({"x_train": X, "y_train": Y, "x_test": TEST_X, "y_test": TEST_Y} | changes))


def dense_model(kind: type[keras.Model] = keras.Model, *, hidden: Sequence[Any] = (), **compiling: Any) -> keras.Model:
    """A linear model of a class, compiled by plain gradient descent on the squared error."""
    keras.utils.set_random_seed(1)
    values = inputs = keras.Input((3,))
    for make in hidden:
        values = make()(values)
    model = kind(inputs, keras.layers.Dense(1, name="out")(values))
    model.compile(**({"optimizer": keras.optimizers.SGD(0.1), "loss": "mse", "metrics": ["mae"]} | compiling))
    return model


def by_fit(model: keras.Model, arrays: Arrays, *, epochs: int = EPOCHS) -> list[dict[str, float]]:
    """Train with nothing but Keras on inputs that need no scaling, and return each epoch's measures."""

    def rows_of(samples: Any, rows: Any) -> Any:
        return [part[rows] for part in samples] if isinstance(samples, tuple) else None if samples is None else samples[rows]

    measured, everything = [], slice(None)
    for index in range(epochs):
        rows = epoch_order(20, SEED, index)
        history = model.fit(
            rows_of(arrays.x_train, rows), rows_of(arrays.y_train, rows), batch_size=BATCH, shuffle=False, verbose=0
        )
        held_out = rows_of(arrays.x_test, everything), rows_of(arrays.y_test, everything)
        test = model.evaluate(*held_out, batch_size=BATCH, verbose=0, return_dict=True)
        train = {name: values[0] for name, values in history.history.items()}
        measured.append(train | {f"val_{name}": value for name, value in test.items()})
    return measured


def by_harness(
    model: keras.Model, arrays: Arrays, *, epochs: int = EPOCHS, **options: Any
) -> tuple[Training, list[dict[str, float]]]:
    """Train with the harness, and return each epoch's measures."""
    training = train(model, arrays, batch_size=BATCH, epochs=epochs, seed=SEED, **options)
    measured = [{**epoch.train, **{f"val_{n}": v for n, v in epoch.test.items()}} for epoch in training.epochs()]
    return training, measured


def assert_as_fit(make: Callable[[], keras.Model], arrays: Arrays, *, rel: float = 1e-5, **options: Any) -> Training:
    """Hold what the harness reports, and the weights that it learns, against what fit does."""
    reference = make()
    expected = by_fit(reference, arrays)
    training, measured = by_harness(make(), arrays, **options)
    assert [epoch.keys() for epoch in measured] == [epoch.keys() for epoch in expected]
    for mine, theirs in zip(measured, expected, strict=True):
        assert mine == pytest.approx(theirs, rel=rel, abs=1e-7, nan_ok=True)
    for mine, theirs in zip(training.model.get_weights(), reference.get_weights(), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-6)
    return training


class Scaled(keras.layers.Layer):
    """A layer whose configuration forgets what it was made with."""

    def __init__(self, factor: float = 1.0, **options) -> None:
        super().__init__(**options)
        self.factor = factor

    def build(self, shape) -> None:
        self.scale = self.add_weight(shape=(), initializer="ones", name="scale")

    def call(self, x):
        return self.scale * self.factor * x

    def get_config(self):
        return keras.layers.Layer.get_config(self)
