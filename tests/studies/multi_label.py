"""Several labels at once."""

from harness import Arrays, Metric, Settings, Study, Variant


def arrays(settings):
    import numpy as np

    generator = np.random.default_rng(0)
    x = generator.normal(size=(256, 6)).astype("float32")
    y = (x @ generator.normal(size=(6, 4)) > 0.5).astype("float32")
    return Arrays(x_train=x[:192], y_train=y[:192], x_test=x[192:], y_test=y[192:])


def build(settings):
    import keras
    from keras import layers, metrics

    hidden = [layers.Dense(units, activation="relu") for units in settings.hidden]
    model = keras.Sequential([keras.Input((6,)), *hidden, layers.Dense(4, activation="sigmoid")])
    measured = [metrics.BinaryAccuracy(name="right"), metrics.AUC(multi_label=True, num_labels=4, name="auc")]
    model.compile("adam", loss="binary_crossentropy", metrics=measured)
    return model


STUDY = Study("multi-label", base=Settings(epochs=2, hidden=(16,)), build=build, arrays=arrays,
    metric=Metric("auc", margin=0.01, higher_is_better=True), variants=(Variant("linear", hidden=()),))  # fmt: skip
