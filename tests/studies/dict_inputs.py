"""Inputs that go by their names."""

from dataclasses import dataclass

from harness import Arrays, Settings, Study, Variant


@dataclass(frozen=True)
class Sides(Settings):
    wide: bool = True


def arrays(settings):
    import numpy as np

    generator = np.random.default_rng(0)
    left, right = (generator.normal(size=(256, count)).astype("float32") for count in (3, 5))
    y = (left[:, 0] > right[:, 0]).astype("int64")
    x = {"left": left, "right": right}
    train, test = ({name: part[rows] for name, part in x.items()} for rows in (slice(192), slice(192, None)))
    return Arrays(x_train=train, y_train=y[:192], x_test=test, y_test=y[192:])


def build(settings):
    import keras
    from keras import layers

    left, right = keras.Input((3,), name="left"), keras.Input((5,), name="right")
    joined = layers.Concatenate()([left, right] if settings.wide else [left, right[:, :1]])
    hidden = layers.Dense(8, activation="relu")(joined)
    return keras.Model({"left": left, "right": right}, layers.Dense(2, activation="softmax")(hidden))


STUDY = Study("dict-inputs", base=Sides(epochs=2), build=build, arrays=arrays, variants=(Variant("narrow", wide=False),))
