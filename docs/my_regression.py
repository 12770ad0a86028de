"""Does a small network foresee the course of diabetes better than a straight line?"""

from dataclasses import dataclass

from harness import Arrays, Metric, Settings, Study, Variant


@dataclass(frozen=True)
class Diabetes(Settings):
    linear: bool = False


def arrange(settings, data):
    x, y = data.x.astype("float32"), data.y.astype("float32")
    return Arrays(x_train=x[:340], y_train=y[:340], x_test=x[340:], y_test=y[340:])


def build(settings):
    if settings.linear:
        from sklearn.linear_model import LinearRegression

        return LinearRegression()
    from keras import Sequential, layers, metrics, optimizers

    hidden = [layers.Dense(units, activation="relu") for units in settings.hidden]
    model = Sequential([layers.Input((10,)), *hidden, layers.Dense(1)])
    rmse = metrics.RootMeanSquaredError(name="rmse")
    model.compile(optimizers.Adam(settings.learning_rate), loss="mean_squared_error", metrics=[rmse])
    return model


STUDY = Study("my-regression", base=Diabetes(dataset="diabetes", learning_rate=0.01, epochs=40, validation=80),
    build=build, arrange=arrange, metric=Metric("rmse", margin=0.02, higher_is_better=False),
    pictures=("learning-curves", "predictions"),
    variants=(Variant("linear", linear=True), Variant("small", hidden=(8,))),
    question="Is a network better than a straight line here?",
    lesson="With 260 patients, no: try the simplest model first.")  # fmt: skip
