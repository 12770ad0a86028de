"""A Keras model's course: traced, trained epoch by epoch from where an earlier attempt stopped, asked for its answers."""

import math
from typing import cast

import keras

from harness.data import Arrays
from harness.engine import Engine, Training, answers, first_inputs, has_call, train
from harness.models import count_flops, count_parameters, describe_layers, state_megabytes, stop_below, summary_text
from harness.tensorboard import as_code
from harness.training.checkpoints import Checkpoints
from harness.training.context import Interrupted, TrialContext
from harness.training.figures import FigureLogger


def train_network(context: TrialContext, model: keras.Model, arrays: Arrays) -> None:
    """Train a compiled model as the trial's settings say; what becomes known goes to the course and to the board."""
    progress, settings = context.progress, context.settings
    progress.cost["parameters"] = count_parameters(model)
    progress.record_fields["architecture"] = describe_layers(model)
    if has_call(model):
        inputs = None if getattr(model, "inputs", None) else first_inputs(model, arrays, 1)
        context.attempt("graph", lambda: context.board.graph(model, inputs=inputs))
    context.attempt("model", lambda: context.board.text("model", as_code(summary_text(model))))
    context.attempt("flops", lambda: progress.cost.update(flops_per_sample=count_flops(model) or math.nan))
    training = train(
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
    progress.provenance |= {"engine": training.engine, "engine_reason": training.reason}
    checkpoints = Checkpoints(context.trial, training, arrays, started=progress.started_at, notes=progress.provenance)
    figures = FigureLogger(context.trial, context.study, arrays, context.board)
    _train_epochs(context, training, checkpoints, figures)
    progress.provenance["weights"] = training.weights
    if training.final is not None:
        context.finish(training.final)
        figures.epoch(training.model, training.predict, training.final, planned=training.planned)
    progress.cost["state_mb"] = state_megabytes(training.model)
    outputs = training.predict(arrays.x_test) if answers(model) and not progress.diverged else None
    if outputs is not None and arrays.y_test is not None:
        context.save_predictions(outputs, arrays.y_test)
    figures.end(training.model, training.predict, progress.history, outputs, weights=training.weights)
    progress.add_figure_notes(figures)


def _train_epochs(context: TrialContext, training: Training, checkpoints: Checkpoints, figures: FigureLogger) -> None:
    for epoch in checkpoints.resume():
        context.log_epoch(epoch)
    context.progress.earlier_seconds = checkpoints.earlier_seconds
    checkpoints.take_over()
    for epoch in training.epochs():
        stopping = context.report(epoch.number, context.log_epoch(epoch))
        figures.epoch(training.model, training.predict, epoch, planned=training.planned)
        checkpoints.after(epoch, ending=stopping)
        if stopping and not training.ended:
            raise Interrupted(f"stopped after epoch {epoch.number} of {training.planned}.")
