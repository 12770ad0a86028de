"""The compiled epoch means what model.fit means."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers
from sklearn.datasets import load_digits

from harness.compiled import programcache
from harness.arrays import Arrays, training_weights
from harness.engine import Epoch, Training, check_arrays, epoch_order, train

TRAIN, TEST = 330, 110  # 330 = 10 batches of 32 and a short one of 10
EPOCHS = 3

Build = Callable[[], keras.Model]


@pytest.fixture(scope="module")
def digits() -> Arrays:
    """Real 8x8 images of digits, as bytes that 16 scales to [0, 1]."""
    images, labels = load_digits(return_X_y=True)
    images, labels = images.reshape(-1, 8, 8).astype(np.uint8), labels.astype(np.uint8)
    images.flags.writeable = labels.flags.writeable = False
    return Arrays(images[:TRAIN], labels[:TRAIN], images[TRAIN:][:TEST], labels[TRAIN:][:TEST], scale=16.0)


def dense(*hidden: Any, optimizer: Any = "adam", learning_rate: float | None = None) -> keras.Model:
    keras.utils.set_random_seed(7)
    # Layers are made here, behind the seed: a layer draws its initializer's seed when it is made.
    body = [layers.Dense(part, activation="relu") if isinstance(part, int) else part() for part in hidden]
    model = keras.Sequential([keras.Input((8, 8)), layers.Flatten(), *body, layers.Dense(10, activation="softmax")])
    model.compile(optimizer=optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    if learning_rate is not None:
        model.optimizer.learning_rate = learning_rate
    return model


def convolutional() -> keras.Model:
    keras.utils.set_random_seed(7)
    parts = [keras.Input((8, 8, 1)), layers.Conv2D(4, 3, activation="relu"), layers.MaxPooling2D(2), layers.Flatten()]
    model = keras.Sequential([*parts, layers.Dense(10, activation="softmax")])
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def two_outputs() -> keras.Model:
    keras.utils.set_random_seed(7)
    image = keras.Input((8, 8))
    hidden = layers.Dense(16, activation="relu")(layers.Flatten()(image))
    digit = layers.Dense(10, activation="softmax", name="digit")(hidden)
    ink = layers.Dense(1, name="ink")(hidden)
    model = keras.Model(image, [digit, ink])
    losses = {"digit": "sparse_categorical_crossentropy", "ink": "mse"}
    model.compile(optimizer="adam", loss=losses, loss_weights={"digit": 1.0, "ink": 0.5}, metrics={"digit": "accuracy"})
    return model


def two_inputs() -> keras.Model:
    keras.utils.set_random_seed(7)
    upper, lower = keras.Input((4, 8)), keras.Input((4, 8))
    joined = layers.Concatenate()([layers.Flatten()(upper), layers.Flatten()(lower)])
    model = keras.Model([upper, lower], layers.Dense(10, activation="softmax")(joined))
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def decaying() -> keras.optimizers.Optimizer:
    return keras.optimizers.SGD(keras.optimizers.schedules.ExponentialDecay(0.1, decay_steps=5, decay_rate=0.9))


def run(model: keras.Model, arrays: Arrays, **options: Any) -> tuple[Training, list[Epoch]]:
    options = {"batch_size": 32, "epochs": EPOCHS, "seed": 3} | options
    training = train(model, arrays, **options)
    return training, list(training.epochs())


def as_fit_takes(samples: Any, scale: float) -> Any:
    if isinstance(samples, tuple):
        return [as_fit_takes(part, scale) for part in samples]
    return (samples / scale).astype(np.float32) if scale != 1.0 else samples


def taken(samples: Any, rows: np.ndarray) -> Any:
    return [part[rows] for part in samples] if isinstance(samples, list) else samples[rows]


def plain_fit(model: keras.Model, arrays: Arrays, *, seed: int = 3) -> list[dict[str, float]]:
    """Train with nothing but Keras, and return each epoch's measures."""
    x, x_test = as_fit_takes(arrays.x_train, arrays.scale), as_fit_takes(arrays.x_test, arrays.scale)
    y, y_test = as_fit_takes(arrays.y_train, 1.0), as_fit_takes(arrays.y_test, 1.0)
    weights = arrays.sample_weight
    measured = []
    for index in range(EPOCHS):
        rows = epoch_order(TRAIN, seed, index)
        options: dict[str, Any] = {} if weights is None else {"sample_weight": weights[rows]}
        history = model.fit(
            taken(x, rows), taken(y, rows), batch_size=32, shuffle=False, verbose=0, class_weight=arrays.class_weight,
            validation_data=(x_test, y_test), **options,
        )  # fmt: skip
        measured.append({name: values[0] for name, values in history.history.items()})
    return measured


