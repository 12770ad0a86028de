"""Which engine trains a model: an epoch as one program of XLA, as a graph, or by fit; and the training itself."""

from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from typing import Literal

import keras

from harness.data import Arrays, each
from harness.engine.array_checks import check_arrays
from harness.engine.batches import BatchSchedule
from harness.engine.building import build_for_training
from harness.engine.callback_rules import validation_fault
from harness.engine.device import DeviceSamples, on_device
from harness.engine.feed_training import train_feeds
from harness.engine.fit import FitProgram, fit_reason
from harness.engine.initial_weights import seed_streams
from harness.engine.look import Feeds
from harness.engine.overrides import LOGS, own, refusal
from harness.engine.programs import CompiledProgram
from harness.engine.step_logs import StepError
from harness.engine.training_loop import TrainConfig, Training
from harness.engine.xla_suitability import seems_unsuited_to_xla, unseeded_under_xla, unsuited_to_xla
from harness.errors import UsageError, failure_text

Engine = Literal["auto", "xla", "graph", "fit"]
ENGINES: tuple[Engine, ...] = ("auto", "xla", "graph", "fit")
FOR_XLA = "nothing in it is slow under XLA"
ASKED_BY_MODEL = "the model was compiled with jit_compile=True"


def train(
    model: keras.Model,
    arrays: Arrays | Feeds,
    *,
    batch_size: int,
    epochs: int,
    seed: int,
    engine: Engine = "auto",
    callbacks: Sequence[keras.callbacks.Callback] = (),
    steps_per_epoch: int | None = None,
    log_every: int = 1,
    initial_epoch: int = 0,
    drawn_by: int | None = None,
) -> Training:
    """Return a compiled model's training, its program compiled and nothing trained yet.

    The order of the samples and dropout follow from the seed; dropout from drawn_by where that is given, which feeds do not
    heed. steps_per_epoch: an epoch is so many full batches, drawn
    on through the samples; without it, every sample once. log_every: only every so many epochs, and the last, are
    measured on held-out samples and yielded. initial_epoch: epochs that the model has been trained before this training,
    as fit's; it goes on behind them, up to epochs in all. Feeds give batches in an order of their own.
    ValueError for arrays that check_arrays refuses, and for a model that overrides what no engine calls.
    """
    if not model.compiled:
        raise ValueError(f"Model {model.name!r} is not compiled; expected model.compile(...) to have been called.")
    if refused := refusal(model):
        raise ValueError(refused)
    held_out = arrays.validation is not None if isinstance(arrays, Feeds) else arrays.x_validation is not None
    if fault := validation_fault(callbacks, held_out=held_out):
        raise UsageError(fault)
    if isinstance(arrays, Feeds):
        return train_feeds(
            model, arrays, arrays.look, batch_size=batch_size, epochs=epochs, seed=seed, engine=engine, callbacks=callbacks,
            steps_per_epoch=steps_per_epoch, log_every=log_every, initial_epoch=initial_epoch,
        )  # fmt: skip
    build_for_training(model, arrays, batch_size=batch_size)
    check_arrays(model, arrays)
    batches = BatchSchedule(batch_size, steps_per_epoch, shuffle=arrays.shuffle)
    # fit resets the metrics at each epoch, which a step of the model's own may look at.
    if not callbacks and not own(model, *LOGS, "reset_metrics"):
        batches = batches.together(len(each(arrays.x_train)[0]), log_every=log_every)
    config = TrainConfig(batches, epochs, seed, log_every, tuple(callbacks), initial_epoch)
    if not initial_epoch:  # else they go on, too
        seed_streams(model, seed if drawn_by is None else drawn_by)
    samples = on_device(arrays)
    reason = "asked for" if engine == "fit" else fit_reason(model, callbacks)
    if not reason:
        program, reason = _compiled(model, samples, batches, engine)
        if program is not None:
            return Training(program, samples, config, reason)
    heard = samples.validation
    by_fit = FitProgram(model, batch_size=batch_size, scale=arrays.scale, callbacks=config.callbacks, validation=heard)
    return Training(by_fit, samples, config, reason)


def _compiled(
    model: keras.Model, samples: DeviceSamples, batches: BatchSchedule, engine: Engine
) -> tuple[CompiledProgram | None, str]:
    """Return the compiled program and why it has its form, or None and why there is none."""

    @cache  # what a program proves of its model takes a while, and most trainings need one of the two
    def program(form: str) -> CompiledProgram:
        return CompiledProgram(model, batches, scale=samples.scale, xla=form == "xla")

    if engine == "graph":
        refused = _unusable(chosen := program(engine), samples)
        return (None, refused) if refused else (chosen, "asked for")
    asked = engine == "xla" or bool(model.jit_compile)
    if asked and (unseeded := unseeded_under_xla(_operations(program("xla"), samples))):
        refused = _unusable(program("graph"), samples)
        return (None, f"{unseeded}; {refused}") if refused else (program("graph"), unseeded)
    if engine == "xla":
        refused = _unusable(program("xla"), samples)
        return (None, refused) if refused else (program("xla"), "asked for")
    # Each has a trace of its own, and tracing takes a while: the one that will hardly be used is not traced to find it out.
    first = program("graph" if seems_unsuited_to_xla(model) else "xla")
    refused = ("" if asked else unsuited_to_xla(model, _operations(first, samples))) or _unusable(program("xla"), samples)
    if not refused:
        return program("xla"), ASKED_BY_MODEL if asked else FOR_XLA
    otherwise = _unusable(program("graph"), samples)
    return (None, f"{refused}; {otherwise}") if otherwise else (program("graph"), refused)


def _operations(program: CompiledProgram, samples: DeviceSamples) -> set[str]:
    """Trace a program; return the names of its operations, none where it cannot be traced."""
    with suppress(Exception):
        return program.operations(samples.train)
    return set()


def _unusable(program: CompiledProgram, samples: DeviceSamples) -> str:
    """Compile the program; return why it is not to be used, or nothing."""
    try:
        program.compile(samples.train, (samples.test, samples.validation))
    except StepError:
        raise
    # Nothing has been trained yet: whatever is raised here says only that this form cannot be compiled.
    except Exception as error:
        return f"{program.engine} cannot compile it ({failure_text(error)})"
    return ""
