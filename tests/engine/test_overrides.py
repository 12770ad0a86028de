"""What a model overrides or is compiled with is heeded, or refused with what to write instead."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from ownmodels import TEST_X, assert_as_fit, by_harness, dense_model, regression

from harness import Settings, Study
from harness.engine.engine_choice import train
from harness.models.fingerprint import effect


def overriding(*names: str) -> type[keras.Model]:
    """A class of models with methods of its own under these names."""

    def method(self: Any, *arguments: Any, **options: Any) -> Any:
        raise AssertionError("never called")

    return type("Mine", (keras.Model,), dict.fromkeys(names, method))


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("fit",), "Mine overrides fit, .* Override train_step instead"),
        (("evaluate",), "Mine overrides evaluate, .* Override test_step instead"),
        (("train_on_batch",), "Mine overrides train_on_batch, which Keras' fit never calls; override train_step instead"),
        (("test_on_batch", "train_step"), "test_on_batch, which Keras' fit never calls; override test_step"),
    ],
)
def test_what_would_never_be_called_is_refused_with_what_to_write_instead(names: tuple[str, ...], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        train(dense_model(overriding(*names)), regression(), batch_size=8, epochs=1, seed=0)


def test_a_method_replaced_on_the_object_is_refused_too() -> None:
    model = dense_model()
    model.fit = lambda *arguments, **options: None
    with pytest.raises(ValueError, match="overrides fit"):
        train(model, regression(), batch_size=8, epochs=1, seed=0)


def test_a_model_without_call_and_test_step_is_refused() -> None:
    model = type("Parts", (keras.Model,), {"train_step": lambda self, data: {}})()
    model.compile(optimizer="sgd")
    with pytest.raises(ValueError, match="Parts has neither call nor test_step"):
        train(model, regression(), batch_size=8, epochs=1, seed=0)


def test_the_refusal_is_told_before_anything_is_trained() -> None:
    build, arrays = lambda settings: dense_model(overriding("fit")), lambda settings: regression()
    study = Study("s", base=Settings(), variants=(), arrays=arrays, build=build)
    assert "cannot be trained. Model class Mine overrides fit" in effect(study, Settings()).error


def test_functions_that_only_fit_calls_are_called_by_it() -> None:
    called = []

    class Functions(keras.Model):
        def make_train_function(self, force: bool = False) -> Any:
            called.append("train")
            return super().make_train_function(force)

    training = assert_as_fit(lambda: dense_model(Functions), regression())
    assert (training.engine, training.reason) == ("fit", "the model has a make_train_function of its own, which only fit calls")
    assert "train" in called


def test_an_own_predict_is_what_predictions_are_made_by() -> None:
    class Doubled(keras.Model):
        def predict(self, *arguments: Any, **options: Any) -> Any:
            return 2.0 * super().predict(*arguments, **options)

    training, _ = by_harness(dense_model(Doubled), regression(), epochs=1)
    assert training.engine == "fit" and "a predict of its own" in training.reason
    np.testing.assert_allclose(training.predict(TEST_X), 2.0 * np.asarray(training.model(TEST_X)), rtol=1e-5)


def test_several_steps_in_an_execution_learn_and_report_the_same() -> None:
    assert assert_as_fit(lambda: dense_model(steps_per_execution=2), regression(), engine="graph").engine == "graph"


def test_jit_compile_is_heeded_also_where_the_rule_would_choose_a_graph() -> None:
    noise = [lambda: keras.layers.Dropout(0.5, seed=1)]
    training, _ = by_harness(dense_model(hidden=noise, jit_compile=True), regression(), epochs=1)
    assert (training.engine, training.reason) == ("xla", "the model was compiled with jit_compile=True")


def test_a_loss_that_is_scaled_is_scaled_in_the_compiled_loop() -> None:
    def scaling() -> keras.Model:
        inner = keras.optimizers.SGD(0.1)
        return dense_model(optimizer=keras.optimizers.LossScaleOptimizer(inner, initial_scale=2.0, dynamic_growth_steps=2))

    training = assert_as_fit(scaling, regression(), engine="graph")
    assert training.engine == "graph", training.reason
    assert float(training.model.optimizer.dynamic_scale) == 2.0**4  # doubled behind every second of six steps


class Noisy(keras.Layer):
    """Noise that is drawn by TensorFlow's global seed, as many layers of one's own do."""

    def call(self, inputs: Any) -> Any:
        return inputs + tf.random.normal(tf.shape(inputs))


@pytest.mark.parametrize(("engine", "jit_compile"), [("auto", True), ("xla", "auto"), ("auto", "auto")])
def test_draws_by_tensorflows_global_seed_are_not_given_to_xla_which_follows_none(engine: str, jit_compile: Any) -> None:
    def losses() -> list[float]:
        training, measured = by_harness(
            dense_model(hidden=[Noisy], jit_compile=jit_compile), regression(), epochs=2, engine=engine
        )
        assert training.engine == "graph" and "follows no seed under XLA" in training.reason
        return [epoch["loss"] for epoch in measured]

    assert losses() == losses()
