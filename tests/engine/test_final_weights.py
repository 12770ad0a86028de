"""What is measured last is measured with the weights that fit would hand back, and these are what all else is made of."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util import tensor_util

from harness.analysis.predictions import load_right
from harness.data.arrays import Arrays
from harness.engine.batches import epoch_order
from harness.engine.engine_choice import train
from harness.engine.epoch import Epoch
from harness.engine.training_loop import Training
from harness.runs.plan import make_plan
from harness.runs.request import RunRequest
from harness.study.loading import load_study
from harness.training.trial import Trial

EPOCHS, SIZE = 3, 50


@pytest.fixture(scope="module")
def blobs() -> Arrays:
    """Two noisy classes in four dimensions; 150 samples are three batches of 50. Validation samples are those of the test."""
    generator = np.random.default_rng(0)
    x = generator.normal(size=(350, 4)).astype("float32")
    y = (x[:, 0] + generator.normal(size=350) > 0).astype("int64")
    x_test, y_test = x[150:], y[150:]
    return Arrays(x[:150], y[:150], x_test, y_test, x_validation=x_test, y_validation=y_test)


def dense(optimizer: Any) -> keras.Model:
    keras.utils.set_random_seed(5)
    model = keras.Sequential([keras.Input((4,)), layers.Dense(16, activation="relu"), layers.Dense(2, activation="softmax")])
    model.compile(optimizer=optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def averaging(**options: Any) -> keras.optimizers.Optimizer:
    return keras.optimizers.Adam(0.05, use_ema=True, ema_momentum=0.9, **options)


OPTIMIZERS: dict[str, Callable[[], Any]] = {
    "averaged": averaging,
    "averaged and overwritten": lambda: averaging(ema_overwrite_frequency=2),
    "averaged and scaled": lambda: keras.optimizers.LossScaleOptimizer(averaging()),
}


def run(model: keras.Model, arrays: Arrays, **options: Any) -> tuple[Training, list[Epoch]]:
    options = {"batch_size": SIZE, "epochs": EPOCHS, "seed": 3} | options
    training = train(model, arrays, **options)
    return training, list(training.epochs())


def answered(training: Training, arrays: Arrays) -> float:
    return float((training.predict(arrays.x_test).argmax(axis=1) == arrays.y_test).mean())


def overfitting() -> keras.optimizers.Optimizer:
    return keras.optimizers.SGD(3.0)  # far too large a step: the test loss soon rises


def early_stopping(**options: Any) -> keras.callbacks.Callback:
    return keras.callbacks.EarlyStopping(**{"monitor": "val_loss", "patience": 2, "restore_best_weights": True} | options)


@pytest.mark.parametrize(
    ("kind", "engine"),
    [*(("averaged", engine) for engine in ("xla", "graph", "fit")), ("averaged and overwritten", "graph"),
     ("averaged and scaled", "fit")],
)  # fmt: skip
def test_averaged_weights_are_measured_as_fits_own_evaluation_does(blobs: Arrays, kind: str, engine: str) -> None:
    training, epochs = run(dense(OPTIMIZERS[kind]()), blobs, engine=engine)
    reference = dense(OPTIMIZERS[kind]())
    rows = np.concatenate([epoch_order(len(blobs.x_train), 3, index) for index in range(EPOCHS)])
    # All epochs in one: fit takes its end for the end of training, and averages there.
    reference.fit(blobs.x_train[rows], blobs.y_train[rows], batch_size=SIZE, shuffle=False, verbose=0)
    expected = reference.evaluate(blobs.x_test, blobs.y_test, verbose=0, return_dict=True)
    assert training.engine == engine and training.weights == "average of the weights"
    assert training.final.test == pytest.approx(expected, rel=1e-4)
    assert training.final.test != epochs[-1].test and training.final.train == epochs[-1].train
    assert training.final.test["accuracy"] == pytest.approx(answered(training, blobs))


def test_the_best_weights_that_a_callback_puts_back_are_those_of_the_epoch_that_is_named(blobs: Arrays) -> None:
    training, epochs = run(dense(overfitting()), blobs, epochs=30, engine="graph", callbacks=[early_stopping()])
    best = min(epochs, key=lambda epoch: epoch.test["loss"])
    assert best.number < epochs[-1].number
    assert training.weights == f"best epoch {best.number}"
    assert (training.final.train, training.final.test) == (best.train, best.test)
    assert training.final.test["accuracy"] == pytest.approx(answered(training, blobs))


def test_so_are_those_of_an_epoch_that_was_not_measured(blobs: Arrays) -> None:
    stop = early_stopping(monitor="loss", mode="max", patience=1)
    training, epochs = run(dense("adam"), blobs, epochs=30, engine="graph", log_every=2, callbacks=[stop])
    assert [epoch.number for epoch in epochs] == [2] and training.weights == "best epoch 1"
    _, (first,) = run(dense("adam"), blobs, epochs=1, engine="graph")
    assert (training.final.train, training.final.test) == (first.train, first.test)


def test_weights_that_nothing_changes_are_measured_once(blobs: Arrays) -> None:
    for callbacks in ([], [early_stopping(patience=9, monitor="loss")]):
        training, _ = run(dense("adam"), blobs, engine="graph", callbacks=callbacks)
        assert (training.weights, training.final) == ("last epoch", None)


def test_averaged_weights_that_are_lent_to_each_test_are_measured_once(blobs: Arrays) -> None:
    training, epochs = run(dense(averaging()), blobs, engine="fit", callbacks=[keras.callbacks.SwapEMAWeights()])
    assert (training.weights, training.final) == ("average of the weights", None)
    assert epochs[-1].test["accuracy"] == pytest.approx(answered(training, blobs))


def test_weights_that_a_callback_of_ones_own_leaves_are_measured(blobs: Arrays) -> None:
    class Zero(keras.callbacks.Callback):
        def on_train_end(self, logs: Any = None) -> None:
            self.model.set_weights([0 * weights for weights in self.model.get_weights()])

    class ZeroEachEpoch(Zero):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            self.on_train_end()

    for callback, words in ((Zero(), "as a callback left them"), (ZeroEachEpoch(), "last epoch, as callbacks left them")):
        training, _ = run(dense("adam"), blobs, engine="graph", callbacks=[callback])
        assert training.weights.startswith(words)
        assert training.final.test["loss"] == pytest.approx(np.log(2))


def test_a_longer_training_goes_on_from_weights_that_are_not_averaged_yet(blobs: Arrays) -> None:
    def begin(epochs: int) -> Training:
        return train(dense(averaging()), blobs, batch_size=SIZE, epochs=epochs, seed=3, engine="graph")

    alone = begin(4)
    expected = list(alone.epochs())
    shorter = begin(2)
    for _ in shorter.epochs():
        state = shorter.state()
    longer = begin(4)
    longer.resume(state)
    assert [epoch.test for epoch in longer.epochs()] == [epoch.test for epoch in expected[2:]]
    assert longer.final.test == alone.final.test and longer.weights == alone.weights


def test_a_model_without_an_optimizer_averages_nothing(blobs: Arrays) -> None:
    class Own(keras.Model):
        def train_step(self, data: Any) -> dict[str, Any]:
            x, y = data
            return {"loss": self.compute_loss(x=x, y=y, y_pred=self(x, training=True))}

    inputs = keras.Input((4,))
    model = Own(inputs, layers.Dense(2, activation="softmax")(inputs))
    model.compile(optimizer=None, loss="sparse_categorical_crossentropy")
    training, _ = run(model, blobs, engine="graph")
    assert (training.weights, training.final) == ("last epoch", None)


STUDY = """
from harness import Arrays, Settings, Study, Variant
from dataclasses import dataclass

