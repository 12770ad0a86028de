"""The kinds of models that a study may build, and what each tells of a model before anything trains."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import keras

from harness.engine import fingerprint, is_estimator, refusal, steps_key


@dataclass(frozen=True, slots=True)
class ModelKind:
    """What is asked of a model of one kind."""

    settings: tuple[str, ...]  # those that act on its training, outside the model and the arrays
    identity: Callable[[Any], str | None]  # a text that two models share if they are built alike; None: it cannot be told
    refusal: Callable[[Any], str]  # why it cannot be trained, empty where it can
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


# How often a training is measured is none of the settings: it learns the same.
KERAS = ModelKind(
    settings=("batch_size", "epochs", "stop_below_loss", "steps_per_epoch", "validation", "validation_by"),
    identity=fingerprint,
    refusal=refusal,
    weights=lambda model: model.weights,
    steps=steps_key,
)
SKLEARN = ModelKind(
    settings=("validation", "validation_by"),
    identity=_parameters,
    refusal=lambda model: "",
    weights=lambda model: (),
    steps=None,
)
