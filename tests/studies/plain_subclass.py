"""A model written as a class, with layers that it builds when it is called first."""

from harness import Arrays, Settings, Study, Variant


def arrays(settings):
    import numpy as np

    x = np.random.default_rng(0).normal(size=(256, 5)).astype("float32")
    y = (x[:, 0] > x[:, 1]).astype("int64")
    return Arrays(x_train=x[:192], y_train=y[:192], x_test=x[192:], y_test=y[192:])


def build(settings):
    import keras
    from keras import layers

    class Own(keras.Model):
        def __init__(self, units):
            super().__init__()
            self.hidden = [layers.Dense(count, activation="relu") for count in units]
            self.last = layers.Dense(2, activation="softmax")

        def call(self, x):
            for layer in self.hidden:
                x = layer(x)
            return self.last(x)

    return Own(settings.hidden)


STUDY = Study("plain-subclass", base=Settings(epochs=2, hidden=(8,)), build=build, arrays=arrays,
    variants=(Variant("deep", hidden=(8, 8)),))  # fmt: skip
