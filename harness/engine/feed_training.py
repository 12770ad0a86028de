"""Which program trains a model on harness.Data: a pipeline within a compiled loop, all else by fit; and the training itself."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache

import keras
import numpy as np

from harness.data import Arrays
from harness.engine.array_checks import check_arrays
from harness.engine.building import build_for_training
from harness.engine.feed_fit import FeedFitProgram
from harness.engine.feeds import FeedSamples
from harness.engine.fit import fit_reason
from harness.engine.initial_weights import seed_streams
from harness.engine.label_checks import LabelChecks
from harness.engine.pipeline_feed import PipelineFeed
from harness.engine.pipeline_program import PipelineProgram
from harness.engine.step_logs import StepError
from harness.engine.training_loop import TrainConfig, Training
from harness.engine.xla_suitability import seems_unsuited_to_xla, unsuited_to_xla
from harness.errors import failure_text

FOR_XLA = "nothing in its step is slow under XLA"


@dataclass(frozen=True, slots=True)
class EpochNumbers:
    """What a feed is asked for: epochs by their numbers, from 0, where samples are asked for by their order."""

    steps: int | None = None
    epochs_per_call: int = 1

    def count(self, batches: int) -> int:
        """Return how many batches an epoch has."""
        return batches

    def orders(self, batches: int, seed: int, index: int, epochs: int) -> np.ndarray:
        """Return the numbers of the epochs."""
        return np.arange(index, index + epochs)


def train_feeds(
    model: keras.Model,
    samples: FeedSamples,
    look: Arrays,
    *,
    batch_size: int,
    epochs: int,
    seed: int,
    engine: str = "auto",
    callbacks: Sequence[keras.callbacks.Callback] = (),
    steps_per_epoch: int | None = None,
    log_every: int = 1,
    initial_epoch: int = 0,
) -> Training:
    """Return a compiled model's training on feeds, nothing trained yet, as `harness.engine.train` does of arrays.

    look: the first batch of each part, which is held against the model as arrays are. batch_size: of what is predicted; a
    pipeline has made its batches itself.
    """
    build_for_training(model, look, batch_size=batch_size)
    check_arrays(model, look)
    if not initial_epoch:  # else they go on, too
        seed_streams(model, seed)
    config = TrainConfig(EpochNumbers(steps_per_epoch), epochs, seed, log_every, tuple(callbacks), initial_epoch)
    checks = LabelChecks(model, look)
    reason = "asked for" if engine == "fit" else fit_reason(model, callbacks) or _of_python(samples)
    if not reason:
        program, reason = _compiled(model, samples, checks, batch_size, engine)
        if program is not None:
            return Training(program, samples, config, reason)
    by_fit = FeedFitProgram(model, batch_size=batch_size, checks=checks, callbacks=config.callbacks)
    return Training(by_fit, samples, config, reason)


def _of_python(samples: FeedSamples) -> str:
    for feed in (samples.train, samples.test, samples.validation):
        if feed is not None and not isinstance(feed, PipelineFeed):
            return f"{feed.name} is no tf.data.Dataset, and only such a pipeline is drawn from in compiled code"
    return ""


def _compiled(
    model: keras.Model, samples: FeedSamples, checks: LabelChecks, batch_size: int, engine: str
) -> tuple[PipelineProgram | None, str]:
    """Return the compiled program and why it has its form, or None and why there is none."""

    @cache
    def program(form: str) -> PipelineProgram:
        return PipelineProgram(model, batch_size=batch_size, checks=checks, xla=form == "xla")

    slow = "asked for"
    if engine != "graph":
        asked = engine == "xla" or model.jit_compile is True
        slow = "" if asked else _ragged(samples) or _slow(model, program, samples)
        slow = slow or _unusable(program("xla"), samples)
        if not slow:
            return program("xla"), "asked for" if asked else FOR_XLA
    refused = _unusable(program("graph"), samples)
    return (None, refused) if refused else (program("graph"), slow)


def _slow(model: keras.Model, program: Callable[[str], PipelineProgram], samples: FeedSamples) -> str:
    """Return why XLA does not suit the step, or nothing, from a trace of the program that will be used."""
    operations: set[str] = set()
    with suppress(Exception):  # it cannot be traced, which is told where it is to be used
        operations = program("graph" if seems_unsuited_to_xla(model) else "xla").operations(samples.train)
    return unsuited_to_xla(model, operations)


def _ragged(samples: FeedSamples) -> str:
    """Say that samples differ in their shapes: XLA would compile a step for each."""
    specs = keras.tree.flatten(samples.train.dataset.element_spec)
    if any(getattr(spec, "shape", None) is None or None in spec.shape[1:] for spec in specs):
        return "its samples have no fixed shape, and XLA would compile a step for each"
    return ""


def _unusable(program: PipelineProgram, samples: FeedSamples) -> str:
    """Trace, and for XLA compile, the program; return why it is not to be used, or nothing."""
    try:
        program.compile(samples.train, (samples.test, samples.validation))
    except StepError:
        raise
    except Exception as error:  # nothing has been trained yet: it says only that this form cannot be compiled
        return f"{program.engine} cannot compile it ({failure_text(error)})"
    return ""
