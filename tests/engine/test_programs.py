"""Which form a training step is compiled to, and which compiled program serves which trial."""

import gc
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest
from digitnets import dense, digit_arrays, run
from keras import layers
from tensorflow.python.eager import context
from tensorflow.python.framework.func_graph import FuncGraph

from harness.data.arrays import Arrays
from harness.engine import program_cache
from harness.engine.cleanup import free
from harness.engine.engine_choice import train


@pytest.fixture(scope="module")
def digits() -> Arrays:
    return digit_arrays()


@pytest.fixture(scope="module")
def full(digits: Arrays) -> Arrays:
    """Ten full batches of 32: a short one is a program of its own, and XLA takes as long for it."""
    return replace(digits, x_train=digits.x_train[:320], y_train=digits.y_train[:320])


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
    def trained(seed: int) -> tuple[list[Any], list[np.ndarray]]:
        keras.utils.set_random_seed(seed)
        model = dense(24, learning_rate=0.01)
        training, epochs = run(model, digits, seed=seed)
        assert training.model is model
        return [(epoch.train, epoch.test, epoch.learning_rate) for epoch in epochs], model.get_weights()

    new, new_weights = trained(5)
    kept = program_cache.kept()
    trained(6)
    again, kept_weights = trained(5)
    assert program_cache.kept() == kept
    assert again == new
    for mine, theirs in zip(kept_weights, new_weights, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    program_cache.forget()
    assert trained(5)[0] == new and program_cache.kept() == 2  # of full batches, and of the short one


def test_the_learning_rate_is_an_input_of_the_program(digits: Arrays) -> None:
    def trained(rate: float) -> tuple[int, float]:
        _, epochs = run(dense(20, learning_rate=rate), digits)
        return program_cache.kept(), epochs[-1].train["loss"]

    (before, slow), (behind, fast) = trained(0.0001), trained(0.01)
    assert behind == before
    assert fast < slow / 2


def test_two_trainings_under_way_share_a_program_and_nothing_else(full: Arrays) -> None:
    alone = [epoch.test for epoch in run(dense(20), full)[1]]
    trainings = [train(dense(20), full, batch_size=32, epochs=3, seed=3) for _ in range(2)]
    for epochs in zip(*(training.epochs() for training in trainings), strict=True):
        assert [epoch.test for epoch in epochs] == [alone[epochs[0].number - 1]] * 2


def test_a_different_activation_is_a_different_program(full: Arrays) -> None:
    def kept(activation: str) -> int:
        run(dense(lambda: layers.Dense(20, activation=activation)), full, epochs=1)
        return program_cache.kept()

    assert kept("relu") < kept("tanh")


def as_it_is(model: keras.Model) -> None:
    pass


def without_decay_of_biases(model: keras.Model) -> None:
    model.optimizer.exclude_from_weight_decay(var_names=["bias"])


def with_a_method_of_its_own(model: keras.Model) -> None:
    hidden = model.layers[1]
    hidden.call = lambda inputs, training=None, call=hidden.call: 0.5 * call(inputs, training=training)


def with_a_regularizer_of_one_variable(model: keras.Model) -> None:
    model.layers[1].bias.regularizer = keras.regularizers.L2(0.5)


def with_one_variable_frozen(model: keras.Model) -> None:
    model.layers[1].kernel.trainable = False


def with_an_attribute_set_later(model: keras.Model) -> None:
    model.layers[1].activation = keras.activations.tanh


def with_a_step_of_its_own(model: keras.Model) -> None:
    model.optimizer.weight_decay = 2.0


CHANGES = (
    without_decay_of_biases, with_a_method_of_its_own, with_a_regularizer_of_one_variable, with_one_variable_frozen,
    with_an_attribute_set_later, with_a_step_of_its_own,
)  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_in_no_configuration_is_trained_all_the_same(digits: Arrays, change: Any) -> None:
    def trained(change: Any, engine: str) -> list[float]:
        model = dense(12, optimizer=keras.optimizers.AdamW(0.01, weight_decay=1.0))
        model.layers[1].bias.assign([1.0] * 12)
        change(model)
        options = {"batch_size": 33, "epochs": 1, "seed": 3, "engine": engine}
        return [epoch.test["loss"] for epoch in train(model, digits, **options).epochs()]

    plain, changed = trained(as_it_is, "xla"), trained(change, "xla")
    assert changed != pytest.approx(plain, rel=1e-3)
    assert changed == pytest.approx(trained(change, "graph"), rel=1e-4)  # which is compiled anew for each trial


class Doubled(layers.Layer):
    """A layer of a study's own."""

    def call(self, inputs: Any) -> Any:
        return 2.0 * inputs


def test_a_layer_of_the_users_own_is_compiled_once(full: Arrays) -> None:
    def kept() -> int:
        training, _ = run(dense(14, Doubled), full, epochs=1)
        assert training.engine == "xla"
        return program_cache.kept()

    assert kept() == kept()


def test_nothing_is_left_of_a_trial_that_is_over(full: Arrays) -> None:
    def left(engine: str) -> tuple[int, int]:
        model = dense(lambda: layers.Dense(10, activation="silu"), Doubled)
        training, _ = run(model, full, epochs=1, engine=engine)
        training.predict(full.x_test)
        del training, model
        free()
        return sum(isinstance(thing, FuncGraph) for thing in gc.get_objects()), len(context.context().list_function_names())

    assert left("graph") == left("graph")
    assert left("xla") == left("xla")


def test_an_array_that_is_filled_anew_is_trained_as_it_is_now(digits: Arrays) -> None:
    images = np.array(digits.x_train)
    view = images.view()
    view.flags.writeable = False
    arrays = replace(digits, x_train=view)

    def loss() -> float:
        return run(dense(8), arrays, epochs=1, engine="graph")[1][0].train["loss"]

    first = loss()
    images[:] = images[::-1]
    assert loss() != first


def test_a_loss_of_the_users_own_is_never_shared(full: Arrays) -> None:
    def trained(factor: float) -> float:
        def scaled_loss(labels: Any, outputs: Any) -> Any:
            return factor * keras.losses.sparse_categorical_crossentropy(labels, outputs)

        model = dense(32)
        model.compile(optimizer="sgd", loss=scaled_loss)
        return run(model, full, epochs=1)[1][0].test["loss"]

    assert trained(10.0) > 3 * trained(1.0)