def assert_same(
    model: keras.Model, epochs: list[Epoch], reference: keras.Model, measured: list[dict[str, float]]
) -> None:
    for epoch, expected in zip(epochs, measured, strict=True):
        found = {**epoch.train, **{f"val_{name}": value for name, value in epoch.test.items()}}
        assert found == pytest.approx(expected, rel=1e-4, abs=1e-5)
    for mine, theirs in zip(model.get_weights(), reference.get_weights(), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-3, atol=1e-4)


def without_parts(measured: Mapping[str, float]) -> dict[str, float]:
    return {name: value for name, value in measured.items() if not name.endswith(("digit_loss", "ink_loss"))}


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
    reference = DENSE_CASES[case]()
    assert_same(training.model, epochs, reference, plain_fit(reference, digits))


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

    arrays = replace(
        digits, y_train=with_ink(digits.x_train, digits.y_train), y_test=with_ink(digits.x_test, digits.y_test)
    )
    training, epochs = run(two_outputs(), arrays)
    assert training.engine == "xla"
    reference = two_outputs()
    measured = plain_fit(reference, arrays)
    for number, epoch in enumerate(epochs):
        assert epoch.train["loss"] == pytest.approx(epoch.train["digit_loss"] + 0.5 * epoch.train["ink_loss"])
        # fit's losses of single outputs are means over batches, the short one counting as much as a full one, and do
        # not add up to its own loss; the compiled epoch's are means over samples, as all else is.
        epochs[number] = replace(epoch, train=without_parts(epoch.train), test=without_parts(epoch.test))
    assert_same(training.model, epochs, reference, [without_parts(epoch) for epoch in measured])
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


def test_early_stopping_stops_and_restores_the_best_weights(digits: Arrays) -> None:
    stop = keras.callbacks.EarlyStopping(monitor="val_loss", patience=1, restore_best_weights=True)
    model = dense(32, optimizer=keras.optimizers.SGD(3.0))  # far too large a step: the test loss soon rises
    training, epochs = run(model, digits, epochs=30, callbacks=[stop])
    assert training.engine == "xla"
    assert len(epochs) < 30
    best = min(epoch.test["loss"] for epoch in epochs)
    x_test = as_fit_takes(digits.x_test, digits.scale)
    assert training.model.evaluate(x_test, digits.y_test, verbose=0)[0] == pytest.approx(best, rel=1e-4)


def test_a_callback_that_sets_the_learning_rate_is_heard(digits: Arrays) -> None:
    halve = keras.callbacks.LearningRateScheduler(lambda epoch, rate: 0.1 if epoch == 0 else rate / 2)
    _, epochs = run(dense(32, optimizer="sgd"), digits, callbacks=[halve])
    assert [epoch.learning_rate for epoch in epochs] == pytest.approx([0.1, 0.05, 0.025])
    fitted = run(dense(32, optimizer="sgd"), digits, callbacks=[halve], engine="fit")[1]
    assert epochs[-1].train["loss"] == pytest.approx(fitted[-1].train["loss"], rel=1e-4)


def test_a_callback_sees_the_logs_that_fit_gives_it(digits: Arrays) -> None:
    training, epochs = run(dense(32), digits)
    history = training.model.history.history
    assert set(history) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert history["val_loss"] == [epoch.test["loss"] for epoch in epochs]


def test_a_callback_at_batches_is_called_at_every_one_by_fit(digits: Arrays) -> None:
    class Counter(keras.callbacks.Callback):
        batches = epochs = trainings = 0

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            self.batches += 1

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            self.epochs += 1

        def on_train_begin(self, logs: Any = None) -> None:
            self.trainings += 1

    counter = Counter()
    training, _ = run(dense(32), digits, callbacks=[counter])
    assert training.engine == "fit"
    assert "Counter has on_train_batch_end" in training.reason
    assert (counter.batches, counter.epochs, counter.trainings) == (11 * EPOCHS, EPOCHS, 1)


def test_saving_at_epochs_needs_no_batches(digits: Arrays, tmp_path: Any) -> None:
    save = keras.callbacks.ModelCheckpoint(tmp_path / "{epoch}.weights.h5", save_weights_only=True)
    training, _ = run(dense(32), digits, callbacks=[save])
    assert training.engine == "xla"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1.weights.h5", "2.weights.h5", "3.weights.h5"]


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


