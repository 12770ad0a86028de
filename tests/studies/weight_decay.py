"""Weight decay on all weights, or on all but the biases."""

from dataclasses import dataclass

from harness import Arrays, Settings, Study, Variant


@dataclass(frozen=True)
class Decay(Settings):
    biases: bool = False


def arrays(settings):
    import numpy as np

    x = np.random.default_rng(0).normal(size=(256, 5)).astype("float32")
    y = (x[:, 0] > 0.5).astype("int64")
    return Arrays(x_train=x[:192], y_train=y[:192], x_test=x[192:], y_test=y[192:])


def build(settings):
    import keras
    from keras import layers

    model = keras.Sequential([keras.Input((5,)), layers.Dense(8, "relu", bias_initializer="ones"), layers.Dense(2, "softmax")])
    optimizer = keras.optimizers.AdamW(0.01, weight_decay=0.5)
    if not settings.biases:
        optimizer.exclude_from_weight_decay(var_names=["bias"])
    model.compile(optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


STUDY = Study("weight-decay", base=Decay(epochs=2), build=build, arrays=arrays, variants=(Variant("all", biases=True),))
