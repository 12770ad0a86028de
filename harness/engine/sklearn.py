"""scikit-learn's estimators as models: fitted once, measured as a network is after its only epoch."""

import inspect
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.data import NO_CLASS, Arrays, Samples, class_numbers, each, training_weights
from harness.engine.epoch import Epoch
from harness.engine.sample_checks import check_samples
from harness.study import SPLITS, TEST, TRAIN, VALIDATION

ENGINE = "scikit-learn"
SMALLEST_PROBABILITY = 1e-7  # as Keras bounds a probability before its logarithm
MOST_CLASSES = 2**16


@dataclass(frozen=True, slots=True)
class Fitted:
    """An estimator that was fitted, and what was measured then."""

    estimator: Any
    made: str  # the expression that makes one like it, before it was given a seed
    scale: float
    classes: int  # how many a classifier knows, counted from class 0; 0 for a regressor
    epoch: Epoch
    warnings: tuple[str, ...]  # what scikit-learn said meanwhile, each once

    def predict(self, x: Samples) -> np.ndarray:
        """Return one row a sample: the chance of each class, of the predicted one 1.0 where it knows none; or the value."""
        return _outputs(self.estimator, columns(x, self.scale), self.classes)


def is_estimator(model: object) -> bool:
    """Say whether a model that is not Keras' own can be fitted and asked for predictions as scikit-learn's are."""
    return all(callable(getattr(model, name, None)) for name in ("fit", "predict"))


def fit_estimator(estimator: Any, arrays: Arrays, *, seed: int, threads: int | None = None) -> Fitted:
    """Fit an estimator to the training samples and measure it on all; what is random in it follows from the seed.

    Inputs of any shape are flattened, several are put side by side. threads: how many it may use, None for its own
    choice: two workers that each take every core wait for each other. ValueError for samples that cannot be fitted.
    """
    from threadpoolctl import threadpool_limits

    targets, classifying = check_estimator(estimator, arrays), _is_classifier(estimator)
    samples = {name: (columns(getattr(arrays, f"x_{name}"), arrays.scale), y) for name, y in targets.items()}
    made = repr(estimator)
    seed_estimator(estimator, seed)
    with warnings.catch_warnings(record=True) as caught, threadpool_limits(threads):
        warnings.simplefilter("always")
        start = time.perf_counter()
        estimator.fit(*samples[TRAIN], **_weights(estimator, arrays))
        fitted = time.perf_counter()
        classes = 1 + int(max(y.max() for _, y in samples.values())) if classifying else 0
        values = {name: _measured(estimator, x, y, classes) for name, (x, y) in samples.items()}
    said = dict.fromkeys(f"{warning.category.__name__}: {warning.message}" for warning in caught)
    epoch = Epoch(
        1, values[TRAIN], values[TEST], None, fitted - start, time.perf_counter() - fitted,
        validation=values.get(VALIDATION, {}),
        batches=1,
        step=1,
    )  # fmt: skip
    return Fitted(estimator, made, arrays.scale, classes, epoch, tuple(said))


def check_estimator(estimator: Any, arrays: Arrays) -> dict[str, np.ndarray]:
    """Return the targets of each set of samples as an estimator takes them; ValueError for samples that cannot be fitted."""
    if arrays.sample_weight_test is not None or arrays.sample_weight_validation is not None:
        raise ValueError("Received sample weights for measuring, which estimators are measured without; expected none of them.")
    check_samples(arrays, gaps=takes_gaps(estimator))
    target = _class_numbers if _is_classifier(estimator) else _numbers
    given = [name for name in SPLITS if getattr(arrays, f"x_{name}") is not None]
    return {name: target(f"y_{name}", getattr(arrays, f"y_{name}")) for name in given}


def takes_gaps(estimator: Any) -> bool:
    """Say whether an estimator takes inputs that are NaN; of a pipeline, whether its first step does."""
    from sklearn.utils import get_tags

    while getattr(estimator, "steps", None):
        estimator = estimator.steps[0][1]
    try:
        return bool(get_tags(estimator).input_tags.allow_nan)
    except Exception:  # it is none of scikit-learn's and tells nothing
        return False


def columns(x: Samples, scale: float) -> np.ndarray:
    """Return inputs as one table, a row a sample, the integer ones divided by the scale."""
    parts = [np.asarray(part).reshape(len(part), -1) for part in each(x)]
    scaled = [
        part.astype(np.float32) / np.float32(scale) if np.issubdtype(part.dtype, np.integer) and scale != 1.0 else part
        for part in parts
    ]
    return scaled[0] if len(scaled) == 1 else np.hstack(scaled)


