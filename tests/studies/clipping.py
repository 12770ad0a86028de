"""Gradients that are cut to a norm."""

from dataclasses import dataclass

from harness import Arrays, Metric, Settings, Study, Variant


@dataclass(frozen=True)
class Clipped(Settings):
    norm: float = 0.1


def arrays(settings):
    import numpy as np

    x = np.random.default_rng(0).normal(size=(256, 4)).astype("float32")
    y = 10 * x[:, :1] ** 3
    return Arrays(x_train=x[:192], y_train=y[:192], x_test=x[192:], y_test=y[192:])


def build(settings):
    import keras
    from keras import layers

    model = keras.Sequential([keras.Input((4,)), layers.Dense(16, activation="relu"), layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.05, global_clipnorm=settings.norm), loss="mse", metrics=["mae"])
    return model


STUDY = Study("clipping", base=Clipped(epochs=2), build=build, arrays=arrays,
    metric=Metric("mae", margin=0.05, higher_is_better=False), variants=(Variant("wide", norm=10.0),))  # fmt: skip
