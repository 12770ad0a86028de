"""A recurrent network over series of unequal length."""

from dataclasses import dataclass

from harness import Arrays, Settings, Study, Variant


@dataclass(frozen=True)
class Memory(Settings):
    units: int = 6


def arrays(settings):
    import numpy as np

    generator = np.random.default_rng(0)
    x = generator.normal(size=(192, 6, 2)).astype("float32")
    x[np.arange(6) >= generator.integers(2, 7, (192, 1))] = 0
    y = (x[:, :, 0].sum(axis=1) > 0).astype("int64")
    return Arrays(x_train=x[:128], y_train=y[:128], x_test=x[128:], y_test=y[128:])


def build(settings):
    import keras
    from keras import layers

    series = [keras.Input((6, 2)), layers.Masking(name="masking"), layers.LSTM(settings.units, name="lstm")]
    return keras.Sequential([*series, layers.Dense(2, activation="softmax", name="outputs")])


STUDY = Study("recurrent", base=Memory(epochs=2), build=build, arrays=arrays,
    variants=(Variant("small", units=2), Variant("unmasked", remove="masking"),
        Variant("gru", replace="lstm=GRU(6)")))  # fmt: skip
