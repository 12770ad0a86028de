"""One variable of a layer that does not learn."""

from dataclasses import dataclass

from harness import Arrays, Settings, Study, Variant


@dataclass(frozen=True)
class Frozen(Settings):
    learns: bool = False


def arrays(settings):
    import numpy as np

    x = np.random.default_rng(0).normal(size=(256, 5)).astype("float32")
    y = (np.abs(x[:, 0]) > 0.7).astype("int64")
    return Arrays(x_train=x[:192], y_train=y[:192], x_test=x[192:], y_test=y[192:])


def build(settings):
    import keras
    from keras import layers

    hidden = layers.Dense(16, activation="relu")
    model = keras.Sequential([keras.Input((5,)), hidden, layers.Dense(2, activation="softmax")])
    hidden.kernel.trainable = settings.learns
    return model


STUDY = Study("frozen-variables", base=Frozen(epochs=2), build=build, arrays=arrays, variants=(Variant("all", learns=True),))
