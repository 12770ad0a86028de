"""A scikit-learn estimator's course: fitted in one go, which is its only epoch."""

from typing import Any

import tensorflow as tf

from harness.data import Arrays
from harness.engine import ENGINE, count_parameters, describe_estimator, fit_estimator
from harness.tensorboard import as_code
from harness.training.context import TrialContext
from harness.training.figures import FigureLogger


def train_estimator(context: TrialContext, estimator: Any, arrays: Arrays) -> None:
    """Fit an estimator; what becomes known goes to the course and to the board, as of a network after one epoch."""
    progress = context.progress
    progress.provenance |= {"engine": ENGINE, "engine_reason": f"the model is a {type(estimator).__name__}"}
    threads = tf.config.threading.get_intra_op_parallelism_threads() or None
    fitted = fit_estimator(estimator, arrays, seed=context.trial.seed, threads=threads)
    if fitted.warnings:
        progress.provenance["warnings"] = list(fitted.warnings)
    progress.record_fields["architecture"] = describe_estimator(fitted)
    parameters = count_parameters(estimator)
    if parameters is not None:
        progress.cost["parameters"] = parameters
    # It has no graph of operations to show.
    context.board.text("model", as_code("\n".join([fitted.made, *fitted.warnings])))
    context.report(fitted.epoch.number, context.log_epoch(fitted.epoch))
    outputs = None if progress.diverged else fitted.predict(arrays.x_test)
    if outputs is not None:
        context.save_predictions(outputs, arrays.y_test)
    figures = FigureLogger(context.trial, context.study, arrays, context.board)
    figures.epoch(estimator, fitted.predict, fitted.epoch, planned=1)
    figures.end(estimator, fitted.predict, progress.history, outputs)
    progress.add_figure_notes(figures)
