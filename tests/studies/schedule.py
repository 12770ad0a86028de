"""A learning rate that falls as the training goes on."""

from dataclasses import dataclass

from harness import Arrays, Settings, Study, Variant


@dataclass(frozen=True)
class Rate(Settings):
    steps: int = 12


def arrays(settings):
    import numpy as np

    x = np.random.default_rng(0).normal(size=(256, 5)).astype("float32")
    y = (x[:, 0] + x[:, 1] > 0).astype("int64")
    return Arrays(x_train=x[:192], y_train=y[:192], x_test=x[192:], y_test=y[192:])


def build(settings):
    import keras
    from keras import layers

    model = keras.Sequential([keras.Input((5,)), layers.Dense(8, activation="relu"), layers.Dense(2, activation="softmax")])
    rate = keras.optimizers.schedules.CosineDecay(0.0, settings.steps, warmup_target=0.05, warmup_steps=4)
    model.compile(keras.optimizers.SGD(rate, momentum=0.9), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


STUDY = Study("schedule", base=Rate(epochs=2), build=build, arrays=arrays, variants=(Variant("short", steps=6),))
