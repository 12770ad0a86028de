"""A training whose state is taken, and another one that goes on from there: both are to end alike."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import keras

from harness.data.arrays import Arrays
from harness.engine.engine_choice import train
from harness.engine.epoch import Epoch
from harness.engine.training_loop import Training

EPOCHS = 6
Build = Callable[[], keras.Model]


def begin(build: Build, arrays: Arrays, engine: str, callbacks: Sequence[keras.callbacks.Callback]) -> Training:
    return train(build(), arrays, batch_size=32, epochs=EPOCHS, seed=3, engine=engine, callbacks=callbacks)


@dataclass(frozen=True)
class Outcome:
    """What a training has measured and learned; it holds no model, whose program the next training can take over."""

    numbers: list[tuple[Any, ...]]
    weights: list[bytes]
    end: tuple[Any, ...]


def outcome(training: Training, epochs: list[Epoch]) -> Outcome:
    numbers = [(epoch.number, epoch.train, epoch.test, epoch.learning_rate) for epoch in epochs]
    end = (training.weights, training.final and training.final.test)
    return Outcome(numbers, [weights.tobytes() for weights in training.model.get_weights()], end)


def undisturbed(build: Build, arrays: Arrays, engine: str, callbacks: Sequence[keras.callbacks.Callback]) -> Outcome:
    training = begin(build, arrays, engine, callbacks)
    return outcome(training, list(training.epochs()))


def compare(build: Build, arrays: Arrays, *, engine: str, callbacks: Callable[[], Any] = list, after: int = 2) -> Outcome:
    """Hold a training that goes on from another one's state against that one, which goes on by itself; return its outcome."""
    training = begin(build, arrays, engine, callbacks())
    drawing = training.epochs()
    epochs = list(islice(drawing, after))
    state = training.state()
    expected = outcome(training, [*epochs, *drawing])
    del training, drawing
    training = begin(build, arrays, engine, callbacks())
    training.resume(state)
    assert outcome(training, [*epochs, *training.epochs()]) == expected
    return expected
