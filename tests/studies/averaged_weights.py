"""Does it help to average the weights over the training?"""

from dataclasses import dataclass

from harness import Arrays, Settings, Study, Variant


@dataclass(frozen=True)
class Averaging(Settings):
    average: bool = True


def arrays(settings):
    import numpy as np

    x = np.random.default_rng(0).normal(size=(256, 8)).astype("float32")
    y = (x[:, 0] + x[:, 1] ** 2 > 1).astype("int64")
    return Arrays(x_train=x[:192], y_train=y[:192], x_test=x[192:], y_test=y[192:])


def build(settings):
    import keras
    from keras import layers

    model = keras.Sequential([keras.Input((8,)), layers.Dense(16, activation="relu"), layers.Dense(2, activation="softmax")])
    optimizer = keras.optimizers.Adam(0.01, use_ema=settings.average, ema_momentum=0.9)
    model.compile(optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


STUDY = Study("averaged-weights", base=Averaging(epochs=2), build=build, arrays=arrays,
    variants=(Variant("last", average=False),))  # fmt: skip
