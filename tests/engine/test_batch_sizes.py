"""What may be measured in batches of another size than the training's, and what is measured as fit would."""

from collections.abc import Callable
from types import MethodType
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops
from ownmodels import TEST_X, TEST_Y, X, Y, assert_as_fit, by_harness, dense_model, regression

from harness.engine import batch_sizes
from harness.engine.batch_sizes import any_batch_size
from harness.engine.configuration_proof import proven_config

Layer = Callable[[Any], Any]


def recurrent(**options: Any) -> Layer:
    return lambda values: layers.LSTM(3, **options)(layers.Reshape((3, 1))(values))


def unchanged(values: Any) -> Any:
    return values


def model_of(body: Layer = unchanged, *, batch: int | None = None, **compiling: Any) -> keras.Model:
    inputs = keras.Input(batch_shape=(batch, 3))
    model = keras.Model(inputs, layers.Dense(1)(body(inputs)))
    model.compile(**({"optimizer": "sgd", "loss": "mse"} | compiling))
    return model


@pytest.mark.parametrize(
    ("body", "compiling"),
    [
        (layers.BatchNormalization(), {"metrics": ["mae", keras.metrics.RootMeanSquaredError()]}),
        (layers.Dropout(0.5), {"loss": keras.losses.BinaryCrossentropy(), "metrics": ["accuracy", "AUC"]}),
        (recurrent(), {"loss": "MeanSquaredError", "weighted_metrics": ["mse"]}),
        (layers.Softmax(), {"loss": ["huber"]}),
    ],
)
def test_keras_own_classes_that_look_at_single_samples_are_proven(body: Layer, compiling: dict[str, Any]) -> None:
    assert any_batch_size(model_of(body, **compiling))


@pytest.mark.parametrize(
    ("body", "compiling"),
    [
        (layers.Softmax(axis=0), {}),
        (layers.Softmax(axis=-2), {}),
        (layers.UnitNormalization(axis=0), {}),
        (lambda values: values - ops.mean(values, axis=0, keepdims=True), {}),
        (lambda values: layers.BatchNormalization()(values, training=True), {}),
        (recurrent(stateful=True), {"batch": 4}),
        (layers.Dense(3, activity_regularizer="l2"), {}),
        (layers.ActivityRegularization(l2=0.1), {}),
        (layers.Identity(), {"loss": "dice"}),
        (layers.Identity(), {"loss": keras.losses.Tversky()}),
        (layers.Identity(), {"loss": keras.losses.MeanSquaredError(reduction="sum")}),
        (layers.Identity(), {"loss": lambda y, outputs: ops.mean(y - outputs)}),
        (layers.Identity(), {"metrics": [keras.metrics.R2Score()]}),
        (layers.Identity(), {"metrics": [lambda y, outputs: ops.max(outputs, axis=0)]}),
        (layers.Identity(), {"loss": ["mse", "mae"]}),
    ],
)
def test_what_may_mix_the_samples_of_a_batch_is_not(body: Layer, compiling: dict[str, Any]) -> None:
    assert not any_batch_size(model_of(body, **compiling))


def test_a_model_of_two_outputs_is_not_proven_as_its_losses_are_means_over_batches() -> None:
    inputs = keras.Input((3,))
    model = keras.Model(inputs, [layers.Dense(1)(inputs), layers.Dense(1)(inputs)])
    model.compile(optimizer="sgd", loss="mse")
    assert not any_batch_size(model)


def centred() -> keras.Model:
    """A model that takes the batch's mean away, judged by a metric that is the batch's largest error."""

    def largest_error(y: Any, outputs: Any) -> Any:
        return ops.max(ops.abs(y - outputs), axis=0)

    def less_mean(values: Any) -> Any:
        return values - ops.mean(values, axis=0, keepdims=True)

    return dense_model(hidden=[lambda: less_mean], metrics=[largest_error])


@pytest.mark.parametrize("engine", ["graph", "fit"])
def test_what_reduces_over_samples_is_measured_and_predicted_in_batches_of_the_trainings_size(engine: str) -> None:
    training = assert_as_fit(centred, regression(), engine=engine)
    expected = training.model.predict(TEST_X, batch_size=8, verbose=0)
    np.testing.assert_allclose(training.predict(TEST_X), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("engine", ["xla", "graph", "fit"])
def test_losses_of_single_outputs_are_those_of_fit_where_the_last_batch_is_short(engine: str) -> None:
    def forked() -> keras.Model:
        keras.utils.set_random_seed(1)
        inputs = keras.Input((3,))
        model = keras.Model(inputs, [layers.Dense(1, name="far")(inputs), layers.Dense(1, name="near")(inputs)])
        model.compile(keras.optimizers.SGD(0.05), loss={"far": "mse", "near": "mae"}, loss_weights={"far": 1.0, "near": 0.3})
        return model

    arrays = regression(y_train=(Y, X[:, :1]), y_test=(TEST_Y, TEST_X[:, :1]))
    assert_as_fit(forked, arrays, rel=1e-6, engine=engine)


def test_the_loss_of_one_output_is_the_mean_over_samples() -> None:
    training, measured = by_harness(dense_model(), regression(), epochs=1, engine="graph")
    errors = np.square(training.model.predict(TEST_X, verbose=0) - TEST_Y)
    assert measured[0]["val_loss"] == pytest.approx(errors.mean(), rel=1e-5)


def whole_batch(self: Any, *arguments: Any, **options: Any) -> Any:
    return None


@pytest.mark.parametrize(
    ("part", "name"),
    [
        (lambda model: model, "compute_loss"),
        (lambda model: model, "predict_step"),
        (lambda model: model, "compute_metrics"),
        (lambda model: model.layers[-1], "call"),
        (lambda model: model.loss, "call"),
        (lambda model: model.loss, "fn"),
        (lambda model: model._compile_loss, "call"),
        (lambda model: model._compile_metrics._user_metrics[0], "update_state"),
        (lambda model: model.optimizer, "update_step"),
    ],
)
def test_an_object_with_a_method_in_place_of_its_classs_proves_nothing(part: Callable[[Any], Any], name: str) -> None:
    model = model_of(loss=keras.losses.MeanSquaredError(), metrics=[keras.metrics.MeanAbsoluteError()])
    assert any_batch_size(model)
    setattr(part(model), name, MethodType(whole_batch, part(model)))
    assert proven_config(model) is None and not any_batch_size(model)


def test_a_loss_put_on_the_object_is_measured_as_fit_does() -> None:
    def squared_sum(self: Any, x: Any, y: Any, y_pred: Any, sample_weight: Any = None, training: bool = True) -> Any:
        return ops.square(ops.sum(y - y_pred)) / 100.0

    def summing() -> keras.Model:
        model = dense_model()
        model.compute_loss = MethodType(squared_sum, model)
        return model

    assert_as_fit(summing, regression(), engine="graph")


def test_nothing_is_proven_where_a_study_has_patched_the_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    model = model_of()
    assert any_batch_size(model)
    monkeypatch.setattr(batch_sizes, "changed_settings", lambda: None)
    assert not any_batch_size(model)
