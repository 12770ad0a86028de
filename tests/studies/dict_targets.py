"""Targets that go by the names of the outputs, whose order is not that of the alphabet."""

from dataclasses import dataclass

from harness import Arrays, Metric, Settings, Study, Variant


@dataclass(frozen=True)
class Both(Settings):
    wide: bool = True


def arrays(settings):
    import numpy as np

    x = np.random.default_rng(0).normal(size=(256, 4)).astype("float32")
    y = {"amount": x[:, :1] * 2, "zone": (x[:, 1] > 0).astype("int64")}
    train, test = ({name: part[rows] for name, part in y.items()} for rows in (slice(192), slice(192, None)))
    return Arrays(x_train=x[:192], y_train=train, x_test=x[192:], y_test=test)


def build(settings):
    import keras
    from keras import layers

    given = keras.Input((4,))
    hidden = layers.Dense(16 if settings.wide else 4, activation="relu")(given)
    outputs = {
        "zone": layers.Dense(2, activation="softmax", name="zone")(hidden),
        "amount": layers.Dense(1, name="amount")(hidden),
    }
    model = keras.Model(given, outputs)
    losses = {"zone": "sparse_categorical_crossentropy", "amount": "mse"}
    model.compile("sgd", losses, metrics={"zone": ["accuracy"], "amount": ["mae"]})
    return model


STUDY = Study("dict-targets", base=Both(epochs=2), build=build, arrays=arrays, variants=(Variant("narrow", wide=False),),
    metric=Metric("zone_accuracy", margin=0.01, higher_is_better=True, fraction=True))  # fmt: skip
