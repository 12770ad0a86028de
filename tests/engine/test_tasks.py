"""The compiled epoch means what model.fit means for tasks beyond classes: regression, binary, one-hot, several inputs."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from harness.data.arrays import Arrays, each, hold_out
from harness.engine.array_checks import check_arrays
from harness.engine.batches import epoch_order
from harness.engine.engine_choice import train
from harness.engine.epoch import Epoch
from harness.engine.training_loop import Training

SAMPLES, HELD_OUT = 83, 40  # 83 = 8 batches of 10 and a short one of 3
EPOCHS, BATCH, SEED = 3, 10, 4


@dataclass(frozen=True)
class Task:
    """A model and the samples it is to learn."""

    build: Callable[[], keras.Model]
    targets: Callable[[np.ndarray], Any]
    inputs: Callable[[np.ndarray], Any] = lambda x: x


def hidden(x: Any, units: int = 8) -> Any:
    return layers.Dense(units, activation="relu")(x)


def compiled(inputs: Any, outputs: Any, **options: Any) -> keras.Model:
    model = keras.Model(inputs, outputs)
    model.compile(optimizer=keras.optimizers.SGD(0.05), **options)
    return model


def one_hot() -> keras.Model:
    x = keras.Input((6,))
    return compiled(x, layers.Dense(3, activation="softmax")(hidden(x)), loss="mse", metrics=["accuracy"])


def binary() -> keras.Model:
    x = keras.Input((6,))
    outputs = layers.Dense(1, activation="sigmoid")(hidden(hidden(hidden(x))))
    return compiled(x, outputs, loss="mse", metrics=["accuracy"])


def rmse() -> keras.metrics.Metric:
    return keras.metrics.RootMeanSquaredError(name="rmse")


def regression() -> keras.Model:
    x = keras.Input((6,))
    return compiled(x, layers.Dense(1)(hidden(x)), loss="mse", metrics=[rmse()])


def two_inputs() -> keras.Model:
    wide, deep = keras.Input((4,)), keras.Input((5,))
    outputs = layers.Dense(1)(layers.Concatenate()([wide, hidden(deep)]))
    return compiled([wide, deep], outputs, loss="mse", metrics=[rmse()])


def auxiliary() -> keras.Model:
    x = keras.Input((6,))
    inner = hidden(x)
    outputs = [layers.Dense(1, name="main")(hidden(inner)), layers.Dense(1, name="auxiliary")(inner)]
    losses, metrics = ["mse", "mse"], [[rmse()], [rmse()]]
    return compiled(x, outputs, loss=losses, loss_weights=[0.9, 0.1], metrics=metrics)


def amount(x: np.ndarray) -> np.ndarray:
    return (x[:, 0] * x[:, 1] + x[:, 2]).astype("float32")


TASKS = {
    "squared error on one-hot labels": Task(one_hot, lambda x: np.eye(3, dtype="float32")[x[:, :3].argmax(axis=1)]),
    "squared error of a sigmoid": Task(binary, lambda x: (amount(x) > 0).astype("float32")),
    "regression": Task(regression, amount),
    "two inputs": Task(two_inputs, amount, lambda x: (x[:, :4].copy(), x[:, 1:].copy())),
    "auxiliary output": Task(auxiliary, lambda x: (amount(x), amount(x))),
}


def samples(task: Task) -> Arrays:
    """Noise and what follows from it; 30 of the samples are held out for validation."""
    x = np.random.default_rng(0).normal(size=(SAMPLES + 2 * HELD_OUT, 6)).astype("float32")
    parts = (x[: -2 * HELD_OUT], x[-2 * HELD_OUT : -HELD_OUT], x[-HELD_OUT:])
    train_x, held_x, test_x = map(task.inputs, parts)
    train_y, held_y, test_y = map(task.targets, parts)
    return Arrays(train_x, train_y, test_x, test_y, x_validation=held_x, y_validation=held_y)


def built(task: Task) -> keras.Model:
    keras.utils.set_random_seed(7)
    return task.build()


def run(task: Task, arrays: Arrays, **options: Any) -> tuple[Training, list[Epoch]]:
    options = {"batch_size": BATCH, "epochs": EPOCHS, "seed": SEED} | options
    training = train(built(task), arrays, **options)
    return training, list(training.epochs())


def as_list(part: Any) -> Any:
    return list(part) if isinstance(part, tuple) else part


def rows_of(part: Any, rows: np.ndarray) -> Any:
    return [array[rows] for array in part] if isinstance(part, tuple) else part[rows]


def assert_near(found: dict[str, float], expected: dict[str, float]) -> None:
    # fit's losses of single outputs are means over batches, the short one counting as much as a full one.
    for name, value in expected.items():
        if not name.endswith(("main_loss", "auxiliary_loss")):
            assert found[name] == pytest.approx(value, rel=1e-4, abs=1e-5), name


def assert_same_weights(mine: keras.Model, theirs: keras.Model) -> None:
    for one, other in zip(mine.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("name", TASKS)
def test_a_task_is_learned_as_plain_fit_learns_it(name: str) -> None:
    task, arrays = TASKS[name], samples(TASKS[name])
    training, epochs = run(task, arrays)
    assert training.engine == "xla", training.reason
    reference = built(task)
    held_out = as_list(arrays.x_validation), as_list(arrays.y_validation)
    for index, epoch in enumerate(epochs):
        rows = epoch_order(SAMPLES, SEED, index)
        history = reference.fit(
            rows_of(arrays.x_train, rows), rows_of(arrays.y_train, rows),
            batch_size=BATCH, shuffle=False, verbose=0, validation_data=held_out,
        ).history  # fmt: skip
        found = {**epoch.train, **{f"val_{name}": value for name, value in epoch.validation.items()}}
        assert_near(found, {name: values[0] for name, values in history.items()})
    test = reference.evaluate(as_list(arrays.x_test), as_list(arrays.y_test), verbose=0, return_dict=True)
    assert_near(dict(epochs[-1].test), test)
    assert_same_weights(training.model, reference)


@pytest.mark.parametrize("engine", ["auto", "fit"])
def test_steps_are_drawn_on_through_the_samples_as_fit_draws_them(engine: str) -> None:
    import tensorflow as tf

    task, steps = TASKS["regression"], 7  # an epoch is 70 of 83 samples
    arrays = samples(task)
    training, epochs = run(task, arrays, steps_per_epoch=steps, engine=engine)
    order = np.concatenate([epoch_order(SAMPLES, SEED, number) for number in range(3)])
    batches = tf.data.Dataset.from_tensor_slices((arrays.x_train[order], arrays.y_train[order])).batch(BATCH)
    reference = built(task)
    history = reference.fit(batches, epochs=EPOCHS, steps_per_epoch=steps, shuffle=False, verbose=0).history
    assert [epoch.train["rmse"] for epoch in epochs] == pytest.approx(history["rmse"], rel=1e-4)
    assert [(epoch.number, epoch.batches, epoch.step) for epoch in epochs] == [(1, 7, 7), (2, 14, 14), (3, 21, 21)]
    assert_same_weights(training.model, reference)


@pytest.mark.parametrize("steps", [None, 3])  # with steps all batches are full, and several epochs are one call
def test_epochs_that_are_not_measured_are_trained_all_the_same(steps: int | None) -> None:
    task = TASKS["regression"]
    arrays = samples(task)
    engine = "graph" if steps is None else "xla"
    every, measured = run(task, arrays, epochs=10, steps_per_epoch=steps, engine=engine)
    some, logged = run(task, arrays, epochs=10, log_every=4, steps_per_epoch=steps, engine=engine)
    assert [epoch.number for epoch in logged] == [4, 8, 10]
    assert [epoch.batches for epoch in logged] == [(steps or 9) * number for number in (4, 8, 10)]
    assert [epoch.step for epoch in logged] == ([4, 8, 10] if steps is None else [12, 24, 30])
    for epoch in logged:
        same = measured[epoch.number - 1]
        assert (epoch.train, epoch.validation, epoch.test) == (same.train, same.validation, same.test)
    for one, other in zip(every.model.get_weights(), some.model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("steps", [None, 3])
def test_a_training_goes_on_between_measured_epochs_bit_for_bit(steps: int | None) -> None:
    task = TASKS["squared error of a sigmoid"]
    arrays, options = samples(task), {"epochs": 10, "log_every": 4, "steps_per_epoch": steps}
    options["engine"] = "graph" if steps is None else "xla"
    first = train(built(task), arrays, batch_size=BATCH, seed=SEED, **options)
    drawing = first.epochs()
    next(drawing)
    state, expected = first.state(), list(drawing)
    second = train(built(task), arrays, batch_size=BATCH, seed=SEED, **options)
    second.resume(state)
    rest = list(second.epochs())
    assert [(epoch.number, epoch.train, epoch.test) for epoch in rest] == [
        (epoch.number, epoch.train, epoch.test) for epoch in expected
    ]
    for one, other in zip(first.model.get_weights(), second.model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


class Listener(keras.callbacks.Callback):
    """Notes what it hears at each epoch's end, and stops the training after one of them."""

    def __init__(self, last: int) -> None:
        super().__init__()
        self.last = last
        self.heard: list[dict[str, float]] = []

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.heard.append(dict(logs))
        self.model.stop_training = len(self.heard) == self.last


