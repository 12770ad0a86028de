"""A regression that says how sure it is, by a loss that is a function of the user's."""

from harness import Arrays, Metric, Settings, Study, Variant


def arrays(settings):
    import numpy as np

    generator = np.random.default_rng(0)
    x = generator.uniform(-1, 1, (256, 1)).astype("float32")
    y = (np.sin(3 * x) + np.abs(x) * generator.normal(size=x.shape)).astype("float32")
    return Arrays(x_train=x[:192], y_train=y[:192], x_test=x[192:], y_test=y[192:])


def likelihood(truth, outputs):
    from keras import ops

    mean, log_variance = outputs[:, :1], outputs[:, 1:]
    return ops.mean(0.5 * (log_variance + ops.square(truth - mean) * ops.exp(-log_variance)), axis=-1)


def build(settings):
    import keras
    from keras import layers

    hidden = [layers.Dense(units, activation="tanh") for units in settings.hidden]
    model = keras.Sequential([keras.Input((1,)), *hidden, layers.Dense(2)])
    model.compile(keras.optimizers.Adam(0.01), loss=likelihood)
    return model


STUDY = Study("heteroscedastic", base=Settings(epochs=2, hidden=(16,)), build=build, arrays=arrays,
    metric=Metric("loss", margin=0.02, higher_is_better=False), variants=(Variant("deep", hidden=(16, 16)),))  # fmt: skip
