"""A Keras model's course: traced, trained epoch by epoch from where an earlier attempt stopped, asked for its answers."""

import math

import keras

from harness.data import Arrays
from harness.engine import Training, answers, first_inputs, has_call, train
from harness.models import count_flops, count_parameters, describe_layers, state_megabytes, stop_below, summary_text
from harness.tensorboard import as_code
from harness.training.checkpoints import Checkpoints
from harness.training.context import Interrupted, Work
from harness.training.figures import Gallery


def train_network(work: Work, model: keras.Model, arrays: Arrays) -> None:
    """Train a compiled model as the trial's settings say; what becomes known goes to the course and to the board."""
    course, settings = work.course, work.settings
    course.cost["parameters"] = count_parameters(model)
    course.found["architecture"] = describe_layers(model)
    if has_call(model):
        inputs = None if getattr(model, "inputs", None) else first_inputs(model, arrays, 1)
        work.attempt("graph", lambda: work.board.graph(model, inputs=inputs))
    work.attempt("model", lambda: work.board.text("model", as_code(summary_text(model))))
    work.attempt("flops", lambda: course.cost.update(flops_per_sample=count_flops(model) or math.nan))
    training = train(
        model,
        arrays,
        batch_size=settings.batch_size,
        epochs=settings.epochs,
        seed=work.trial.seed,
        engine=work.trial.engine,
        callbacks=[] if settings.stop_below_loss is None else [stop_below(settings.stop_below_loss)],
        steps_per_epoch=settings.steps_per_epoch,
        log_every=settings.log_every,
    )
    course.provenance |= {"engine": training.engine, "engine_reason": training.reason}
    checkpoints = Checkpoints(work.trial, training, arrays, started=course.clock, notes=course.provenance)
    gallery = Gallery(work.trial, work.study, arrays, work.board)
    _train_epochs(work, training, checkpoints, gallery)
    course.provenance["weights"] = training.weights
    if training.final is not None:
        work.finish(training.final)
        gallery.epoch(training.model, training.predict, training.final, planned=training.planned)
    course.cost["state_mb"] = state_megabytes(training.model)
    outputs = training.predict(arrays.x_test) if answers(model) and not course.diverged else None
    if outputs is not None and arrays.y_test is not None:
        work.keep_answers(outputs, arrays.y_test)
    gallery.end(training.model, training.predict, course.history, outputs, weights=training.weights)
    course.hang(gallery)


def _train_epochs(work: Work, training: Training, checkpoints: Checkpoints, gallery: Gallery) -> None:
    for epoch in checkpoints.resume():
        work.add(epoch)
    work.course.earlier_seconds = checkpoints.earlier_seconds
    checkpoints.take_over()
    for epoch in training.epochs():
        stopping = work.report(epoch.number, work.add(epoch))
        gallery.epoch(training.model, training.predict, epoch, planned=training.planned)
        checkpoints.after(epoch, ending=stopping)
        if stopping and not training.ended:
            raise Interrupted(f"stopped after epoch {epoch.number} of {training.planned}.")
