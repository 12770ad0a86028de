"""A loss and a metric that are classes of the user's."""

from dataclasses import dataclass

from harness import Arrays, Metric, Settings, Study, Variant


@dataclass(frozen=True)
class Focus(Settings):
    gamma: float = 2.0


def arrays(settings):
    import numpy as np

    x = np.random.default_rng(0).normal(size=(256, 5)).astype("float32")
    y = (x[:, :1] > 1).astype("float32")
    return Arrays(x_train=x[:192], y_train=y[:192], x_test=x[192:], y_test=y[192:])


def build(settings):
    import keras
    from keras import layers, ops

    class Focal(keras.losses.Loss):
        def call(self, truth, outputs):
            right = ops.clip(truth * outputs + (1 - truth) * (1 - outputs), 1e-6, 1.0)
            return ops.mean(-((1 - right) ** settings.gamma) * ops.log(right), axis=-1)

    class Share(keras.metrics.Metric):
        def __init__(self):
            super().__init__(name="share")
            self.right = self.add_weight(shape=(), initializer="zeros", name="right")
            self.count = self.add_weight(shape=(), initializer="zeros", name="count")

        def update_state(self, truth, outputs, sample_weight=None):
            right = ops.cast((outputs > 0.5) == (truth > 0.5), "float32")
            self.right.assign_add(ops.sum(right))
            self.count.assign_add(ops.cast(ops.size(right), "float32"))

        def result(self):
            return self.right / self.count

    model = keras.Sequential([keras.Input((5,)), layers.Dense(8, "relu"), layers.Dense(1, "sigmoid")])
    model.compile(keras.optimizers.Adam(0.01), loss=Focal(), metrics=[Share()])
    return model


STUDY = Study("own-loss-and-metric", base=Focus(epochs=2), build=build, arrays=arrays,
    metric=Metric("share", margin=0.01, higher_is_better=True, fraction=True),
    variants=(Variant("plain", gamma=0.0),))  # fmt: skip
