"""A scikit-learn estimator's training: fitted in one go, which is its only epoch."""

from collections.abc import Iterator
from typing import Any

import tensorflow as tf

from harness.data import Arrays, Samples
from harness.engine import ENGINE, Epoch, count_parameters, describe_estimator, fit_estimator
from harness.errors import UsageError
from harness.records import LAST_EPOCH
from harness.study import ONE_NUMBER
from harness.tensorboard import as_code
from harness.training.context import TrialContext


class SklearnTrainer:
    """Fits an estimator, see `harness.training.trainer.Trainer`."""

    planned = 1
    checkpoints = None
    weights = LAST_EPOCH
    final = None
    ended = False

    def __init__(self, context: TrialContext, estimator: Any, arrays: Arrays) -> None:
        context.progress.provenance |= {"engine": ENGINE, "engine_reason": f"the model is a {type(estimator).__name__}"}
        self.model, self._context, self._arrays = estimator, context, arrays

    def epochs(self) -> Iterator[Epoch]:
        """Fit the estimator, and yield what it measures."""
        if self._context.trial.vary:
            raise UsageError(f"{ONE_NUMBER}.")
        progress, board, seed = self._context.progress, self._context.board, self._context.trial.seed
        threads = tf.config.threading.get_intra_op_parallelism_threads() or None
        self._fitted = fitted = fit_estimator(self.model, self._arrays, seed=seed, threads=threads)
        self.ended = True
        if fitted.warnings:
            progress.provenance["warnings"] = list(fitted.warnings)
        progress.record_fields["architecture"] = describe_estimator(fitted)
        parameters = count_parameters(self.model)
        if parameters is not None:
            progress.cost["parameters"] = parameters
        # It has no graph of operations to show.
        board.text("model", as_code("\n".join([fitted.made, *fitted.warnings])))
        yield fitted.epoch

    def predict(self, x: Samples) -> Any:
        """Return one row a sample, as `harness.engine.sklearn.Fitted.predict`."""
        return self._fitted.predict(x)

    def outputs(self) -> Any:
        """Return the estimator's outputs for the test samples."""
        return self.predict(self._arrays.x_test)

    @property
    def answered(self) -> tuple[Any, Any]:
        """These outputs, and the test samples' targets."""
        return self.outputs(), self._arrays.y_test
