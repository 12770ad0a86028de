"""A training an epoch at a time: what callbacks hear, what is measured, where it can be left, and what it ends with."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import keras

from harness.data import Samples
from harness.engine import callback_rules, final_weights
from harness.engine.epoch import Epoch, finite, logs_of
from harness.engine.programs import Program
from harness.engine.schedules import Drawn, Schedule
from harness.engine.state import (
    State,
    StateError,
    left_as_they_were,
    measured_variables,
    put_back,
    require_same_kind,
    take_state,
)
from harness.engine.unsaved_state import Unkept
from harness.records import LAST_EPOCH


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """How a model is to be trained."""

    batches: Schedule
    epochs: int
    seed: int
    log_every: int
    callbacks: tuple[keras.callbacks.Callback, ...]
    initial_epoch: int = 0  # epochs that lie behind the training when it begins


class Training:
    """One model's training, an epoch at a time, as its caller asks for them."""

    def __init__(self, program: Program, samples: Drawn, config: TrainConfig, reason: str) -> None:
        self.reason = reason
        self._program = program
        self._config = config
        self._samples = samples
        self._train, self._test, self._validation = samples.train, samples.test, samples.validation
        self._hooks = self._callback_list()
        self._unkept: Unkept | None = None  # it looks at what there is when the training begins
        self._done = config.initial_epoch
        self._logs: Mapping[str, float] = {}  # of the last epoch
        self._trained: Mapping[str, float] = {}  # of its training alone
        self._resumed: State | None = None
        self._seconds, self._passes = 0.0, 0  # of training since the last measured epoch
        # Nothing else changes weights behind an epoch's measurement.
        self._watched = bool(config.callbacks) or final_weights.averages(program.model.optimizer)
        self._digest = b""  # of the weights that were measured last, where they are watched
        self._measured_variables: list[Any] | None = None  # known once a first epoch has made them all
        self.weights = LAST_EPOCH  # which weights the training has ended with
        self.final: Epoch | None = None  # what the model measures with these, where they are not those measured last

    @property
    def engine(self) -> str:
        """Which engine trains: xla, graph or fit."""
        return self._program.engine

    @property
    def model(self) -> keras.Model:
        """The model that is trained."""
        return self._program.model

    def epochs(self) -> Iterator[Epoch]:
        """Train, and yield each epoch that is measured; to be drawn to its end, where callbacks restore what they kept.

        It ends after the planned epochs, when a callback sets `stop_training`, or after a loss that is not finite, and
        the epoch that it ends with is always measured. Behind the last one, the weights become those that fit would
        hand back: `weights` says which, and `final` what the model measures with them. Callbacks hear of every epoch, of
        its training and of validation samples, never of the test's. Without callbacks and short batches, epochs that are
        not measured are trained several in a call; a loss that is not finite then ends the training behind it.
        """
        hooks, model, optimizer = self._hooks, self.model, self.model.optimizer
        model.stop_training = False
        before = callback_rules.BeforeFirstBatch(model, compiled=bool(self._config.callbacks) and self.engine != "fit")
        hooks.on_train_begin()
        self._begin()
        while not self.ended:
            self._train_unseen()
            hooks.on_epoch_begin(self._done)
            callback_rules.require_going_on(model)
            before.check()
            train = self._trained = self._pass()
            due = self._due(train)
            epoch = self._measured(train) if due or (self._config.callbacks and self._validation) else None
            self._logs = dict(train) if epoch is None else logs_of(epoch)
            hooks.on_epoch_end(self._done - 1, self._told())
            callback_rules.require_same_compile(model, optimizer)
            callback_rules.require_monitored(hooks.callbacks)
            if epoch is None and self.ended:  # a callback stopped it between two measured epochs
                epoch = self._measured(train)  # type: ignore[unreachable]  # mypy takes `ended` for what it was above
                self._logs = logs_of(epoch)
            if epoch is not None and (due or self.ended):
                yield epoch
        self._end()

    @property
    def done(self) -> int:
        """How many epochs are trained, those before this training included."""
        return self._done

    @property
    def diverged(self) -> bool:
        """Whether a loss of the last epoch was not finite."""
        return not finite(self._logs)

    @property
    def planned(self) -> int:
        """How many epochs it trains at the most."""
        return self._config.epochs

    @property
    def ended(self) -> bool:
        """Whether no epoch is left to train."""
        return self.model.stop_training or self._done >= self._config.epochs or self.diverged

    def state(self) -> State:
        """Return the state behind the epoch that was drawn last; StateError if something in it cannot be kept."""
        state = take_state(self.model, self._hooks.callbacks, epoch=self._done, logs=self._logs)
        if reason := self._samples.unkept() or (self._unkept or self._look_for_unkept()).reason():
            raise StateError(reason)
        return state

    def resume(self, state: State) -> None:
        """Let `epochs` go on behind this state's epoch, bit for bit; StateError if it is of another model."""
        self._look_for_unkept().trace()
        require_same_kind(state, self.model, self._hooks.callbacks)
        self._resumed = state

    def predict(self, x: Samples) -> Any:
        """Return the model's outputs, one row a sample: an array, or a list of them where there are several."""
        return self._program.predict(x)

    def _train_unseen(self) -> None:
        """Train the epochs before the next one that is measured, where several of them fit into a call."""
        config = self._config
        if config.batches.epochs_per_call == 1:
            return
        before = min(config.log_every - self._done % config.log_every, config.epochs - self._done) - 1
        while before > 0:
            epochs = min(before, config.batches.epochs_per_call)
            if not finite(self._pass(epochs)):
                return
            before -= epochs

    def _pass(self, epochs: int = 1) -> dict[str, float]:
        """Train and return the training values; they are read each time, so that a divergence ends it there."""
        order = self._config.batches.orders(self._samples.total, self._config.seed, self._done, epochs)
        start = time.perf_counter()
        train = self._program.train(self._train, order)
        self._seconds += time.perf_counter() - start
        self._passes += epochs
        self._done += epochs
        return train

    def _due(self, train: Mapping[str, float]) -> bool:
        return self._done % self._config.log_every == 0 or self._done >= self._config.epochs or not finite(train)

    def _measured(self, train: Mapping[str, float]) -> Epoch:
        start = time.perf_counter()
        told = [one for one in self._hooks.callbacks if self._validation or callback_rules.hears_tests(one)]
        for callback in told:
            callback.on_test_begin()
        validation, test = self._evaluated()
        if self._watched:  # a callback may lend other weights for the test alone
            self._digest = final_weights.digest(self.model)
        for callback in told:
            callback.on_test_end(validation)
        seconds, self._seconds, self._passes = self._seconds / self._passes, 0.0, 0
        batches = self._done * self._config.batches.count(self._samples.total)
        return Epoch(
            self._done, train, test, self._learning_rate(), seconds, time.perf_counter() - start,
            validation=validation,
            batches=batches,
            step=self._done if self._config.batches.steps is None else batches,
        )  # fmt: skip

    def _evaluated(self) -> tuple[dict[str, float], dict[str, float]]:
        validation = self._program.evaluate(self._validation) if self._validation else {}
        if self._measured_variables is None:
            self._measured_variables = measured_variables(self.model, self._hooks.callbacks)
        with left_as_they_were(self._measured_variables):  # the test's samples have no part in the training
            return validation, self._program.evaluate(self._test)

    def _learning_rate(self) -> float | None:
        rate = getattr(self.model.optimizer, "learning_rate", None)  # several optimizers in one have none in common
        return None if rate is None else float(rate)

    def _end(self) -> None:
        """End the training as fit does, and measure once more where that has put other weights in place."""
        model, callbacks = self.model, self._hooks.callbacks
        if model.optimizer is not None:
            model.optimizer.finalize_variable_values(model.trainable_weights)
        averaged = final_weights.digest(model) if self._watched else b""
        self._hooks.on_train_end(self._told())
        ended = final_weights.digest(model) if self._watched else b""
        best = None
        if ended != averaged:
            best = final_weights.put_back(callbacks, model)
            self.weights = f"best epoch {best}" if best else "as a callback left them at the end"
        elif final_weights.averages(model.optimizer):
            self.weights = final_weights.averaged(callbacks, stopped=self._done < self._config.epochs)
        elif ended != self._digest:
            self.weights = f"{LAST_EPOCH}, as callbacks left them behind its test"
        if ended != self._digest and finite(self._logs):
            self.final = self._measured_at_the_end(best)

    def _told(self) -> dict[str, float]:
        """Return what callbacks are told of the last epoch, which is nothing of the test's."""
        return {name: value for name, value in self._logs.items() if self._validation or not name.startswith("val_")}

    def _measured_at_the_end(self, best: int | None) -> Epoch:
        """Return the last epoch's values, or those of the best one that is back, with the model measured as it is now."""
        start = time.perf_counter()
        number = best or self._done
        train = final_weights.trained_values(self._hooks.callbacks, number, self._trained)
        validation, test = self._evaluated()
        batches = self._done * self._config.batches.count(self._samples.total)
        step = (self._done if self._config.batches.steps is None else batches) + 1  # one further than the last epoch's
        seconds = time.perf_counter() - start
        return Epoch(number, train, test, None, 0.0, seconds, validation=validation, batches=batches, step=step)

    def _begin(self) -> None:
        self._done, self._logs, self._seconds, self._passes = self._config.initial_epoch, {}, 0.0, 0
        if self._resumed is not None:
            put_back(self._resumed, self.model, self._hooks.callbacks)
            self._done, self._logs = self._resumed.epoch, dict(self._resumed.logs)
            self._trained = {name: value for name, value in self._logs.items() if not name.startswith("val_")}
            self._digest = final_weights.digest(self.model) if self._watched else b""
        self._unkept = self._look_for_unkept()

    def _look_for_unkept(self) -> Unkept:
        graphs = partial(self._program.graphs, self._train, (self._test, self._validation))
        return Unkept(self._program, self._hooks.callbacks, graphs)

    def _callback_list(self) -> keras.callbacks.CallbackList:
        steps, epochs = self._config.batches.count(self._samples.total), self._config.epochs
        callbacks = list(self._config.callbacks)
        return keras.callbacks.CallbackList(
            callbacks, add_history=True, model=self.model, epochs=epochs, steps=steps, verbose=0
        )