def test_a_callback_hears_every_epoch_and_the_one_it_stops_at_is_measured() -> None:
    task, listener = TASKS["regression"], Listener(last=5)
    _, epochs = run(task, samples(task), epochs=10, log_every=3, callbacks=[listener], engine="graph")
    assert [epoch.number for epoch in epochs] == [3, 5]
    assert epochs[-1].test["rmse"] > 0
    assert [{"loss", "rmse"} <= set(logs) for logs in listener.heard] == [True] * 5
    assert ["val_rmse" in logs for logs in listener.heard] == [True] * 5


def test_validation_samples_are_what_callbacks_choose_by() -> None:
    task, listener = TASKS["regression"], Listener(last=2)
    _, epochs = run(task, samples(task), callbacks=[listener], engine="graph")
    assert [logs["val_loss"] for logs in listener.heard] == [epoch.validation["loss"] for epoch in epochs]
    assert epochs[0].validation["loss"] != epochs[0].test["loss"]


def test_a_divergence_is_measured_at_the_epoch_where_it_happens() -> None:
    task = TASKS["regression"]
    arrays = samples(task)
    options = {"epochs": 100, "log_every": 50, "engine": "graph"}
    _, epochs = run(task, replace(arrays, x_train=1e15 * arrays.x_train), **options)
    assert len(epochs) == 1 and epochs[0].number < 10
    assert not np.isfinite(epochs[0].train["loss"])
    found = run(task, replace(arrays, x_train=1e15 * arrays.x_train), **options, steps_per_epoch=3)[1]
    assert [epoch.number for epoch in found] == [50]  # behind the call that it happened in


