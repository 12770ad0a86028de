"""Which metrics a model will report, before anything has trained."""

import keras
import pytest
from calling import harness
from keras import layers
from sklearn.linear_model import LinearRegression, LogisticRegression

from harness.models.reported_metrics import missing, reported_names
from harness.study.metrics import ACCURACY, Metric

RMSE = Metric("rmse", margin=0.1, higher_is_better=False)


def network(**compiled) -> keras.Model:
    model = keras.Sequential([keras.Input((4,)), layers.Dense(2)])
    model.compile(loss="mse", **compiled)
    return model


def two_outputs(**compiled) -> keras.Model:
    given = keras.Input((4,))
    model = keras.Model(given, [layers.Dense(1, name="main")(given), layers.Dense(1, name="aux")(given)])
    model.compile(loss=["mse", "mse"], **compiled)
    return model


def own_share(labels, outputs):
    return labels * 0


class Own(keras.Model):
    def train_step(self, data):
        return {"anything": 0.0}


@pytest.mark.parametrize(
    ("model", "names"),
    [
        (network(), ["loss"]),
        (network(metrics=["accuracy", keras.metrics.RootMeanSquaredError(name="rmse")]), ["loss", "accuracy", "rmse"]),
        (network(metrics=[own_share], weighted_metrics=["mae"]), ["loss", "own_share", "mae"]),
        (two_outputs(metrics={"main": [keras.metrics.RootMeanSquaredError(name="rmse")]}), ["loss", "rmse"]),
        (LinearRegression(), ["loss", "mse", "rmse", "mae"]),
        (LogisticRegression(), ["loss", "accuracy"]),
        (Own(), None),
    ],
)
def test_the_names_are_those_that_the_model_was_compiled_with(model, names):
    assert reported_names(model) == names


def test_what_is_reported_is_what_training_reports():
    model = two_outputs(metrics=[["mae"], [own_share, keras.metrics.MeanSquaredError()]])
    history = model.fit(keras.ops.ones((4, 4)), [keras.ops.ones((4, 1))] * 2, verbose=0).history
    names = reported_names(model)
    assert all(any(name.endswith(one) for one in names) for name in history)


def test_a_metric_of_one_output_or_under_an_alias_is_reported():
    model = two_outputs(metrics={"main": [keras.metrics.RootMeanSquaredError(name="rmse")]})
    assert missing(Metric("main_rmse", margin=0.1, higher_is_better=False), model) == ""
    assert missing(Metric("error", margin=0.1, higher_is_better=False, aliases=("main_rmse",)), model) == ""


def test_a_metric_that_the_model_lacks_is_named_with_the_nearest():
    said = missing(Metric("rsme", margin=0.1, higher_is_better=False), LinearRegression())
    assert said.startswith("is judged by a metric that its model does not report.") and "Did you mean 'rmse'?" in said
    assert "Known: accuracy, loss" in missing(RMSE, network(metrics=["accuracy"]))
    assert missing(ACCURACY, Own()) == ""


STUDY = """
from harness import Metric, Settings, Study, Variant
STUDY = Study("judged", base=Settings(dataset="digits"), variants=(Variant("wide", hidden=(256,)),),
              metric=Metric("rmse", margin=0.1, higher_is_better=False))
"""


def test_a_study_judged_by_what_its_model_does_not_report_is_refused_in_the_plan(tmp_path):
    (tmp_path / "judged.py").write_text(STUDY)
    result = harness("run", tmp_path / "judged.py", "--dry-run", "--logdir", tmp_path / "logs")
    assert result.exit_code == 2 and not list((tmp_path / "logs").rglob("record.json"))
    assert "The base of study 'judged' is judged by a metric that its model does not report." in result.output
    assert "Metric 'rmse' is not known. Known: accuracy, loss." in result.output


class Tracked(layers.Layer):
    def __init__(self) -> None:
        super().__init__()
        self.mean = keras.metrics.Mean(name="activity")

    def call(self, inputs):
        return inputs


def test_a_metric_that_a_layer_keeps_is_reported_too():
    model = keras.Sequential([keras.Input((4,)), Tracked(), layers.Dense(2)])
    model.compile(loss="mse", metrics=["mae"])
    assert set(reported_names(model)) == {"loss", "mae", "activity"}


def test_a_single_output_has_no_name_in_front_of_its_metrics():
    assert missing(Metric("log_mae", margin=0.1, higher_is_better=False), network(metrics=["mae"]))
