"""Does half precision cost a small classifier anything?"""

from dataclasses import dataclass

from harness import Arrays, Settings, Study, Variant


@dataclass(frozen=True)
class Precision(Settings):
    policy: str = "mixed_float16"


def arrays(settings):
    import numpy as np

    x = np.random.default_rng(0).normal(size=(256, 8)).astype("float32")
    y = (x[:, 0] * x[:, 1] > 0).astype("int64")
    return Arrays(x_train=x[:192], y_train=y[:192], x_test=x[192:], y_test=y[192:])


def build(settings):
    import keras
    from keras import layers

    keras.mixed_precision.set_global_policy(settings.policy)
    hidden = layers.Dense(16, activation="relu")
    return keras.Sequential([keras.Input((8,)), hidden, layers.Dense(2, activation="softmax", dtype="float32")])


STUDY = Study("mixed-precision", base=Precision(epochs=2), build=build, arrays=arrays,
    variants=(Variant("whole", policy="float32"),), question="What does half precision cost?")  # fmt: skip
