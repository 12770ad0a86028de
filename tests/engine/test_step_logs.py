"""What a model's own steps return is what is reported, as fit reports it."""

from typing import Any

import keras
import pytest
import tensorflow as tf
from ownmodels import assert_as_fit, by_fit, by_harness, dense_model, regression

from harness.engine.engine_choice import train
from harness.engine.epoch import finite


class PlainLogs(keras.Model):
    """Steps that return plain tensors, which no metric holds."""

    def train_step(self, data: Any) -> dict[str, Any]:
        x, y = data
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(self(x, training=True) - y))
        self.optimizer.apply_gradients(zip(tape.gradient(loss, self.trainable_weights), self.trainable_weights, strict=True))
        return {"loss": loss, "root": tf.sqrt(-loss)}

    def test_step(self, data: Any) -> dict[str, Any]:
        x, y = data
        return {"loss": tf.reduce_mean(tf.square(self(x, training=False) - y)), "samples": tf.shape(x)[0]}


class OwnMetric(PlainLogs):
    """Steps that return what their own metric holds."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.mean = keras.metrics.Mean(name="loss")

    @property
    def metrics(self) -> list[Any]:
        return [self.mean]

    def train_step(self, data: Any) -> dict[str, Any]:
        self.mean.update_state(super().train_step(data)["loss"], sample_weight=data[0].shape[0])
        return {"loss": self.mean.result()}

    def test_step(self, data: Any) -> dict[str, Any]:
        self.mean.update_state(super().test_step(data)["loss"])
        return {"loss": self.mean.result()}


class MoreMetrics(keras.Model):
    """Keras' own steps, with one value more."""

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> dict[str, Any]:
        return {**super().compute_metrics(x, y, y_pred, sample_weight), "largest": tf.reduce_max(y_pred)}


class OtherResults(keras.Model):
    """Metrics that are never reset, with one result that no metric has."""

    def reset_metrics(self) -> None:
        pass

    def get_metrics_result(self) -> dict[str, Any]:
        return {**super().get_metrics_result(), "twice": 2.0 * self.metrics[0].result()}

    def compute_loss(self, *arguments: Any, **options: Any) -> Any:
        return 0.5 * super().compute_loss(*arguments, **options)


@pytest.mark.parametrize(
    ("kind", "engine"),
    [
        (PlainLogs, "xla"), (PlainLogs, "graph"), (PlainLogs, "fit"),
        (OwnMetric, "xla"), (MoreMetrics, "graph"), (OtherResults, "graph"),
    ],
)  # fmt: skip
def test_what_the_steps_return_is_reported_as_fit_reports_it(kind: type[keras.Model], engine: str) -> None:
    metrics = None if issubclass(kind, PlainLogs) else ["mae"]
    training = assert_as_fit(lambda: dense_model(kind, metrics=metrics), regression(), engine=engine)
    assert training.engine == engine, training.reason


def test_a_value_for_each_sample_is_reported_by_fit() -> None:
    class Rows(PlainLogs):
        def train_step(self, data: Any) -> dict[str, Any]:
            return {**super().train_step(data), "rows": tf.reduce_sum(data[0], axis=1)}

    training, measured = by_harness(dense_model(Rows, metrics=None), regression(), epochs=1)
    assert training.engine == "fit" and "not known before it runs" in training.reason
    assert {"loss", "rows_0", "rows_3", "val_loss"} <= measured[0].keys()


def test_a_step_that_returns_no_dict_fails_as_in_fit() -> None:
    class Scalar(PlainLogs):
        def train_step(self, data: Any) -> Any:
            return super().train_step(data)["loss"]

    with pytest.raises((AttributeError, TypeError)):
        by_fit(dense_model(Scalar, metrics=None), regression())
    with pytest.raises((AttributeError, TypeError)):
        by_harness(dense_model(Scalar, metrics=None), regression())


def test_a_loss_under_another_name_ends_the_training_where_it_is_not_finite() -> None:
    assert finite({"loss": 1.0, "auc": float("nan")}) and finite({})
    assert not finite({"d_loss": float("nan"), "accuracy": 1.0})
    assert not finite({"reconstruction": float("inf")})

    class Named(PlainLogs):
        def train_step(self, data: Any) -> dict[str, Any]:
            return {"d_loss": super().train_step(data)["root"]}

    _, measured = by_harness(dense_model(Named, metrics=None), regression(), engine="graph")
    assert len(measured) == 1


def test_metrics_are_reset_at_every_epoch_also_where_several_are_trained_at_once() -> None:
    resets = []

    class Counting(OwnMetric):
        def reset_metrics(self) -> None:
            resets.append(1)
            super().reset_metrics()

    model = dense_model(Counting, metrics=None)
    training = train(model, regression(), batch_size=10, epochs=4, seed=0, log_every=4, engine="graph")
    assert len(list(training.epochs())) == 1
    assert len(resets) == 5  # four epochs and one measurement


class Untracked(PlainLogs):
    """Steps that return a loss under the name of Keras' own tracker, which they never update."""

    rate = 1.0

    def train_step(self, data: Any) -> dict[str, Any]:
        loss = super().train_step(data)["loss"]
        for weight in self.trainable_weights:
            weight.assign(weight * self.rate)
        return {"loss": loss}

    def test_step(self, data: Any) -> dict[str, Any]:
        return {"loss": super().test_step(data)["loss"]}


class WorkerFailure(Untracked):
    """Its weights are not finite any more behind the first batch."""

    rate = float("nan")


@pytest.mark.parametrize("engine", ["graph", "fit"])
def test_a_loss_that_no_metric_holds_is_reported_and_not_the_zero_of_keras_own_tracker(engine: str) -> None:
    training, measured = by_harness(dense_model(Untracked, metrics=None), regression(), engine=engine)
    assert training.engine == engine
    last = slice(8, 12)  # of the test samples in batches of 8
    errors = training.model(regression().x_test[last]).numpy() - regression().y_test[last]
    assert measured[-1]["val_loss"] == pytest.approx((errors**2).mean(), rel=1e-4)
    assert all(epoch["loss"] > 0.0 for epoch in measured)


@pytest.mark.parametrize("engine", ["graph", "fit"])
def test_such_a_loss_that_is_not_finite_ends_the_training(engine: str) -> None:
    _, measured = by_harness(dense_model(WorkerFailure, metrics=None), regression(), epochs=3, engine=engine)
    assert len(measured) == 1 and not finite(measured[0])


def test_a_metric_of_another_meaning_hides_no_loss_that_is_lost() -> None:
    class Hidden(WorkerFailure):
        def train_step(self, data: Any) -> dict[str, Any]:
            self._loss_tracker.update_state(1.0)
            return super().train_step(data)

    _, measured = by_harness(dense_model(Hidden, metrics=None), regression(), epochs=3, engine="graph")
    assert len(measured) == 1
