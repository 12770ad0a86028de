"""Which form a training step is compiled to, and which compiled program serves which trial."""

from typing import Any

import keras
import numpy as np
import pytest
from digitnets import dense, digit_arrays, run
from keras import layers

from harness.arrays import Arrays
from harness.compiled import programcache


@pytest.fixture(scope="module")
def digits() -> Arrays:
    return digit_arrays()


def test_what_cannot_be_compiled_is_trained_by_fit_and_says_why(digits: Arrays) -> None:
    model = dense(32)
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", run_eagerly=True)
    training, epochs = run(model, digits, epochs=1)
    assert (training.engine, training.reason) == ("fit", "the model was compiled with run_eagerly=True")
    assert epochs[0].train["loss"] > 0


class Counted(layers.Layer):
    """A layer that asks for a value that only exists while it runs."""

    def call(self, inputs: Any) -> Any:
        import tensorflow as tf

        text = tf.strings.as_string(tf.reduce_sum(inputs))
        return inputs + 0.0 * tf.strings.to_number(text)


def test_what_xla_cannot_compile_runs_as_a_graph(digits: Arrays) -> None:
    training, epochs = run(dense(32, Counted), digits, epochs=1)
    assert training.engine == "graph"
    assert training.reason.startswith("xla cannot compile it")
    assert np.isfinite(epochs[0].train["loss"])


def test_a_kept_program_trains_as_a_new_one_bit_for_bit(digits: Arrays) -> None:
    def trained(seed: int) -> tuple[keras.Model, list[Any], list[np.ndarray]]:
        keras.utils.set_random_seed(seed)
        model = dense(24, learning_rate=0.01)
        training, epochs = run(model, digits, seed=seed)
        results = [(epoch.train, epoch.test, epoch.learning_rate) for epoch in epochs]
        return training.model, results, training.model.get_weights()

    new_model, new, new_weights = trained(5)
    trained(6)  # leaves weights and optimizer state of its own behind in the kept program
    kept_model, again, kept_weights = trained(5)
    assert kept_model is new_model
    assert again == new
    for mine, theirs in zip(kept_weights, new_weights, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    programcache.forget()
    fresh_model, fresh, _ = trained(5)
    assert fresh_model is not new_model
    assert fresh == new


def test_the_learning_rate_is_an_input_of_the_program(digits: Arrays) -> None:
    def trained(rate: float) -> tuple[keras.Model, float]:
        training, epochs = run(dense(20, learning_rate=rate), digits)
        return training.model, epochs[-1].train["loss"]

    (slow_model, slow), (fast_model, fast) = trained(0.0001), trained(0.01)
    assert slow_model is fast_model
    assert fast < slow / 2


def test_a_program_in_use_is_not_handed_out(digits: Arrays) -> None:
    first, _ = run(dense(22), digits)
    second, _ = run(dense(22), digits)
    assert first.model is not second.model


def test_a_different_activation_is_a_different_program(digits: Arrays) -> None:
    def trained(activation: str) -> keras.Model:
        return run(dense(lambda: layers.Dense(20, activation=activation)), digits, epochs=1)[0].model

    assert trained("relu") is not trained("tanh")


def test_a_loss_of_the_users_own_is_never_shared(digits: Arrays) -> None:
    def trained(factor: float) -> float:
        def scaled_loss(labels: Any, outputs: Any) -> Any:
            return factor * keras.losses.sparse_categorical_crossentropy(labels, outputs)

        model = dense(32)
        model.compile(optimizer="sgd", loss=scaled_loss)
        return run(model, digits, epochs=1)[1][0].test["loss"]

    assert trained(10.0) > 3 * trained(1.0)
