"""An epoch as one compiled program, with the meaning of model.fit."""

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from weakref import ref

import keras
import numpy as np
import tensorflow as tf

from harness.arrays import Arrays, Samples
from harness.compiled.checks import check_arrays
from harness.compiled.device import count, scaled, test_samples, training_samples
from harness.compiled.fitting import FitProgram, fit_reason
from harness.compiled.programcache import Kept, adopt, find, keep
from harness.compiled.programs import CompiledProgram, Program
from harness.compiled.proofs import any_batch_size, program_key, unsuited_to_xla
from harness.compiled.states import State, put_back, require_same_kind, take_state

__all__ = ["ENGINES", "Arrays", "Engine", "Epoch", "Training", "check_arrays", "train"]

Engine = Literal["auto", "xla", "graph", "fit"]
ENGINES: tuple[Engine, ...] = ("auto", "xla", "graph", "fit")
EVALUATED_AT_ONCE = 256  # samples, where the size of a batch is proven not to matter
FOR_XLA = "nothing in it is slow under XLA"


@dataclass(frozen=True, slots=True)
class Epoch:
    """What one epoch measured."""

    number: int  # from 1
    train: Mapping[str, float]  # by Keras' names: loss, accuracy, ...
    test: Mapping[str, float]
    learning_rate: float
    seconds: float  # the training pass alone
    test_seconds: float


@dataclass(frozen=True, slots=True)
class Plan:
    """How a model is to be trained."""

    batch_size: int
    epochs: int
    seed: int
    engine: Engine
    callbacks: tuple[keras.callbacks.Callback, ...]


class Training:
    """One model's training, an epoch at a time, as its caller asks for them.

    `model` is the one that is trained. It need not be the one that was given: a kept program has a model of its own
    that takes over the given one's state. It stays this training's for as long as this object lives.
    """

    def __init__(self, program: Program, arrays: Arrays, plan: Plan, reason: str) -> None:
        self.reason = reason
        self._program = program
        self._plan = plan
        self._train, self._test = training_samples(arrays), test_samples(arrays)
        self._hooks = self._callback_list()
        self._done, self._logs, self._resumed = 0, {}, None

    @property
    def engine(self) -> str:
        """Which engine trains: xla, graph or fit."""
        return self._program.engine

    @property
    def model(self) -> keras.Model:
        """The model that is trained."""
        return self._program.model

    def epochs(self) -> Iterator[Epoch]:
        """Train, one epoch for each value drawn; to be drawn to its end, where callbacks restore what they kept.

        It ends after the planned epochs, when a callback sets `stop_training`, or after a loss that is not finite.
        """
        hooks, model = self._hooks, self.model
        model.stop_training = False
        hooks.on_train_begin()
        self._begin()
        while not self.ended:
            index = self._done
            hooks.on_epoch_begin(index)
            epoch = self._epoch(index, hooks)
            self._done, self._logs = index + 1, logs_of(epoch)
            hooks.on_epoch_end(index, self._logs)
            yield epoch
        model.optimizer.finalize_variable_values(model.trainable_weights)
        hooks.on_train_end(self._logs)

    @property
    def planned(self) -> int:
        """How many epochs it trains at the most."""
        return self._plan.epochs

    @property
    def ended(self) -> bool:
        """Whether no epoch is left to train."""
        finite = math.isfinite(self._logs.get("loss", 0.0))
        return self.model.stop_training or self._done >= self._plan.epochs or not finite

    def state(self) -> State:
        """Return the state behind the epoch that was drawn last; StateError if a callback holds what cannot be kept."""
        return take_state(self.model, self._hooks.callbacks, epoch=self._done, logs=self._logs)

    def resume(self, state: State) -> None:
        """Let `epochs` go on behind this state's epoch, bit for bit; StateError if it is of another model."""
        require_same_kind(state, self.model, self._hooks.callbacks)
        self._resumed = state

    def predict(self, x: Samples) -> Any:
        """Return the model's outputs, one row a sample: an array, or a list of them where there are several."""
        return self._program.predict(x)

    def _epoch(self, index: int, hooks: keras.callbacks.CallbackList) -> Epoch:
        order = epoch_order(count(self._train), self._plan.seed, index)
        start = time.perf_counter()
        train = self._program.train(self._train, order)
        trained = time.perf_counter()
        rate = float(self.model.optimizer.learning_rate)
        hooks.on_test_begin()
        test = self._program.evaluate(self._test)
        hooks.on_test_end(test)
        return Epoch(index + 1, train, test, rate, trained - start, time.perf_counter() - trained)

    def _begin(self) -> None:
        self._done, self._logs = 0, {}
        if self._resumed is not None:
            put_back(self._resumed, self.model, self._hooks.callbacks)
            self._done, self._logs = self._resumed.epoch, dict(self._resumed.logs)

    def _callback_list(self) -> keras.callbacks.CallbackList:
        steps = math.ceil(count(self._train) / self._plan.batch_size)
        return keras.callbacks.CallbackList(
            list(self._plan.callbacks), add_history=True, model=self.model, epochs=self._plan.epochs, steps=steps, verbose=0
        )


