"""The kinds of models that a study may build, and what each tells of a model before anything trains."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import keras

from harness.data import Arrays
from harness.engine import build, check_arrays, check_estimator, fingerprint, is_estimator, refusal, steps_key


@dataclass(frozen=True, slots=True)
class ModelKind:
    """What is asked of a model of one kind."""

    settings: tuple[str, ...]  # those that act on its training, outside the model and the arrays
    identity: Callable[[Any], str | None]  # a text that two models share if they are built alike; None: it cannot be told
    refusal: Callable[[Any], str]  # why it cannot be trained, empty where it can
    check: Callable[[Any, Arrays, int], None]  # raises where arrays, in batches of this size, do not fit the model
    weights: Callable[[Any], Iterable[Any]]  # that training begins with
    steps: Callable[..., Any] | None  # its steps traced, as harness.engine.steps_key; None: it is trained in one go


def kind_of(model: object) -> ModelKind:
    """Return the kind of what a study's build returned; TypeError if it is none that can be trained."""
    if isinstance(model, keras.Model):
        return KERAS
    if is_estimator(model):
        return SKLEARN
    raise TypeError(f"build(settings) must return a keras.Model or a scikit-learn estimator; received {type(model).__name__}.")


def _parameters(estimator: Any) -> str:
    parameters = sorted((name, repr(value)) for name, value in estimator.get_params().items())
    return repr((type(estimator).__module__, type(estimator).__qualname__, parameters))


def _check_keras(model: keras.Model, arrays: Arrays, batch_size: int) -> None:
    if refused := refusal(model):
        raise ValueError(refused)
    build(model, arrays, batch_size=batch_size)
    check_arrays(model, arrays)


def _check_sklearn(estimator: Any, arrays: Arrays, batch_size: int) -> None:
    check_estimator(estimator, arrays)


# How often a training is measured is none of the settings: it learns the same.
KERAS = ModelKind(
    settings=("batch_size", "epochs", "stop_below_loss", "steps_per_epoch", "validation", "validation_by"),
    identity=fingerprint,
    refusal=refusal,
    check=_check_keras,
    weights=lambda model: model.weights,
    steps=steps_key,
)
SKLEARN = ModelKind(
    settings=("validation", "validation_by"),
    identity=_parameters,
    refusal=lambda model: "",
    check=_check_sklearn,
    weights=lambda model: (),
    steps=None,
)
