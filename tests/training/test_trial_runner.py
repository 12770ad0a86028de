"""Trials of other tasks than classes of images, run in this process: their records and what TensorBoard reads of them."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from harness.analysis.predictions import load_right
from harness.data.resolve import prepare
from harness.records.attempts import attempt_folder
from harness.records.record import FAILED, INTERRUPTED, OK, Record
from harness.runs.plan import make_plan
from harness.runs.request import RunRequest
from harness.study.loading import load_study
from harness.training.trial import Trial

STUDY = """
from dataclasses import dataclass
from harness import Arrays, Metric, Settings, Study, Variant

@dataclass(frozen=True)
class Kinds(Settings):
    kind: str = "regression"

def arrange(settings, data):
    x = data.x.astype("float32")
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    y = (data.y == 0).astype("float32") if settings.kind in ("binary", "forest", "plane") else data.y.astype("float32")
    return Arrays(x_train=x[::2], y_train=y[::2], x_test=x[1::2], y_test=y[1::2])

def build(settings):
    import keras
    from keras import layers
    if settings.kind == "forest":
        from sklearn.ensemble import RandomForestClassifier
        return RandomForestClassifier(n_estimators=5)
    if settings.kind == "line":
        from sklearn.linear_model import LinearRegression
        return LinearRegression()
    if settings.kind == "plane":
        from sklearn.linear_model import Perceptron
        return Perceptron()
    last = layers.Dense(1, activation="sigmoid" if settings.kind == "binary" else None)
    model = keras.Sequential([keras.Input((4,)), layers.Dense(4, activation="relu"), last])
    metric = {"binary": "accuracy", "unmeasured": "mae"}.get(settings.kind) or keras.metrics.RootMeanSquaredError(
        name="root_mean_squared_error" if settings.kind == "alias" else "rmse")
    loss = "binary_crossentropy" if settings.kind == "binary" else "mse"
    model.compile(optimizer=keras.optimizers.SGD(settings.learning_rate), loss=loss, metrics=[metric])
    return model

METRIC = Metric("rmse", margin=0.01, higher_is_better=False, aliases=("root_mean_squared_error", "accuracy"))
KINDS = ("binary", "forest", "line", "plane", "alias", "unmeasured")
STUDY = Study(
    "kinds", base=Kinds(dataset="iris", epochs=3, learning_rate=0.05), build=build, arrange=arrange, metric=METRIC,
    question="Does it hold?", variants=(
        *(Variant(kind, kind=kind) for kind in KINDS),
        Variant("held-out", validation=20), Variant("too-many", validation=75),
        Variant("steps", steps_per_epoch=2), Variant("seldom", epochs=10, log_every=4, together=True),
    ),
)
"""


@dataclass(frozen=True)
class Ran:
    """A trial that has run: its record and its attempt's folder."""

    record: Record
    folder: Path


def attempt(trial: Trial, *, stop_after: int = 99) -> Record:
    from harness.training.trial_runner import run_trial

    return run_trial(trial, lambda epoch, values: epoch >= stop_after)


def planned(folder: Path, variant: str) -> Trial:
    path = folder / "kinds.py"
    path.write_text(STUDY)
    request = RunRequest(logdir=folder / "logs", seeds=1, only=(variant,), engine="graph", checkpoint_seconds=0.0)
    (request.logdir / "kinds").mkdir(parents=True)
    plan = make_plan(load_study(str(path)), request, {"iris": prepare("iris")})
    return next(trial for trial in plan.trials if trial.variant == variant)


def ran(folder: Path, variant: str) -> Ran:
    trial = planned(folder, variant)
    return Ran(attempt(trial), attempt_folder(trial.folder, 1))


def steps(folder: Path, tag: str) -> list[int]:
    return [event.step for event in EventAccumulator(str(folder)).Reload().Tensors(tag)]


def test_a_regression_is_recorded_under_its_own_metric(tmp_path):
    record = ran(tmp_path, "base").record
    assert (record.status, record.epochs) == (OK, 3)
    assert set(record.metrics) == {"train_loss", "train_rmse", "test_loss", "test_rmse"}
    assert record.metrics["test_rmse"] < 0.8
    assert not record.first_test_image and "test_samples" not in record.cost


def test_a_graph_that_cannot_be_drawn_costs_the_trial_nothing(tmp_path, monkeypatch):
    def fail(model: object, **options: object) -> bytes:
        raise ValueError("the shape of the inputs is not known")

    monkeypatch.setattr("harness.tensorboard.trial_writer.op_graph", fail)
    record = ran(tmp_path, "base").record
    assert (record.status, record.epochs) == (OK, 3)
    assert record.provenance["not_shown"] == {"graph": "failed: ValueError: the shape of the inputs is not known"}


