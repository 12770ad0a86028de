"""The compiled epoch means what model.fit means."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import keras
import numpy as np
import pytest
from digitnets import (
    TEST,
    TRAIN,
    as_fit_takes,
    assert_same,
    convolutional,
    decaying,
    dense,
    digit_arrays,
    plain_fit,
    run,
    two_inputs,
    two_outputs,
)
from keras import layers

from harness.data.arrays import Arrays, training_weights
from harness.engine.batches import epoch_order

Build = Callable[[], keras.Model]


@pytest.fixture(scope="module")
def digits() -> Arrays:
    return digit_arrays()


DENSE_CASES: dict[str, Build] = {
    "one hidden layer": lambda: dense(32),
    "extra hidden layer": lambda: dense(32, 16),
    "L2 regularizer": lambda: dense(lambda: layers.Dense(32, activation="relu", kernel_regularizer="l2")),
    "batch normalization": lambda: dense(32, layers.BatchNormalization),
    "RMSprop": lambda: dense(32, optimizer="rmsprop"),
    "SGD with momentum": lambda: dense(32, optimizer=keras.optimizers.SGD(0.05, momentum=0.9)),
    "learning rate schedule": lambda: dense(32, optimizer=decaying()),
    "averaged weights": lambda: dense(32, optimizer=keras.optimizers.Adam(use_ema=True, ema_momentum=0.9)),
}


@pytest.mark.parametrize(
    ("case", "engine"),
    [
        *((case, engine) for case in DENSE_CASES if case != "averaged weights" for engine in ("xla", "graph")),
        ("one hidden layer", "fit"),
        ("batch normalization", "fit"),
    ],
)
def test_every_engine_learns_what_plain_fit_learns(digits: Arrays, case: str, engine: str) -> None:
    training, epochs = run(DENSE_CASES[case](), digits, engine=engine)
    assert training.engine == engine, training.reason
    assert_same(training.model, epochs, *fitted_plainly(case))


@cache
def fitted_plainly(case: str) -> tuple[keras.Model, list[dict[str, float]]]:
    """Return what nothing but Keras makes of a case, once for all engines."""
    reference = DENSE_CASES[case]()
    return reference, plain_fit(reference, digit_arrays())


def test_a_convolutional_net_runs_as_a_graph_and_learns_what_fit_learns(digits: Arrays) -> None:
    arrays = replace(digits, x_train=digits.x_train[..., None], x_test=digits.x_test[..., None])
    training, epochs = run(convolutional(), arrays)
    assert (training.engine, training.reason) == ("graph", "Conv2D is slow under XLA on a CPU")
    reference = convolutional()
    assert_same(training.model, epochs, reference, plain_fit(reference, arrays))


def test_dropout_runs_as_a_graph_unless_xla_is_asked_for(digits: Arrays) -> None:
    training, _ = run(dense(32, lambda: layers.Dropout(0.5)), digits, epochs=1)
    assert training.engine == "graph"
    assert "Random" in training.reason
    assert run(dense(32, lambda: layers.Dropout(0.5)), digits, epochs=1, engine="xla")[0].engine == "xla"


def test_two_inputs(digits: Arrays) -> None:
    halves = {name: (getattr(digits, name)[:, :4], getattr(digits, name)[:, 4:]) for name in ("x_train", "x_test")}
    arrays = replace(digits, **halves)
    training, epochs = run(two_inputs(), arrays)
    assert training.engine == "xla"
    reference = two_inputs()
    assert_same(training.model, epochs, reference, plain_fit(reference, arrays))
    assert training.predict(arrays.x_test).shape == (TEST, 10)


def test_two_outputs(digits: Arrays) -> None:
    def with_ink(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return y, x.mean(axis=(1, 2)).astype(np.float32)

    arrays = replace(digits, y_train=with_ink(digits.x_train, digits.y_train), y_test=with_ink(digits.x_test, digits.y_test))
    training, epochs = run(two_outputs(), arrays)
    assert training.engine == "xla"
    reference = two_outputs()
    assert_same(training.model, epochs, reference, plain_fit(reference, arrays))
    assert [outputs.shape for outputs in training.predict(arrays.x_test)] == [(TEST, 10), (TEST, 1)]


def test_class_weights_count_as_fit_counts_them(digits: Arrays) -> None:
    arrays = replace(digits, class_weight={3: 5.0, 8: 0.1})
    training, epochs = run(dense(32), arrays)
    reference = dense(32)
    assert_same(training.model, epochs, reference, plain_fit(reference, arrays))


def test_sample_weights_count_as_fit_counts_them(digits: Arrays) -> None:
    arrays = replace(digits, sample_weight=np.linspace(0.0, 2.0, TRAIN))
    training, epochs = run(dense(32), arrays)
    reference = dense(32)
    assert_same(training.model, epochs, reference, plain_fit(reference, arrays))


def test_labels_of_one_column_take_class_weights(digits: Arrays) -> None:
    arrays = replace(digits, y_train=digits.y_train[:, None], class_weight={int(digits.y_train[0]): 4.0})
    weights = training_weights(arrays)
    assert weights is not None and weights.shape == (TRAIN,)
    assert weights[0] == 4.0
    assert set(np.unique(weights)) == {1.0, 4.0}


def test_dropout_learns_like_fit_on_average(digits: Arrays) -> None:
    def mean_loss(engine: str) -> float:
        def last_loss(seed: int) -> float:
            model = dense(64, lambda: layers.Dropout(0.5), learning_rate=0.01)
            return run(model, digits, engine=engine, seed=seed)[1][-1].train["loss"]

        return float(np.mean([last_loss(seed) for seed in range(5)]))

    without = run(dense(64, learning_rate=0.01), digits)[1][-1].train["loss"]
    compiled, graph, fitted = mean_loss("xla"), mean_loss("graph"), mean_loss("fit")
    assert compiled == pytest.approx(fitted, rel=0.1)
    assert graph == pytest.approx(fitted, rel=0.1)
    assert compiled > 1.2 * without


def test_dropout_follows_from_the_seed_alone(digits: Arrays) -> None:
    first, second, other = (
        run(dense(32, lambda: layers.Dropout(0.5)), digits, seed=seed)[1][0].train["loss"] for seed in (1, 1, 2)
    )
    assert first == second != other


def test_averaged_weights_are_put_in_place_once_at_the_end(digits: Arrays) -> None:
    losses, weights = {}, {}
    for engine in ("xla", "graph", "fit"):
        training, epochs = run(DENSE_CASES["averaged weights"](), digits, engine=engine)
        losses[engine] = [epoch.train["loss"] for epoch in epochs]
        weights[engine] = training.model.get_weights()[0]
        averages = training.model.optimizer._model_variables_moving_average[0].numpy()
        np.testing.assert_array_equal(weights[engine], averages)
    assert losses["graph"] == pytest.approx(losses["fit"], rel=1e-4)
    assert losses["xla"] == pytest.approx(losses["fit"], rel=1e-4)
    np.testing.assert_allclose(weights["xla"], weights["fit"], rtol=1e-3, atol=1e-4)


def test_training_twice_gives_bit_identical_losses(digits: Arrays) -> None:
    (_, first), (_, second) = run(dense(32), digits), run(dense(32), digits)
    assert [(epoch.train, epoch.test) for epoch in first] == [(epoch.train, epoch.test) for epoch in second]


def test_a_loss_that_is_not_finite_ends_the_training(digits: Arrays) -> None:
    _, epochs = run(dense(32, optimizer=keras.optimizers.SGD(1e30)), digits, epochs=10)
    assert len(epochs) < 10
    assert not np.isfinite(epochs[-1].train["loss"])


def test_predictions_are_the_models_own(digits: Arrays) -> None:
    training, _ = run(dense(32), digits)
    expected = training.model.predict(as_fit_takes(digits.x_test, digits.scale), verbose=0)
    np.testing.assert_allclose(training.predict(digits.x_test), expected, rtol=1e-4, atol=1e-6)


def test_an_array_that_changed_is_copied_anew(digits: Arrays) -> None:
    images = digits.x_train.copy()
    first = run(dense(32), replace(digits, x_train=images), epochs=1)[1][0].train["loss"]
    images[:] = 0
    second = run(dense(32), replace(digits, x_train=images), epochs=1)[1][0].train["loss"]
    assert first != second


def test_the_order_of_samples_is_a_pure_function_of_seed_and_epoch() -> None:
    np.testing.assert_array_equal(epoch_order(50, 1, 2), epoch_order(50, 1, 2))
    assert sorted(epoch_order(50, 1, 2)) == list(range(50))
    assert not np.array_equal(epoch_order(50, 1, 2), epoch_order(50, 1, 3))
    assert not np.array_equal(epoch_order(50, 1, 2), epoch_order(50, 2, 2))
