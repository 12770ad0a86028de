"""How wide does an embedding have to be?"""

from dataclasses import dataclass

from harness import Arrays, Settings, Study, Variant


@dataclass(frozen=True)
class Width(Settings):
    width: int = 8


def arrays(settings):
    import numpy as np

    x = np.random.default_rng(0).integers(0, 50, (256, 6)).astype("int32")
    y = (x % 7 < 3).sum(axis=1) > 2
    y = y.astype("int64")
    return Arrays(x_train=x[:192], y_train=y[:192], x_test=x[192:], y_test=y[192:])


def build(settings):
    import keras
    from keras import layers

    words = layers.Embedding(50, settings.width)
    return keras.Sequential([keras.Input((6,), dtype="int32"), words, layers.Flatten(), layers.Dense(2, activation="softmax")])


STUDY = Study("embeddings", base=Width(epochs=2), build=build, arrays=arrays, variants=(Variant("narrow", width=2),))