def test_each_output_has_its_own_answers() -> None:
    task = TASKS["auxiliary output"]
    training, _ = run(task, samples(task), epochs=1, engine="graph")
    assert [outputs.shape for outputs in training.predict(samples(task).x_test)] == [(HELD_OUT, 1)] * 2


CROSS_ENTROPY = {"binary_crossentropy": binary, "categorical_crossentropy": one_hot}


@pytest.mark.parametrize("loss", CROSS_ENTROPY)
def test_labels_outside_of_0_and_1_are_refused_by_losses_of_chances(loss: str) -> None:
    model = CROSS_ENTROPY[loss]()
    model.compile(optimizer="sgd", loss=loss)
    task = TASKS["squared error of a sigmoid" if loss.startswith("binary") else "squared error on one-hot labels"]
    arrays = samples(task)
    check_arrays(model, arrays)
    arrays.y_validation[0] = 7.0
    with pytest.raises(ValueError, match=rf"y_validation holds \d labels outside of \[0, 1\], from 0 to 7; {loss}"):
        check_arrays(model, arrays)


def test_targets_that_are_not_finite_are_refused() -> None:
    arrays = samples(TASKS["regression"])
    arrays.y_train[3] = np.nan
    with pytest.raises(ValueError, match="y_train holds 1 values that are NaN"):
        check_arrays(regression(), arrays)


def test_validation_samples_of_another_shape_are_refused() -> None:
    arrays = samples(TASKS["regression"])
    wrong = replace(arrays, x_validation=np.zeros((4, 5)), y_validation=np.zeros(4))
    with pytest.raises(ValueError, match=r"x_validation has samples of shape \(5,\)"):
        check_arrays(regression(), wrong)


def test_inputs_without_targets_are_no_validation_samples() -> None:
    arrays = samples(TASKS["regression"])
    with pytest.raises(ValueError, match="one of x_validation and y_validation"):
        check_arrays(regression(), replace(arrays, y_validation=None))


def test_the_first_samples_are_held_out_with_all_inputs_and_weights() -> None:
    task = TASKS["two inputs"]
    whole = samples(task)
    weights = np.arange(SAMPLES, dtype="float32")
    parted = hold_out(replace(whole, sample_weight=weights), 20)
    assert [len(part) for part in (*each(parted.x_validation), parted.y_validation)] == [20] * 3
    assert [len(part) for part in (*each(parted.x_train), parted.y_train, parted.sample_weight)] == [63] * 4
    np.testing.assert_array_equal(parted.x_validation[1], whole.x_train[1][:20])
    assert parted.sample_weight[0] == 20.0


@pytest.mark.parametrize("count", [SAMPLES, 10**6])
def test_a_sample_too_small_for_the_split_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match=f"validation={count} would hold out all of {SAMPLES} training samples"):
        hold_out(samples(TASKS["regression"]), count)
