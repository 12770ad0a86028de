"""A training in phases: one training of the engine behind another, of one model, as fit is called again and again."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import keras

from harness.data import Samples
from harness.engine import Epoch, State, StateError, Training, keras_internals
from harness.models import Compile, PhaseError, begin_phase, phase_refusal
from harness.study import Phase

# Makes the training of a phase: its number, from 1, the epochs that lie behind it, and those with it.
Begin = Callable[[int, int, int], Training]


class PhasedTraining:
    """Trains a model in phases, as `harness.engine.Training` trains it in one; epochs and their numbers go on.

    Each phase ends as a training does: after its epochs, or when a callback stops it, and with the weights that callbacks
    put back. Then the next one begins, unless the loss was not finite.
    """

    def __init__(
        self,
        model: keras.Model,
        phases: Sequence[Phase],
        begin: Begin,
        *,
        notes: dict[str, Any],
        restart: Callable[[int], None] = lambda index: None,
    ) -> None:
        """Begin the first phase; notes are told of each as it begins and ends, by its number.

        restart: tells the data that a phase begins behind so many epochs, as fit does of which each call draws anew.
        """
        if fault := phase_refusal(model, phases):
            raise PhaseError(fault)
        self.model = model
        self._phases, self._begin, self._notes, self._restart = phases, begin, notes, restart
        self._compiled = Compile.of(model)
        self._flags = [(layer, layer.trainable) for layer in keras_internals.all_layers(model)]
        self._began: list[int] = []  # how many epochs lay behind each phase that has begun
        self._start(0)
        self.engine, self.reason = self._training.engine, self._training.reason  # those that it began with

    def epochs(self) -> Iterator[Epoch]:
        """Train, and yield each epoch that is measured, see `Training.epochs`."""
        while True:
            yield from self._training.epochs()
            self._note(epochs=self._training.done - self._began[-1], ended_with=self._training.weights)
            if self._is_last:
                return
            self._start(self._training.done)

    @property
    def ended(self) -> bool:
        """Whether no epoch of any phase is left to train."""
        return self._training.ended and self._is_last

    @property
    def planned(self) -> int:
        """How many epochs it trains at the most."""
        return sum(phase.epochs for phase in self._phases)

    @property
    def weights(self) -> str:
        """Which weights it has ended with, in words."""
        return self._training.weights

    @property
    def final(self) -> Epoch | None:
        """What the model measures with these, where they are not those measured last."""
        return self._training.final

    def predict(self, x: Samples) -> Any:
        """Return the model's outputs, one row a sample."""
        return self._training.predict(x)

    def state(self) -> State:
        """Return the state behind the epoch that was drawn last; StateError if something in it cannot be kept."""
        if any(phase.prepare for phase in self._phases):
            raise StateError("what prepare(model) of a phase has changed cannot be kept")
        return replace(self._training.state(), began=tuple(self._began))

    def resume(self, state: State) -> None:
        """Let `epochs` go on behind this state's epoch, bit for bit; StateError if it is of another training."""
        if not 0 < len(state.began) <= len(self._phases):
            raise StateError(f"it was in phase {len(state.began)}; expected one of {len(self._phases)}")
        try:
            for done in state.began[1:]:
                self._prepare(done)
            if len(state.began) > 1:
                self._make()
            self._training.resume(state)
        except StateError:
            for layer, trainable in self._flags:  # outer layers come before those within
                layer.trainable = trainable
            self._began.clear()
            self._notes.clear()
            self._start(0)
            raise

    @property
    def _is_last(self) -> bool:
        return len(self._began) == len(self._phases) or self._training.diverged

    def _start(self, done: int) -> None:
        self._prepare(done)
        self._make()

    def _prepare(self, done: int) -> None:
        """Make the model ready for the next phase, with so many epochs behind it."""
        number = len(self._began) + 1
        begin_phase(self.model, self._phases[number - 1], self._compiled, number=number)
        self._began.append(done)
        self._restart(done)
        rate = getattr(self.model.optimizer, "learning_rate", None)
        learning = sum(math.prod(variable.shape) for variable in self.model.trainable_variables)
        self._note(first_epoch=done + 1, learning_rate=None if rate is None else float(rate), weights_that_learn=learning)

    def _make(self) -> None:
        number, done = len(self._began), self._began[-1]
        self._training = self._begin(number, done, done + self._phases[number - 1].epochs)
        self._note(engine=self._training.engine, engine_reason=self._training.reason)

    def _note(self, **values: Any) -> None:
        self._notes.setdefault(str(len(self._began)), {}).update(values)
