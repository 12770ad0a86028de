"""A penalty on the hidden values beside the loss, and one on the weights."""

from dataclasses import dataclass

from harness import Arrays, Settings, Study, Variant


@dataclass(frozen=True)
class Penalty(Settings):
    penalty: float = 0.01


def arrays(settings):
    import numpy as np

    x = np.random.default_rng(0).normal(size=(256, 5)).astype("float32")
    y = (x[:, 0] * x[:, 1] > 0).astype("int64")
    return Arrays(x_train=x[:192], y_train=y[:192], x_test=x[192:], y_test=y[192:])


def build(settings):
    import keras
    from keras import layers, ops

    class Sparse(layers.Layer):
        def call(self, x):
            self.add_loss(settings.penalty * ops.mean(ops.abs(x)))
            return x

    hidden = layers.Dense(16, activation="relu", kernel_regularizer=keras.regularizers.L2(settings.penalty))
    return keras.Sequential([keras.Input((5,)), hidden, Sparse(), layers.Dense(2, activation="softmax")])


STUDY = Study("add-loss", base=Penalty(epochs=2), build=build, arrays=arrays, variants=(Variant("free", penalty=0.0),))
