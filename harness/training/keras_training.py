"""A Keras model's training: traced, and trained epoch by epoch from where an earlier attempt stopped."""

import math
from collections.abc import Iterator
from functools import cached_property
from typing import Any, cast

import keras

from harness.data import Arrays
from harness.engine import Engine, Epoch, Feeds, answers, first_inputs, has_call, outputs_and_targets, train
from harness.models import Given, count_flops, count_parameters, describe_layers, state_megabytes, stop_below, summary_text
from harness.tensorboard import as_code
from harness.training.checkpoints import Checkpoints
from harness.training.context import TrialContext


class KerasTrainer:
    """Trains a compiled model as the trial's settings say, see `harness.training.trainer.Trainer`."""

    def __init__(self, context: TrialContext, model: keras.Model, arrays: Given) -> None:
        _describe(context, model, arrays.look if isinstance(arrays, Feeds) else arrays)
        settings, self._progress, self._arrays = context.settings, context.progress, arrays
        self._training = train(
            model,
            arrays,
            batch_size=settings.batch_size,
            epochs=settings.epochs,
            seed=context.trial.seed,
            engine=cast(Engine, context.trial.engine),
            callbacks=[] if settings.stop_below_loss is None else [stop_below(settings.stop_below_loss)],
            steps_per_epoch=settings.steps_per_epoch,
            log_every=settings.log_every,
        )
        self.model, self.planned, self.predict = self._training.model, self._training.planned, self._training.predict
        notes = self._progress.provenance
        notes |= {"engine": self._training.engine, "engine_reason": self._training.reason}
        started = self._progress.started_at
        self.checkpoints = Checkpoints(context.trial, self._training, arrays, started=started, notes=notes)

    def epochs(self) -> Iterator[Epoch]:
        """Train, and yield each epoch that is measured."""
        yield from self._training.epochs()
        self._progress.provenance["weights"] = self.weights
        self._progress.cost["state_mb"] = state_megabytes(self.model)

    @property
    def ended(self) -> bool:
        """Whether no epoch is left to train."""
        return self._training.ended

    @property
    def weights(self) -> str:
        """Which weights it has ended with: the last epoch's, or what callbacks have put in their place."""
        return self._training.weights

    @property
    def final(self) -> Epoch | None:
        """What the model measures with these, where they are not those measured last."""
        return self._training.final

    def outputs(self) -> Any:
        """Return the model's outputs for the test samples; None where it trains by steps of its own and answers nothing."""
        return self.answered[0]

    @cached_property
    def answered(self) -> tuple[Any, Any]:
        """The model's outputs for the test samples, and these samples' targets; None for what there is not.

        Of batches that come in another order each time, the targets are those beside these outputs.
        """
        if not answers(self.model):
            return None, None
        if isinstance(self._arrays, Feeds):
            return outputs_and_targets(self.predict, self._arrays.test)
        return self.predict(self._arrays.x_test), self._arrays.y_test


def _describe(context: TrialContext, model: keras.Model, arrays: Arrays) -> None:
    progress, board = context.progress, context.board
    progress.cost["parameters"] = count_parameters(model)
    progress.record_fields["architecture"] = describe_layers(model)
    if has_call(model):
        inputs = None if getattr(model, "inputs", None) else first_inputs(model, arrays, 1)
        context.attempt("graph", lambda: board.graph(model, inputs=inputs))
    context.attempt("model", lambda: board.text("model", as_code(summary_text(model))))
    context.attempt("flops", lambda: progress.cost.update(flops_per_sample=count_flops(model) or math.nan))
