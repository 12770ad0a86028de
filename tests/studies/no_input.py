"""A stack of layers that does not say what it takes."""

from harness import Arrays, Settings, Study, Variant


def arrays(settings):
    import numpy as np

    x = np.random.default_rng(0).normal(size=(256, 5)).astype("float32")
    y = (x.sum(axis=1) > 0).astype("int64")
    return Arrays(x_train=x[:192], y_train=y[:192], x_test=x[192:], y_test=y[192:])


def build(settings):
    import keras
    from keras import layers

    return keras.Sequential([layers.Dense(8, activation="relu"), layers.Dense(2, activation="softmax")])


STUDY = Study("no-input", base=Settings(epochs=2), build=build, arrays=arrays, variants=(Variant("fast", learning_rate=0.01),))