def test_a_metric_of_another_name_is_recorded_under_the_studys_too(tmp_path):
    found = ran(tmp_path, "alias")
    history = found.record.history
    assert history["test_rmse"] == history["test_root_mean_squared_error"]
    assert history["train_rmse"] == history["train_root_mean_squared_error"]
    assert steps(found.folder / "test", "epoch_rmse") == [1, 2, 3]


def test_a_model_without_the_studys_metric_fails_after_one_epoch_and_names_what_it_has(tmp_path):
    record = ran(tmp_path, "unmeasured").record
    assert (record.status, record.error_type, record.epochs) == (FAILED, "UsageError", 0)
    assert "judged by 'rmse' (nor 'root_mean_squared_error', 'accuracy')" in record.error
    assert "it reports loss, mae." in record.error


def test_a_binary_classifiers_answers_are_kept(tmp_path):
    found = ran(tmp_path, "binary")
    right = load_right(found.folder)
    assert right.mean() == pytest.approx(found.record.metrics["test_accuracy"])
    assert found.record.cost["test_samples"] == 75
    assert len(found.record.first_test_image) == 2 and sum(found.record.first_test_image) == pytest.approx(1.0)


def test_an_estimator_leaves_the_record_of_a_network_after_one_epoch(tmp_path):
    found = ran(tmp_path, "forest")
    record = found.record
    assert (record.status, record.epochs, record.provenance["engine"]) == (OK, 1, "scikit-learn")
    assert record.architecture[0]["class"] == "RandomForestClassifier"
    assert record.cost["parameters"] > 5 and record.cost["seconds"] > 0
    assert record.history["epoch_seconds"][0] > 0 and "learning_rate" not in record.history
    assert load_right(found.folder).mean() == record.metrics["test_accuracy"]
    assert steps(found.folder / "test", "epoch_accuracy") == [1]
    texts = EventAccumulator(str(found.folder / "test")).Reload().Tensors("model")
    assert b"RandomForestClassifier(n_estimators=5" in texts[0].tensor_proto.string_val[0]


@pytest.mark.parametrize(("variant", "measured"), [("line", {"loss", "mse", "rmse", "mae"}), ("plane", {"accuracy", "rmse"})])
def test_an_estimator_is_measured_as_its_task_is(tmp_path, variant, measured):
    record = ran(tmp_path, variant).record
    assert (record.status, record.epochs) == (OK, 1)
    assert {name.removeprefix("test_") for name in record.metrics if name.startswith("test_")} == measured


def test_samples_are_held_out_where_the_study_does_not_hold_any_out(tmp_path):
    found = ran(tmp_path, "held-out")
    history = found.record.history
    assert len(history["validation_rmse"]) == 3 and history["validation_rmse"] != history["test_rmse"]
    assert steps(found.folder / "validation", "epoch_rmse") == [1, 2, 3]


def test_too_few_samples_for_the_split_fail_the_trial_with_both_numbers(tmp_path):
    record = ran(tmp_path, "too-many").record
    assert record.error == "ValueError: validation=75 would hold out all of 75 training samples; expected fewer than these."


def test_epochs_of_steps_are_shown_and_kept_by_their_batches(tmp_path):
    found = ran(tmp_path, "steps")
    assert found.record.history["step"] == [2.0, 4.0, 6.0] and found.record.history["epoch"] == [1.0, 2.0, 3.0]
    assert steps(found.folder / "train", "epoch_loss") == [2, 4, 6]


def test_a_trial_that_is_measured_seldom_goes_on_where_it_was_stopped(tmp_path):
    whole = ran(tmp_path, "seldom")
    assert whole.record.epochs == 10 and whole.record.history["epoch"] == [4.0, 8.0, 10.0]
    assert steps(whole.folder / "test", "epoch_rmse") == [4, 8, 10]
    (tmp_path / "again").mkdir()
    trial = planned(tmp_path / "again", "seldom")
    first = attempt(trial, stop_after=4)
    assert (first.status, first.epochs) == (INTERRUPTED, 4)
    second = attempt(replace(trial, attempt=2))
    assert second.provenance["resumed_from"] == 4
    for name in ("train_loss", "test_loss", "test_rmse", "epoch", "step"):
        np.testing.assert_array_equal(second.history[name], whole.record.history[name])