@dataclass(frozen=True)
class Own(Settings):
    averaged: bool = False

def arrays(settings):
    import numpy as np
    random = np.random.default_rng(0)
    x = random.normal(size=(350, 4)).astype("float32")
    y = (x[:, 0] + random.normal(size=350) > 0).astype("int64")
    return Arrays(x_train=x[:150], y_train=y[:150], x_test=x[150:], y_test=y[150:])

def build(settings):
    import keras
    layers = keras.layers
    model = keras.Sequential([layers.Input((4,)), layers.Dense(8, activation="relu"), layers.Dense(2, activation="softmax")])
    model.compile(keras.optimizers.Adam(0.05, use_ema=settings.averaged, ema_momentum=0.9),
                  loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model

STUDY = Study("averages", base=Own(outputs=2, epochs=3), build=build, arrays=arrays, pictures=("learning-curves",),
              variants=(Variant("averaged", averaged=True),))
"""


@pytest.fixture
def trials(tmp_path: Path) -> dict[str, Trial]:
    (tmp_path / "averages.py").write_text(STUDY)
    request = RunRequest(logdir=tmp_path / "logs", seeds=1, engine="graph", checkpoint_seconds=0.0)
    plan = make_plan(load_study(str(tmp_path / "averages.py")), request, {})
    plan.folder.mkdir(parents=True)
    return {trial.variant: trial for trial in plan.trials}


def points(folder: Path, tag: str) -> list[float]:
    events = EventAccumulator(str(folder), size_guidance={"tensors": 0}).Reload()
    return [float(tensor_util.make_ndarray(event.tensor_proto)) for event in events.Tensors(tag)]


def test_a_record_its_answers_and_tensorboards_last_point_are_of_the_same_weights(trials: dict[str, Trial]) -> None:
    from harness.training.trial_runner import run_trial

    record = run_trial(trials["averaged"], lambda epoch, values: False)
    attempt = trials["averaged"].folder
    assert record.status == "ok" and record.provenance["weights"] == "average of the weights"
    assert record.metrics["test_accuracy"] == pytest.approx(load_right(attempt).mean())
    assert record.metrics["test_loss"] != record.history["test_loss"][-1] and len(record.history["test_loss"]) == 3
    for part in ("test", "train"):
        shown = points(attempt / part, "epoch_loss")
        curve = [*record.history[f"{part}_loss"], record.metrics[f"{part}_loss"]]
        assert shown == pytest.approx(curve)
    assert len(points(attempt / "train", "epoch_seconds")) == 3


def test_a_record_of_a_plain_training_says_so(trials: dict[str, Trial]) -> None:
    from harness.training.trial_runner import run_trial

    record = run_trial(trials["base"], lambda epoch, values: False)
    assert record.provenance["weights"] == "last epoch"
    assert record.metrics == {name: record.history[name][-1] for name in record.metrics}


def test_an_interrupted_trial_ends_in_the_same_average(trials: dict[str, Trial]) -> None:
    from dataclasses import replace

    from harness.training.trial_runner import run_trial

    trial = trials["averaged"]
    whole = run_trial(trial, lambda epoch, values: False)
    run_trial(replace(trial, attempt=2, resumable=2), lambda epoch, values: epoch == 2)
    resumed = run_trial(replace(trial, attempt=3, resumable=2), lambda epoch, values: False)
    assert resumed.provenance["resumed_from"] == 2
    assert (resumed.metrics, resumed.provenance["weights"]) == (whole.metrics, "average of the weights")


def test_a_training_whose_average_is_not_finite_has_diverged() -> None:
    from harness.training.context import TrialProgress

    finite, other = (Epoch(1, {"loss": 0.5}, {"loss": loss}, 0.1, 1.0, 1.0) for loss in (0.5, float("nan")))
    progress = TrialProgress()
    progress.add(finite, numbered=False)
    assert not progress.diverged
    progress.measured(other)
    assert progress.diverged
