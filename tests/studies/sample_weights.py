"""Measurements that are surer than others count for more, in the loss and in a metric."""

from dataclasses import dataclass

from harness import Arrays, Metric, Settings, Study, Variant


@dataclass(frozen=True)
class Sureness(Settings):
    weighted: bool = True


def arrays(settings):
    import numpy as np

    generator = np.random.default_rng(0)
    x, noise = generator.normal(size=(256, 3)).astype("float32"), generator.uniform(0.1, 2, 256).astype("float32")
    y = x[:, 0] - x[:, 1] + noise * generator.normal(size=256).astype("float32")
    weights = 1 / noise[:192] ** 2 if settings.weighted else None
    return Arrays(x_train=x[:192], y_train=y[:192], x_test=x[192:], y_test=y[192:], sample_weight=weights)


def build(settings):
    import keras
    from keras import layers

    model = keras.Sequential([keras.Input((3,)), layers.Dense(8, activation="relu"), layers.Dense(1)])
    model.compile(keras.optimizers.Adam(0.01), loss="huber", metrics=["mae"], weighted_metrics=["mse"])
    return model


STUDY = Study("sample-weights", base=Sureness(epochs=2), build=build, arrays=arrays,
    metric=Metric("mae", margin=0.02, higher_is_better=False), variants=(Variant("even", weighted=False),))  # fmt: skip
