"""Phases over batches of one's own: each phase draws as another call of fit would, and an interrupted one goes on."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from own_trials import planned, ran

from harness.data.datasets import Data
from harness.engine.batches import BatchSchedule
from harness.engine.engine_choice import train
from harness.engine.look import look_at
from harness.study.phases import Phase
from harness.training.keras_training import DRAWN_AHEAD
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

    return PhasedTraining(model, PHASES, begin, notes={}, restart=feeds.train.restart)


def plain(make: Callable[[], Data], steps: int | None) -> list[float]:
    """Return the losses of three calls of fit, as a script writes them."""
    model, data, losses, done = dense(), make(), [], 0
    for phase in PHASES:
        model.get_layer("hidden").trainable = phase.freeze == ()
        model.compile(keras.optimizers.SGD(phase.learning_rate or 0.1), loss="sparse_categorical_crossentropy")
        options = {"initial_epoch": done, "steps_per_epoch": steps, "verbose": 0}
        losses += model.fit(data.train, epochs=done + phase.epochs, **options).history["loss"]
        done += phase.epochs
    return losses


CASES = [("counted", None), ("of unknown length", None), ("without an end", 4)]


@pytest.mark.parametrize("engine", ["graph", "fit"])
@pytest.mark.parametrize(("kind", "steps"), CASES)
def test_a_pipeline_in_phases_is_as_many_calls_of_fit(kind: str, steps: int | None, engine: str) -> None:
    training = phased(lambda: pipeline(kind), steps, engine)
    found = [epoch.train["loss"] for epoch in training.epochs()]
    expected = plain(lambda: pipeline(kind), steps)
    # Of a pipeline without an end only the first phase follows from the seed: TensorFlow draws ahead, in fit as well.
    told = PHASES[0].epochs if kind == "without an end" else len(expected)
    assert len(found) == len(expected) and found[:told] == pytest.approx(expected[:told], rel=1e-4)


# Not without an end: TensorFlow draws ahead there, and the records say that they may not be had again.
@pytest.mark.parametrize(("kind", "steps"), [CASES[1], ("counted", 4)])
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


ENDLESS = """import keras, numpy as np, tensorflow as tf
from harness import Data, Phase, Settings, Study, Variant

def datasets(settings, seed):
    x = np.random.default_rng(seed).normal(size=(64, 4)).astype("float32")
    plain = tf.data.Dataset.from_tensor_slices((x, (x[:, 0] > 0).astype("int64")))
    rows = plain.take(48).shuffle(48).batch(16)
    return Data(train=rows.repeat() if settings.hidden == (9,) else rows, test=plain.skip(48).batch(16))

def build(settings):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, activation="softmax")])
    model.compile("sgd", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model

STUDY = Study("own", base=Settings(outputs=2, steps_per_epoch=3), datasets=datasets, build=build,
    phases=lambda settings: [Phase(1), Phase(1)], variants=[Variant("endless", hidden=(9,))])
"""


def test_the_record_says_that_phases_over_a_pipeline_without_an_end_may_draw_other_batches(tmp_path) -> None:
    (tmp_path / "own.py").write_text(ENDLESS)
    for variant, said in (("base", ""), ("endless", DRAWN_AHEAD)):
        record = ran(planned(tmp_path / "own.py", variant))
        assert (record.status, record.error) == ("ok", "")
        assert record.provenance.get("not_reproducible", "") == said


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
        model.get_layer("hidden").trainable = phase.freeze == ()
        model.compile(keras.optimizers.SGD(phase.learning_rate or 0.1), loss="sparse_categorical_crossentropy")
        for _ in range(phase.epochs):
            expected += model.fit(batches(), initial_epoch=done, epochs=done + 1, verbose=0).history["loss"]
            done += 1
    assert training.engine == "fit" and losses == pytest.approx(expected, rel=1e-4)
