"""An epoch as one compiled program, with the meaning of model.fit."""

from collections.abc import Sequence
from typing import Any, Literal
from weakref import ref

import keras
import tensorflow as tf

from harness.arrays import Arrays, each
from harness.compiled.checks import check_arrays
from harness.compiled.device import count, scaled, test_samples, training_samples, validation_samples
from harness.compiled.fitting import FitProgram, fit_reason
from harness.compiled.orders import Batches, epoch_order
from harness.compiled.programcache import Kept, adopt, find, keep
from harness.compiled.programs import CompiledProgram
from harness.compiled.proofs import any_batch_size, program_key, unsuited_to_xla
from harness.compiled.trainings import Epoch, Plan, Training
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
    reason = "asked for" if engine == "fit" else fit_reason(model, callbacks)
    if not reason:
        kept, reason = _compiled(model, arrays, batches, engine)
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


def _compiled(model: keras.Model, arrays: Arrays, batches: Batches, engine: Engine) -> tuple[Kept | None, str]:
    """Return the kept or new compiled program, or None and why there is none."""
    train, *held_out = training_samples(arrays), test_samples(arrays), validation_samples(arrays)
    length = batches.drawn(count(train)) * batches.at_once
    options = {"batch_size": batches.size, "drawn": length, "scale": arrays.scale, "engine": engine}
    key = program_key(model, (train, *held_out), **options)
    kept = find(key)
    if kept is not None:
        adopt(kept.program.model, model)
        return kept, kept.reason
    evaluated = EVALUATED_AT_ONCE if any_batch_size(model) else batches.size
    automatic = engine == "auto"
    refusals: list[str] = []
    for form in ("xla", "graph") if automatic else (engine,):
        program = CompiledProgram(model, batches, evaluated, scale=arrays.scale, xla=form == "xla")
        refusal = _refusal(program, train, held_out, rule=automatic)
        if not refusal:
            reason = "; ".join(refusals) or (FOR_XLA if automatic else "asked for")
            keep(key, kept := Kept(program, reason))
            return kept, reason
        refusals.append(refusal)
    return None, "; ".join(refusals)


def _refusal(program: CompiledProgram, train: tuple[Any, ...], held_out: Sequence[Any], *, rule: bool) -> str:
    """Compile the program; return why it is not to be used, or nothing."""
    try:
        if rule and program.engine == "xla":
            unsuited = unsuited_to_xla(program.model, program.operations(train))
            if unsuited:
                return unsuited
        program.compile(train, held_out)
    # Nothing has been trained yet: whatever is raised here says only that this form cannot be compiled.
    except Exception as error:
        lines = str(error).strip().splitlines() or [""]
        return f"{program.engine} cannot compile it ({type(error).__name__}: {lines[0]})"
    return ""
