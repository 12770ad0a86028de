"""An epoch as one compiled program, with the meaning of model.fit."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Literal

import keras

from harness.arrays import Arrays, each
from harness.compiled.checks import check_arrays
from harness.compiled.device import DeviceSamples, first_sample, on_device, scaled
from harness.compiled.fitting import FitProgram, fit_reason
from harness.compiled.orders import Batches, epoch_order
from harness.compiled.programs import CompiledProgram
from harness.compiled.proofs import any_batch_size, seems_unsuited_to_xla, unsuited_to_xla
from harness.compiled.trainings import Epoch, Plan, Training
from harness.errors import failure_text
from harness.layerseeds import seed_streams

__all__ = ["ENGINES", "Arrays", "Engine", "Epoch", "Training", "check_arrays", "epoch_order", "train"]

Engine = Literal["auto", "xla", "graph", "fit"]
ENGINES: tuple[Engine, ...] = ("auto", "xla", "graph", "fit")
EVALUATED_AT_ONCE = 256  # samples, where the size of a batch is proven not to matter
FOR_XLA = "nothing in it is slow under XLA"


def train(
    model: keras.Model,
    arrays: Arrays,
    *,
    batch_size: int,
    epochs: int,
    seed: int,
    engine: Engine = "auto",
    callbacks: Sequence[keras.callbacks.Callback] = (),
    steps_per_epoch: int | None = None,
    log_every: int = 1,
) -> Training:
    """Return a compiled model's training, its program compiled and nothing trained yet.

    The order of the samples and dropout follow from the seed. steps_per_epoch: an epoch is so many full batches, drawn
    on through the samples; without it, every sample once. log_every: only every so many epochs, and the last, are
    measured on held-out samples and yielded. ValueError for arrays that check_arrays refuses.
    """
    if not model.compiled:
        raise ValueError(f"Model {model.name!r} is not compiled; expected model.compile(...) to have been called.")
    check_arrays(model, arrays)
    batches = Batches(batch_size, steps_per_epoch)
    if not callbacks:
        batches = batches.together(len(each(arrays.x_train)[0]), log_every=log_every)
    plan = Plan(batches, epochs, seed, log_every, tuple(callbacks))
    build(model, arrays)
    seed_streams(model, seed)
    samples = on_device(arrays)
    reason = "asked for" if engine == "fit" else fit_reason(model, callbacks)
    if not reason:
        program, reason = _compiled(model, samples, batches, engine)
        if program is not None:
            return Training(program, samples, plan, reason)
    program = FitProgram(model, batch_size=batch_size, scale=arrays.scale, callbacks=plan.callbacks)
    return Training(program, samples, plan, reason)


def build(model: keras.Model, arrays: Arrays) -> None:
    """Make all weights and optimizer variables now: inside compiled code random draws differ."""
    if not all(layer.built for layer in model._flatten_layers()):
        model(scaled(first_sample(arrays.x_train), arrays.scale))
    model.optimizer.build(model.trainable_variables)


def _compiled(
    model: keras.Model, samples: DeviceSamples, batches: Batches, engine: Engine
) -> tuple[CompiledProgram | None, str]:
    """Return the compiled program and why it has its form, or None and why there is none."""
    evaluated = EVALUATED_AT_ONCE if any_batch_size(model) else batches.size

    def program(form: str) -> CompiledProgram:
        return CompiledProgram(model, batches, evaluated, scale=samples.scale, xla=form == "xla")

    if engine != "auto":
        refusal = _refusal(asked := program(engine), samples)
        return (None, refusal) if refusal else (asked, "asked for")
    xla, graph = program("xla"), program("graph")
    # Each has a trace of its own, and tracing takes a while: the one that will hardly be used is not traced to find it out.
    first = graph if seems_unsuited_to_xla(model) else xla
    refusal = _unsuited(first, samples) or _refusal(xla, samples)
    if not refusal:
        return xla, FOR_XLA
    otherwise = _refusal(graph, samples)
    return (None, f"{refusal}; {otherwise}") if otherwise else (graph, refusal)


def _unsuited(program: CompiledProgram, samples: DeviceSamples) -> str:
    """Trace a program; return why XLA is not to compile it, or nothing, also where it cannot be traced."""
    with suppress(Exception):
        return unsuited_to_xla(program.model, program.operations(samples.train))
    return ""


def _refusal(program: CompiledProgram, samples: DeviceSamples) -> str:
    """Compile the program; return why it is not to be used, or nothing."""
    try:
        program.compile(samples.train, (samples.test, samples.validation))
    # Nothing has been trained yet: whatever is raised here says only that this form cannot be compiled.
    except Exception as error:
        return f"{program.engine} cannot compile it ({failure_text(error)})"
    return ""
