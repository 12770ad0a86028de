"""Each of Keras' callbacks does to a training of the engine what it does to fit."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import callbacks as kept, layers
from plain_fits import plain_fit

from harness.data.arrays import Arrays
from harness.engine.callback_rules import batch_hook
from harness.engine.engine_choice import train
from harness.errors import UsageError

EPOCHS = 6
Make = Callable[[Path], list[keras.callbacks.Callback]]


@pytest.fixture(scope="module")
def blobs() -> Arrays:
    """Two noisy classes in four dimensions; 128 samples are four batches of 32."""
    generator = np.random.default_rng(0)
    x = generator.normal(size=(250, 4)).astype("float32")
    y = (x[:, 0] + generator.normal(size=250) > 0).astype("int64")
    return Arrays(x[:128], y[:128], x[150:200], y[150:200], x_validation=x[200:], y_validation=y[200:])


def dense(optimizer: Any = None) -> keras.Model:
    keras.utils.set_random_seed(5)
    model = keras.Sequential([keras.Input((4,)), layers.Dense(16, activation="relu"), layers.Dense(2, activation="softmax")])
    optimizer = optimizer or keras.optimizers.SGD(1.0)  # so large that the validation loss goes up and down
    model.compile(optimizer=optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def averaging() -> keras.optimizers.Optimizer:
    return keras.optimizers.SGD(0.5, use_ema=True, ema_momentum=0.5)


class Heard(keras.callbacks.Callback):
    """Notes every call in its order, with its epoch and its values."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[Any] = []

    def on_train_begin(self, logs: Any = None) -> None:
        self.calls.append(("train begins", self.params["epochs"]))

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.calls.append(("epoch begins", epoch))

    def on_test_begin(self, logs: Any = None) -> None:
        self.calls.append(("test begins",))

    def on_test_end(self, logs: Any = None) -> None:
        self.calls.append(("test ends", *sorted(logs)))

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.calls.append(("epoch ends", epoch, *sorted(logs)))

    def on_train_end(self, logs: Any = None) -> None:
        self.calls.append(("train ends", *sorted(logs or {})))


class HeardAtBatches(Heard):
    """Also notes every batch, of training and of validation."""

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.calls.append(("batch", batch))

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        self.calls.append(("test batch",))


class Shrink(keras.callbacks.Callback):
    """Changes weights between epochs, as a constraint of one's own."""

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.model.layers[0].kernel.assign(0.9 * self.model.layers[0].kernel)


class StopAtBatch(keras.callbacks.Callback):
    """Stops in the middle of an epoch."""

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if self.model.optimizer.iterations.numpy() == 10:
            self.model.stop_training = True


def halved(epoch: int, rate: float) -> float:
    return rate / 2 if epoch else 0.25


CASES: dict[str, Make] = {
    "the best weights": lambda _: [kept.EarlyStopping(patience=2, restore_best_weights=True)],
    "a baseline that is not reached, from an epoch on": lambda _: [
        kept.EarlyStopping("val_accuracy", patience=2, start_from_epoch=1, baseline=0.99, restore_best_weights=True)
    ],
    "reduced on a plateau": lambda _: [kept.ReduceLROnPlateau(factor=0.5, patience=1, cooldown=1), Shrink()],
    "scheduled and stopped": lambda _: [
        kept.LearningRateScheduler(halved),
        kept.EarlyStopping("loss", patience=1, min_delta=0.05),
    ],
    "written and heard": lambda folder: [
        *(Heard(), kept.CSVLogger(folder / "log.csv"), kept.LambdaCallback(on_epoch_end=lambda epoch, logs: None)),
        *(kept.ModelCheckpoint(folder / "best.keras", save_best_only=True), kept.BackupAndRestore(folder / "backup")),
    ],
    "every batch is heard": lambda folder: [HeardAtBatches(), kept.TerminateOnNaN(), kept.TensorBoard(folder / "board")],
    "stopped at a batch": lambda _: [StopAtBatch()],
}
BY_FIT = {"stopped at a batch", "every batch is heard"}