def seed_estimator(estimator: Any, seed: int) -> None:
    """Give the seed to each random_state, a pipeline's steps' included, that was given none."""
    parameters = estimator.get_params() if hasattr(estimator, "get_params") else {}
    unset = [name for name, value in parameters.items() if name.split("__")[-1] == "random_state" and value is None]
    if unset:
        estimator.set_params(**dict.fromkeys(unset, seed))


def describe_estimator(fitted: Fitted) -> list[dict[str, Any]]:
    """Return one row as of a layer: how it was made, its class, and the number of what it has learned."""
    name, kind = " ".join(fitted.made.split()), type(fitted.estimator).__name__
    return [{"name": name, "class": kind, "output": "", "parameters": count_parameters(fitted.estimator)}]


def count_parameters(estimator: Any) -> int | None:
    """Return how many coefficients or tree nodes a fitted estimator holds, None where neither is what it learns."""
    return sum(counts) if (counts := list(_counts(estimator))) else None


def _counts(estimator: Any) -> Iterator[int]:
    """Yield the number of parameters of each part that has them."""
    if hasattr(estimator, "steps"):  # a pipeline's
        for _, step in estimator.steps:
            yield from _counts(step)
    for name in ("coef_", "intercept_"):
        yield from [np.size(getattr(estimator, name))] if hasattr(estimator, name) else []
    for name in ("coefs_", "intercepts_"):  # of a network, an array a layer
        yield from map(np.size, getattr(estimator, name, ()))
    if hasattr(estimator, "tree_"):
        yield int(estimator.tree_.node_count)
    elif hasattr(estimator, "estimators_"):
        for part in np.ravel(np.asarray(estimator.estimators_, object)):
            yield from _counts(part)
    elif hasattr(estimator, "_predictors"):  # histogram gradient boosting keeps its trees here
        yield sum(len(tree.nodes) for trees in estimator._predictors for tree in trees)


def reported(estimator: Any) -> tuple[str, ...]:
    """Return the names of what an estimator is measured by; the loss of a classifier only where it knows chances."""
    return ("loss", "accuracy") if _is_classifier(estimator) else ("loss", "mse", "rmse", "mae")


def _is_classifier(estimator: Any) -> bool:
    from sklearn.base import is_classifier

    return is_classifier(estimator)


def _class_numbers(title: str, y: Samples) -> np.ndarray:
    """Return labels as class numbers, one-hot rows too; of several outputs the first is what an estimator learns."""
    classes = class_numbers(np.asarray(each(y)[0]), most=MOST_CLASSES)
    wrong = int((classes == NO_CLASS).sum())
    if wrong:
        raise ValueError(f"{title} holds {wrong} labels that are no class numbers; a classifier expects 0, 1, 2, ...")
    return classes


def _numbers(title: str, y: Samples) -> np.ndarray:
    values = np.asarray(each(y)[0])
    return values.reshape(len(values)) if values.size == len(values) else values.reshape(len(values), -1)


def _weights(estimator: Any, arrays: Arrays) -> Mapping[str, np.ndarray]:
    weights = training_weights(arrays)
    if weights is None:
        return {}
    if "sample_weight" not in inspect.signature(estimator.fit).parameters:
        raise ValueError(f"{type(estimator).__name__} takes no sample weights; expected arrays without weights.")
    return {"sample_weight": weights}


def _measured(estimator: Any, x: np.ndarray, y: np.ndarray, classes: int) -> dict[str, float]:
    """Return loss and metrics by Keras' names; the loss of a classifier that knows no chances is left out."""
    if not classes:
        errors = np.asarray(estimator.predict(x), np.float64).reshape(y.shape) - y
        squared = float(np.mean(errors**2))
        return {"loss": squared, "mse": squared, "rmse": squared**0.5, "mae": float(np.mean(np.abs(errors)))}
    values = {"accuracy": float(np.mean(np.asarray(estimator.predict(x)) == y))}
    if _probabilities(estimator) is None:
        return values
    right = _outputs(estimator, x, classes)[np.arange(len(y)), y]
    return {"loss": float(-np.log(np.clip(right, SMALLEST_PROBABILITY, 1.0)).mean()), **values}


def _outputs(estimator: Any, x: np.ndarray, classes: int) -> np.ndarray:
    probabilities = _probabilities(estimator)
    if not classes:
        return np.asarray(estimator.predict(x), np.float64).reshape(len(x), -1)
    outputs = np.zeros((len(x), classes))
    if probabilities is None:
        outputs[np.arange(len(x)), estimator.predict(x)] = 1.0
    else:
        outputs[:, estimator.classes_] = probabilities(x)
    return outputs


def _probabilities(estimator: Any) -> Callable[[np.ndarray], np.ndarray] | None:
    return getattr(estimator, "predict_proba", None)
