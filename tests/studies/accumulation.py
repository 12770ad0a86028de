"""Gradients gathered over several batches before each step."""

from dataclasses import dataclass

from harness import Arrays, Settings, Study, Variant


@dataclass(frozen=True)
class Gathered(Settings):
    batches: int = 2


def arrays(settings):
    import numpy as np

    x = np.random.default_rng(0).normal(size=(256, 5)).astype("float32")
    y = (x[:, 0] + x[:, 1] > 0).astype("int64")
    return Arrays(x_train=x[:192], y_train=y[:192], x_test=x[192:], y_test=y[192:])


def build(settings):
    import keras
    from keras import layers

    model = keras.Sequential([keras.Input((5,)), layers.Dense(8, activation="relu"), layers.Dense(2, activation="softmax")])
    optimizer = keras.optimizers.Adam(0.01, gradient_accumulation_steps=settings.batches)
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


STUDY = Study("accumulation", base=Gathered(epochs=2), build=build, arrays=arrays, variants=(Variant("four", batches=4),))