def test_training_twice_gives_bit_identical_losses(digits: Arrays) -> None:
    (_, first), (_, second) = run(dense(32), digits), run(dense(32), digits)
    assert [(epoch.train, epoch.test) for epoch in first] == [(epoch.train, epoch.test) for epoch in second]


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


def five_outputs() -> keras.Model:
    model = keras.Sequential([keras.Input((8, 8)), layers.Flatten(), layers.Dense(5, activation="softmax")])
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    return model


def unflattened() -> keras.Model:
    parts = [keras.Input((8, 8)), layers.Dense(64, activation="relu"), layers.Dense(10, activation="softmax")]
    model = keras.Sequential(parts)
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    return model


def bad(array: np.ndarray, place: Any, value: Any, dtype: Any = None) -> np.ndarray:
    changed = array.astype(dtype or array.dtype)
    changed[place] = value
    return changed


def test_labels_outside_the_outputs_are_refused(digits: Arrays) -> None:
    wrong = int((digits.y_train >= 5).sum())
    message = rf"y_train holds {wrong} labels out of range: labels run from 0 to 9.* 5 outputs"
    with pytest.raises(ValueError, match=message):
        check_arrays(five_outputs(), digits)


def test_a_model_without_flatten_is_refused_with_both_shapes(digits: Arrays) -> None:
    with pytest.raises(ValueError, match=r"shape \(None, 8, 10\).*y_train has labels of shape \(None,\)"):
        check_arrays(unflattened(), digits)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("y_train", lambda old: bad(old, 4, -1, np.int64), r"1 labels out of range.*from -1"),
        ("y_test", lambda old: bad(old, 4, 10), r"y_test holds 1 labels out of range.*to 10"),
        ("y_train", lambda old: bad(old, [1, 2], 0.5, np.float32), r"y_train holds 2 labels that are not whole"),
        ("x_train", lambda old: bad(old, (0, 0, 0), np.nan, np.float32), r"x_train holds 1 values that are NaN"),
        ("x_test", lambda old: bad(old, (0, 0, 0), np.inf, np.float64), r"x_test holds 1 values that are NaN"),
        ("y_train", lambda old: old[:-1], r"received x_train 330, y_train 329"),
        ("x_train", lambda old: old[:, :7], r"x_train has samples of shape \(7, 8\).*expects shape \(8, 8\)"),
        ("x_train", lambda old: (old, old), r"x_train holds 2 arrays; expected 1"),
        ("y_train", lambda old: (old, old), r"y_train holds 2 arrays; expected 1"),
        ("sample_weight", lambda old: np.ones(3), r"sample_weight has shape \(3,\)"),
        ("sample_weight", lambda old: np.full(TRAIN, np.nan), r"sample_weight holds 330 values"),
    ],
)
def test_arrays_that_would_train_to_rubbish_are_refused(
    digits: Arrays, field: str, value: Callable[[Any], Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        check_arrays(dense(32), replace(digits, **{field: value(getattr(digits, field))}))


def test_empty_arrays_are_refused(digits: Arrays) -> None:
    with pytest.raises(ValueError, match="x_train holds no samples"):
        check_arrays(dense(32), replace(digits, x_train=digits.x_train[:0], y_train=digits.y_train[:0]))


def test_targets_of_another_shape_than_the_output_are_refused(digits: Arrays) -> None:
    model = dense(32)
    model.compile(optimizer="adam", loss="mse")
    with pytest.raises(ValueError, match=r"labels of shape \(None,\).*shape \(None, 10\), and mean_squared_error"):
        check_arrays(model, digits)


def test_one_hot_labels_are_accepted(digits: Arrays) -> None:
    model = dense(32)
    model.compile(optimizer="adam", loss=keras.losses.CategoricalCrossentropy())
    check_arrays(model, replace(digits, y_train=np.eye(10)[digits.y_train], y_test=np.eye(10)[digits.y_test]))


def test_both_kinds_of_weights_at_once_are_refused(digits: Arrays) -> None:
    with pytest.raises(ValueError, match="both class_weight and sample_weight"):
        check_arrays(dense(32), replace(digits, class_weight={1: 2.0}, sample_weight=np.ones(TRAIN)))


def test_a_model_that_was_not_compiled_is_refused(digits: Arrays) -> None:
    with pytest.raises(ValueError, match="not compiled"):
        train(keras.Sequential([keras.Input((8, 8)), layers.Flatten()]), digits, batch_size=32, epochs=1, seed=0)
