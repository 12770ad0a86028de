"""A scikit-learn estimator's course: fitted in one go, which is its only epoch."""

from typing import Any

import tensorflow as tf

from harness.data import Arrays
from harness.engine import ENGINE, count_parameters, describe_estimator, fit_estimator
from harness.tensorboard import as_code
from harness.training.context import Work
from harness.training.figures import Gallery


def train_estimator(work: Work, estimator: Any, arrays: Arrays) -> None:
    """Fit an estimator; what becomes known goes to the course and to the board, as of a network after one epoch."""
    course = work.course
    course.provenance |= {"engine": ENGINE, "engine_reason": f"the model is a {type(estimator).__name__}"}
    threads = tf.config.threading.get_intra_op_parallelism_threads() or None
    fitted = fit_estimator(estimator, arrays, seed=work.trial.seed, threads=threads)
    if fitted.warnings:
        course.provenance["warnings"] = list(fitted.warnings)
    course.found["architecture"] = describe_estimator(fitted)
    parameters = count_parameters(estimator)
    if parameters is not None:
        course.cost["parameters"] = parameters
    # It has no graph of operations to show.
    work.board.text("model", as_code("\n".join([fitted.made, *fitted.warnings])))
    work.report(fitted.epoch.number, work.add(fitted.epoch))
    outputs = None if course.diverged else fitted.predict(arrays.x_test)
    if outputs is not None:
        work.keep_answers(outputs, arrays.y_test)
    gallery = Gallery(work.trial, work.study, arrays, work.board)
    gallery.epoch(estimator, fitted.predict, fitted.epoch, planned=1)
    gallery.end(estimator, fitted.predict, course.history, outputs)
    course.hang(gallery)
