"""Which metrics a model will report, known from how it was compiled, before anything has trained."""

from collections.abc import Iterable, Iterator
from typing import Any

import keras

from harness.engine import keras_internals, reported
from harness.errors import unknown
from harness.models.kinds import SKLEARN, kind_of
from harness.study import Metric

LOSS = "loss"
# A model that does one of these in its own way reports what only its code knows.
_OWN = ("train_step", "test_step", "compute_metrics", "get_metrics_result", "metrics")


def missing(metric: Metric, model: Any) -> str:
    """Say that a compiled network or an estimator will not report a metric; empty where it will, or where that is not known."""
    names = reported_names(model)
    several = len(getattr(model, "outputs", None) or ()) > 1
    if names is None or any(_among(name, names, several=several) for name in (metric.name, *metric.aliases)):
        return ""
    return f"is judged by a metric that its model does not report. {unknown('Metric', metric.name, names)}"


def reported_names(model: Any) -> list[str] | None:
    """Return the names that the model's metrics have, without those of its outputs in front; None where only its code knows."""
    if kind_of(model) is SKLEARN:
        return list(reported(model))
    own = any(getattr(type(model), name, None) is not getattr(keras.Model, name) or name in vars(model) for name in _OWN)
    if own or not model.compiled:
        return None
    names = [_name(metric) for metric in _flat(keras_internals.metrics_given(model))]
    compiled, _ = keras_internals.metrics_and_losses(model)
    names += [metric.name for metric in model.metrics if metric is not compiled]  # of its layers, too
    return None if None in names else list(dict.fromkeys([LOSS, *filter(None, names)]))


def _flat(metrics: Any) -> Iterator[Any]:
    if isinstance(metrics, dict):
        metrics = metrics.values()
    if isinstance(metrics, Iterable) and not isinstance(metrics, str):
        for part in metrics:
            yield from _flat(part)
    elif metrics is not None:
        yield metrics


def _name(metric: Any) -> str | None:
    if isinstance(metric, str):
        return metric
    return getattr(metric, "name", None) or getattr(metric, "__name__", None)


def _among(name: str, names: Iterable[str], *, several: bool) -> bool:
    """Say whether a metric is one of these; of several outputs, main_rmse is the rmse of main."""
    return any(name == one or (several and name.endswith(f"_{one}")) for one in names)
