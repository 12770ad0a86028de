"""Targets so large that single precision does not tell them apart."""

from dataclasses import dataclass

from harness import Arrays, Metric, Settings, Study, Variant


@dataclass(frozen=True)
class Digits(Settings):
    precision: str = "float64"


def arrays(settings):
    import numpy as np

    x = np.random.default_rng(0).normal(size=(256, 3))
    y = 1e8 + x[:, :1] - x[:, 1:2]
    return Arrays(x_train=x[:192], y_train=y[:192], x_test=x[192:], y_test=y[192:])


def build(settings):
    import keras
    from keras import layers

    keras.config.set_floatx(settings.precision)
    large = keras.initializers.Constant(1e8)
    model = keras.Sequential([keras.Input((3,)), layers.Dense(1, bias_initializer=large)])
    model.compile(keras.optimizers.SGD(0.05), loss="mse")
    return model


STUDY = Study("double-precision", base=Digits(epochs=2), build=build, arrays=arrays,
    metric=Metric("loss", margin=0.01, higher_is_better=False), variants=(Variant("single", precision="float32"),))  # fmt: skip
