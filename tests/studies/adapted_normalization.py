"""Inputs brought to mean 0 and deviation 1 by a layer that has seen them."""

from dataclasses import dataclass

from harness import Arrays, Metric, Settings, Study, Variant


@dataclass(frozen=True)
class Scaling(Settings):
    adapted: bool = True


def inputs():
    import numpy as np

    return np.random.default_rng(0).normal([100.0, -3.0, 0.001, 5.0], [20.0, 1.0, 0.0005, 0.1], (256, 4)).astype("float32")


def arrays(settings):
    x = inputs()
    y = (x[:, :1] - 100) / 20 + x[:, 1:2] ** 2
    return Arrays(x_train=x[:192], y_train=y[:192], x_test=x[192:], y_test=y[192:])


def build(settings):
    import keras
    from keras import layers

    normalization = layers.Normalization()
    if settings.adapted:
        normalization.adapt(inputs()[:192])
    first = [normalization] if settings.adapted else []
    model = keras.Sequential([keras.Input((4,)), *first, layers.Dense(16, activation="relu"), layers.Dense(1)])
    model.compile("adam", loss="mse", metrics=["mae"])
    return model


STUDY = Study("adapted-normalization", base=Scaling(epochs=2), build=build, arrays=arrays,
    metric=Metric("mae", margin=0.05, higher_is_better=False), variants=(Variant("raw", adapted=False),))  # fmt: skip
