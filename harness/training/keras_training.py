"""A Keras model's training: traced, and trained epoch by epoch from where an earlier attempt stopped."""

import hashlib
import math
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import keras

from harness.data import Arrays
from harness.engine import (
    Engine,
    Epoch,
    Feeds,
    Training,
    answers,
    first_inputs,
    has_call,
    outputs_and_targets,
    steps_itself,
    train,
)
from harness.models import (
    Given,
    count_flops,
    count_parameters,
    describe_layers,
    loss_text,
    make_callbacks,
    make_phases,
    state_megabytes,
    summary_text,
    unkept,
)
from harness.tensorboard import as_code
from harness.training.checkpoints import Checkpoints
from harness.training.context import TrialContext
from harness.training.given_data import labels_fault
from harness.training.phased_training import PhasedTraining
from harness.training.texts import phases_text


class KerasTrainer:
    """Trains a compiled model as the trial's settings say, see `harness.training.trainer.Trainer`."""

    def __init__(self, context: TrialContext, model: keras.Model, arrays: Given) -> None:
        _describe(context, model, arrays.look if isinstance(arrays, Feeds) else arrays)
        self._context, self._progress, self._arrays, self._model = context, context.progress, arrays, model
        self._unkept = ""
        self._training = self._one_or_several()
        self.model, self.planned, self.predict = model, self._training.planned, self._training.predict
        notes = self._progress.provenance
        notes |= {"engine": self._training.engine, "engine_reason": self._training.reason}
        started = self._progress.started_at
        self.checkpoints = Checkpoints(context.trial, self._training, arrays, started=started, notes=notes, unkept=self._unkept)

    def _one_or_several(self) -> Training | PhasedTraining:
        study, settings = self._context.study, self._context.settings
        phases = make_phases(study, settings)
        if not phases:
            return self._train(self._folder, 0, settings.epochs)
        notes = self._progress.provenance.setdefault("phases", {})
        begin = lambda number, done, epochs: self._train(self._folder / f"phase-{number}", done, epochs)  # noqa: E731
        return PhasedTraining(self._model, phases, begin, notes=notes)

    @property
    def _folder(self) -> Path:
        """Where callbacks may write."""
        return self._context.board.folder / "callbacks"

    def _train(self, folder: Path, initial_epoch: int, epochs: int) -> Training:
        study, settings, trial = self._context.study, self._context.settings, self._context.trial
        callbacks = make_callbacks(study, settings, folder)
        if study.callbacks is not None:
            self._progress.provenance["callbacks"] = [type(callback).__name__ for callback in callbacks]
        self._unkept = unkept(callbacks, folder)
        return train(
            self._model,
            self._arrays,
            batch_size=settings.batch_size,
            epochs=epochs,
            seed=trial.seeds.order,
            drawn_by=trial.seeds.dropout,
            engine=cast(Engine, trial.engine),
            callbacks=callbacks,
            steps_per_epoch=settings.steps_per_epoch,
            log_every=settings.log_every,
            initial_epoch=initial_epoch,
        )

    def epochs(self) -> Iterator[Epoch]:
        """Train, and yield each epoch that is measured; note it where a step of the model's own has taught it nothing."""
        before = _learning_digest(self.model)
        yield from self._training.epochs()
        if before and before == _learning_digest(self.model):
            self._progress.provenance["learned_nothing"] = True
        self._progress.provenance["weights"] = self.weights
        if phases := self._progress.provenance.get("phases"):
            self._context.attempt("phases", lambda: self._context.board.text("phases", phases_text(phases)))
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
        outputs = self.answered[0]
        if steps_itself(self.model) and (fault := labels_fault(self._arrays, outputs)):
            self._progress.provenance["labels_fault"] = fault
        return outputs

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


def _learning_digest(model: keras.Model) -> bytes:
    """Return a hash of the weights that learn, of a model that is trained by a step of its own; empty for others."""
    if not steps_itself(model):
        return b""
    digest = hashlib.sha256()
    for variable in model.trainable_variables:
        digest.update(variable.numpy().tobytes())
    return digest.digest()


def _describe(context: TrialContext, model: keras.Model, arrays: Arrays) -> None:
    progress, board = context.progress, context.board
    progress.cost["parameters"] = count_parameters(model)
    progress.record_fields["architecture"] = describe_layers(model)
    context.attempt("loss", lambda: progress.provenance.update(loss=loss_text(model)))
    if has_call(model):
        inputs = None if getattr(model, "inputs", None) else first_inputs(model, arrays, 1)
        context.attempt("graph", lambda: board.graph(model, inputs=inputs))
    context.attempt("model", lambda: board.text("model", as_code(summary_text(model))))
    context.attempt("flops", lambda: progress.cost.update(flops_per_sample=count_flops(model) or math.nan))
