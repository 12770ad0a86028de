"""Two things foretold by one network, each with its own loss."""

from dataclasses import dataclass

from harness import Arrays, Settings, Study, Variant


@dataclass(frozen=True)
class Both(Settings):
    weight: float = 0.5


def arrays(settings):
    import numpy as np

    x = np.random.default_rng(0).normal(size=(256, 4)).astype("float32")
    sign, size = (x[:, 0] > 0).astype("int64"), np.abs(x).sum(axis=1)
    return Arrays(x_train=x[:192], y_train=(sign[:192], size[:192]), x_test=x[192:], y_test=(sign[192:], size[192:]))


def build(settings):
    import keras
    from keras import layers

    given = keras.Input((4,))
    hidden = layers.Dense(16, activation="relu")(given)
    outputs = [layers.Dense(2, activation="softmax", name="sign")(hidden), layers.Dense(1, name="size")(hidden)]
    model = keras.Model(given, outputs)
    losses = {"sign": "sparse_categorical_crossentropy", "size": "mse"}
    model.compile("adam", loss=losses, loss_weights={"sign": 1.0, "size": settings.weight}, metrics={"sign": "accuracy"})
    return model


STUDY = Study("several-outputs", base=Both(epochs=2), build=build, arrays=arrays, variants=(Variant("alone", weight=0.0),))
