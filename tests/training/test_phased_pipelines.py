"""Phases over batches of one's own: whole passes are calls of fit, so many batches are drawn on; an interrupted one goes on."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from harness.data.datasets import Data
from harness.engine.batches import BatchSchedule
from harness.engine.engine_choice import train
from harness.engine.look import look_at
from harness.study.phases import Phase
from harness.training.phased_training import PhasedTraining

PHASES = (Phase(2, freeze="hidden"), Phase(3, learning_rate=0.01, train="hidden"), Phase(2, learning_rate=0.001))


def pipeline(kind: str) -> Data:
    keras.utils.set_random_seed(3)
    generator = np.random.default_rng(0)
    x = generator.normal(size=(128, 4)).astype("float32")
    y = (x[:, 0] + generator.normal(size=128) > 0).astype("int64")
    rows = tf.data.Dataset.from_tensor_slices((x[:96], y[:96])).shuffle(96, seed=1)
    if kind == "of unknown length":
        rows = rows.filter(lambda x, y: x[1] < 1.5)
    test = tf.data.Dataset.from_tensor_slices((x[96:], y[96:])).batch(16)
    batches = rows.batch(16)
    return Data(train=batches.repeat() if kind == "without an end" else batches, test=test)


def dense() -> keras.Model:
    keras.utils.set_random_seed(5)
    hidden = layers.Dense(8, activation="relu", name="hidden")
    model = keras.Sequential([keras.Input((4,)), hidden, layers.Dense(2, activation="softmax", name="head")])
    model.compile(keras.optimizers.SGD(0.1), loss="sparse_categorical_crossentropy")
    return model


def phased(make: Callable[[], Data], steps: int | None, engine: Any) -> PhasedTraining:
    model, feeds = dense(), look_at(make, batches=BatchSchedule(16, steps), seed=3)

    def begin(number: int, done: int, epochs: int) -> Any:
        options = {"batch_size": 16, "seed": 3, "engine": engine, "steps_per_epoch": steps}
        return train(model, feeds, epochs=epochs, initial_epoch=done, **options)

    return PhasedTraining(model, PHASES, begin, notes={})


def begin(model: keras.Model, phase: Phase) -> None:
    model.get_layer("hidden").trainable = phase.freeze == ()
    model.compile(keras.optimizers.SGD(phase.learning_rate or 0.1), loss="sparse_categorical_crossentropy")


def plain(make: Callable[[], Data]) -> list[float]:
    """Return the losses of three calls of fit, as a script writes them."""
    model, data, losses, done = dense(), make(), [], 0
    for phase in PHASES:
        begin(model, phase)
        losses += model.fit(data.train, initial_epoch=done, epochs=done + phase.epochs, verbose=0).history["loss"]
        done += phase.epochs
    return losses


def drawn_on(make: Callable[[], Data], steps: int) -> list[float]:
    """Return the losses where each epoch, and each phase, takes the batches that follow."""
    model, losses = dense(), []
    batches = iter(make().train)
    for phase in PHASES:
        begin(model, phase)
        for _ in range(phase.epochs):
            losses.append(np.mean([model.train_on_batch(*next(batches)) for _ in range(steps)]))
    return losses


@pytest.mark.parametrize("engine", ["graph", "fit"])
@pytest.mark.parametrize("kind", ["counted", "of unknown length"])
def test_a_pipeline_in_phases_is_as_many_calls_of_fit(kind: str, engine: str) -> None:
    training = phased(lambda: pipeline(kind), None, engine)
    found = [epoch.train["loss"] for epoch in training.epochs()]
    assert found == pytest.approx(plain(lambda: pipeline(kind)), rel=1e-4)


@pytest.mark.parametrize("engine", ["graph", "fit"])
def test_epochs_of_so_many_batches_are_drawn_on_from_phase_to_phase(engine: str) -> None:
    make = lambda: pipeline("without an end")  # noqa: E731
    found = [epoch.train["loss"] for epoch in phased(make, 4, engine).epochs()]
    assert found == pytest.approx(drawn_on(make, 4), rel=1e-4)


@pytest.mark.parametrize(("kind", "steps"), [("of unknown length", None), ("without an end", 4), ("counted", 4)])
def test_an_interrupted_phase_goes_on_with_the_batches_that_it_would_have_had(kind: str, steps: int | None) -> None:
    make = lambda: pipeline(kind)  # noqa: E731
    whole = [epoch.train for epoch in phased(make, steps, "graph").epochs()]
    for after in (1, 4, 6):
        first = phased(make, steps, "graph")
        drawn = first.epochs()
        before = [next(drawn).train for _ in range(after)]
        second = phased(make, steps, "graph")
        second.resume(first.state())
        assert [*before, *(epoch.train for epoch in second.epochs())] == whole


def test_a_function_of_batches_trains_in_phases_too() -> None:
    def batches() -> Any:
        generator = np.random.default_rng(0)
        for _ in range(6):
            x = generator.normal(size=(16, 4)).astype("float32")
            yield x, (x[:, 0] > 0).astype("int64")

    make = lambda: Data(train=batches, test=batches)  # noqa: E731
    training = phased(make, None, "auto")
    losses = [epoch.train["loss"] for epoch in training.epochs()]
    model, expected, done = dense(), [], 0
    for phase in PHASES:
        begin(model, phase)
        for _ in range(phase.epochs):
            expected += model.fit(batches(), initial_epoch=done, epochs=done + 1, verbose=0).history["loss"]
            done += 1
    assert training.engine == "fit" and losses == pytest.approx(expected, rel=1e-4)
