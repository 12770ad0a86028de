"""A rare class that counts for more."""

from dataclasses import dataclass

from harness import Arrays, Settings, Study, Variant


@dataclass(frozen=True)
class Rare(Settings):
    weight: float = 9.0


def arrays(settings):
    import numpy as np

    x = np.random.default_rng(0).normal(size=(256, 5)).astype("float32")
    y = (x[:, 0] > 1.2).astype("int64")
    weights = {0: 1.0, 1: settings.weight}
    return Arrays(x_train=x[:192], y_train=y[:192], x_test=x[192:], y_test=y[192:], class_weight=weights)


def build(settings):
    import keras
    from keras import layers

    return keras.Sequential([keras.Input((5,)), layers.Dense(8, activation="relu"), layers.Dense(2, activation="softmax")])


STUDY = Study("class-weights", base=Rare(epochs=2), build=build, arrays=arrays, variants=(Variant("even", weight=1.0),))