def logs_of(epoch: Epoch) -> dict[str, float]:
    """Return what an epoch measured as Keras' callbacks take it."""
    return {**epoch.train, **{f"val_{name}": value for name, value in epoch.test.items()}}


def epoch_order(samples: int, seed: int, index: int) -> np.ndarray:
    """Return the order of the samples in an epoch: a pure function, so that a resumed trial repeats it."""
    return np.random.default_rng((seed, index)).permutation(samples).astype(np.int32)


def train(
    model: keras.Model,
    arrays: Arrays,
    *,
    batch_size: int,
    epochs: int,
    seed: int,
    engine: Engine = "auto",
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> Training:
    """Return a compiled model's training, its program compiled and nothing trained yet.

    The order of the samples and dropout follow from the seed. ValueError for arrays that check_arrays refuses.
    """
    if not model.compiled:
        raise ValueError(f"Model {model.name!r} is not compiled; expected model.compile(...) to have been called.")
    check_arrays(model, arrays)
    plan = Plan(batch_size, epochs, seed, engine, tuple(callbacks))
    build(model, arrays)
    seed_randomness(model, seed)
    reason = "asked for" if engine == "fit" else fit_reason(model, callbacks)
    if not reason:
        kept, reason = _compiled(model, arrays, plan)
        if kept is not None:
            training = Training(kept.program, arrays, plan, kept.reason)
            kept.user = ref(training)
            return training
    program = FitProgram(model, batch_size=batch_size, scale=arrays.scale, callbacks=plan.callbacks)
    return Training(program, arrays, plan, reason)


def build(model: keras.Model, arrays: Arrays) -> None:
    """Make all weights and optimizer variables now: inside compiled code random draws differ."""
    if not all(layer.built for layer in model._flatten_layers()):
        inputs = training_samples(arrays)[0]
        model(scaled(tf.nest.map_structure(lambda values: values[:1], inputs), arrays.scale))
    model.optimizer.build(model.trainable_variables)


def seed_randomness(model: keras.Model, seed: int) -> None:
    """Start every seed generator that was given no seed of its own, such as a dropout layer's, from this one."""
    generators = [
        value
        for layer in model._flatten_layers()
        for value in vars(layer).values()
        if isinstance(value, keras.random.SeedGenerator)
    ]
    for number, generator in enumerate(generators):
        if generator.get_config()["seed"] is None:
            generator.state.assign(np.random.SeedSequence((seed, number)).generate_state(2))


def _compiled(model: keras.Model, arrays: Arrays, plan: Plan) -> tuple[Kept | None, str]:
    """Return the kept or new compiled program, or None and why there is none."""
    train, test = training_samples(arrays), test_samples(arrays)
    key = program_key(model, (train, test), batch_size=plan.batch_size, scale=arrays.scale, engine=plan.engine)
    kept = find(key)
    if kept is not None:
        adopt(kept.program.model, model)
        return kept, kept.reason
    evaluated = EVALUATED_AT_ONCE if any_batch_size(model) else plan.batch_size
    automatic = plan.engine == "auto"
    refusals: list[str] = []
    for form in ("xla", "graph") if automatic else (plan.engine,):
        program = CompiledProgram(model, plan.batch_size, evaluated, scale=arrays.scale, xla=form == "xla")
        refusal = _refusal(program, train, test, rule=automatic)
        if not refusal:
            reason = "; ".join(refusals) or (FOR_XLA if automatic else "asked for")
            keep(key, kept := Kept(program, reason))
            return kept, reason
        refusals.append(refusal)
    return None, "; ".join(refusals)


def _refusal(program: CompiledProgram, train: tuple[Any, ...], test: tuple[Any, ...], *, rule: bool) -> str:
    """Compile the program; return why it is not to be used, or nothing."""
    try:
        if rule and program.engine == "xla":
            unsuited = unsuited_to_xla(program.model, program.operations(train))
            if unsuited:
                return unsuited
        program.compile(train, test)
    # Nothing has been trained yet: whatever is raised here says only that this form cannot be compiled.
    except Exception as error:
        lines = str(error).strip().splitlines() or [""]
        return f"{program.engine} cannot compile it ({type(error).__name__}: {lines[0]})"
    return ""