@pytest.mark.parametrize("case", CASES)
def test_it_trains_as_in_fit(blobs: Arrays, tmp_path: Path, case: str) -> None:
    ours, theirs = (CASES[case](folder) for folder in (tmp_path / "ours", tmp_path / "theirs"))
    for folder in (tmp_path / "ours", tmp_path / "theirs"):
        folder.mkdir()
    training = train(dense(), blobs, batch_size=32, epochs=EPOCHS, seed=3, engine="graph", callbacks=ours)
    epochs = list(training.epochs())
    model = dense()
    history = plain_fit(model, blobs, epochs=EPOCHS, callbacks=theirs)
    assert training.engine == ("fit" if case in BY_FIT else "graph"), training.reason
    assert [epoch.number - 1 for epoch in epochs] == history.epoch
    assert [epoch.train["loss"] for epoch in epochs] == pytest.approx(history.history["loss"], rel=1e-4)
    assert [epoch.validation["loss"] for epoch in epochs] == pytest.approx(history.history["val_loss"], rel=1e-4)
    assert set(training.model.history.history) == set(history.history)
    for mine, its in zip(training.model.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_allclose(mine, its, rtol=2e-4, atol=1e-5)
    judged = (training.final or epochs[-1]).test
    expected = model.evaluate(blobs.x_test, blobs.y_test, verbose=0, return_dict=True)
    assert judged == pytest.approx(expected, rel=1e-3)
    mine, its = (sorted(path.name for path in folder.rglob("*.[kc]*")) for folder in (tmp_path / "ours", tmp_path / "theirs"))
    assert mine == its
    if hasattr(ours[0], "calls"):
        assert ours[0].calls == theirs[0].calls


@pytest.mark.parametrize(("by_epoch", "patience"), [(False, 99), (True, 1)])
def test_averaged_weights_are_swapped_as_in_fit(blobs: Arrays, by_epoch: bool, patience: int) -> None:
    def given() -> list[keras.callbacks.Callback]:
        return [kept.SwapEMAWeights(swap_on_epoch=by_epoch), kept.EarlyStopping("val_loss", patience=patience, min_delta=0.02)]

    training = train(dense(averaging()), blobs, batch_size=32, epochs=5, seed=3, engine="graph", callbacks=given())
    epochs = list(training.epochs())
    model = dense(averaging())
    history = plain_fit(model, blobs, epochs=5, callbacks=given())
    assert [epoch.validation["loss"] for epoch in epochs] == pytest.approx(history.history["val_loss"], rel=1e-3)
    expected = model.evaluate(blobs.x_test, blobs.y_test, verbose=0, return_dict=True)
    assert (training.final or epochs[-1]).test == pytest.approx(expected, rel=1e-3)
    assert training.weights.startswith("as SwapEMAWeights" if by_epoch and patience == 1 else "average of the weights")


def test_rarely_measured_epochs_leave_callbacks_their_validation(blobs: Arrays) -> None:
    stop = kept.EarlyStopping(patience=1)
    training = train(dense(), blobs, batch_size=32, epochs=EPOCHS, seed=3, engine="graph", callbacks=[stop], log_every=3)
    (*_, last) = training.epochs()
    history = plain_fit(dense(), blobs, epochs=EPOCHS, callbacks=[kept.EarlyStopping(patience=1)])
    assert last.number == len(history.epoch) < EPOCHS


def test_without_validation_samples_nothing_of_the_test_is_told(blobs: Arrays) -> None:
    for engine, heard in (("graph", Heard()), ("fit", HeardAtBatches())):
        plain = Arrays(blobs.x_train, blobs.y_train, blobs.x_test, blobs.y_test)
        list(train(dense(), plain, batch_size=32, epochs=2, seed=3, engine=engine, callbacks=[heard]).epochs())
        theirs = type(heard)()
        plain_fit(dense(), plain, epochs=2, callbacks=[theirs])
        assert heard.calls == theirs.calls and not any("test" in call[0] for call in heard.calls)


@pytest.mark.parametrize(
    ("monitor", "words"),
    [
        ("val_loss", "no samples are held out .*expected validation=N"),
        ("test_loss", "are for judging"),
        ("accurcy", "mean 'accuracy'"),
    ],
)
def test_a_value_that_is_not_measured_is_refused_with_what_to_write(blobs: Arrays, monitor: str, words: str) -> None:
    plain = Arrays(blobs.x_train, blobs.y_train, blobs.x_test, blobs.y_test)
    with suppress_warnings(), pytest.raises(UsageError, match=words):
        stop = kept.EarlyStopping(monitor, mode="max")
        list(train(dense(), plain, batch_size=32, epochs=3, seed=3, engine="fit", callbacks=[stop]).epochs())


def suppress_warnings() -> Any:
    return warnings.catch_warnings(action="ignore")


class Early(keras.callbacks.Callback):
    """Does one thing before or behind the first epoch that a running training does not heed as one might think."""

    def __init__(self, act: Callable[[keras.Model], Any], *, at_end: bool = False) -> None:
        super().__init__()
        self.act, self.at_end = act, at_end

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        if not self.at_end:
            self.act(self.model)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if self.at_end:
            self.act(self.model)


def test_what_fit_would_heed_otherwise_is_refused(blobs: Arrays) -> None:
    def softer(model: keras.Model) -> None:
        model.layers[0].use_bias = False

    cases = [
        (Early(lambda model: setattr(model, "stop_training", True)), "before an epoch's first batch"),
        (Early(softer), "before the first batch"),
        (Early(lambda model: model.compile("sgd", "mse"), at_end=True), "compiled the model anew"),
    ]
    for callback, words in cases:
        training = train(dense(), blobs, batch_size=32, epochs=2, seed=3, engine="graph", callbacks=[callback])
        with pytest.raises(UsageError, match=words):
            list(training.epochs())
    training = train(dense(), blobs, batch_size=32, epochs=2, seed=3, engine="fit", callbacks=[Early(softer)])
    assert len(list(training.epochs())) == 2  # which traces its step behind this


def test_a_class_of_ones_own_is_not_taken_for_one_that_saves_at_epochs() -> None:
    class Saving(keras.callbacks.Callback):
        save_freq = "epoch"

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            """Does something."""

    assert batch_hook(Saving()) == "on_train_batch_end"
    assert not batch_hook(kept.BackupAndRestore("/tmp/backup"))
    assert batch_hook(kept.ModelCheckpoint("/tmp/x.keras", save_freq=10))
