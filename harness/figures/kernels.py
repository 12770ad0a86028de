"""A trained model's weights as arrays: all of them by name, and those of the first layer."""

from typing import Any

import numpy as np


def named_weights(model: Any) -> dict[str, np.ndarray]:
    """Return each array of weights by its layer's and its own name; of a scikit-learn estimator its coefficients."""
    if hasattr(model, "trainable_weights"):
        # A model without a name of its own is numbered by Keras: the same weight would have a tag of its own each trial.
        return {weight.path.removeprefix(f"{model.name}/"): np.asarray(weight) for weight in model.trainable_weights}
    model = _last_step(model)
    found: dict[str, np.ndarray] = {}
    for name in ("coef_", "intercept_", "coefs_", "intercepts_"):
        values = getattr(model, name, None)
        if isinstance(values, list):
            found |= {f"{name.strip('_')}-{number}": np.asarray(part) for number, part in enumerate(values, start=1)}
        elif values is not None:
            found[name.strip("_")] = np.asarray(values)
    return found


def first_kernel(model: Any) -> np.ndarray | None:
    """Return the weights of a model's first layer that has any, inputs first and units last, or None."""
    if hasattr(model, "trainable_weights"):
        from harness.engine import keras_internals  # loads Keras, which an estimator does without

        weights = (weight for layer in keras_internals.all_layers(model, include_self=False) for weight in layer.weights)
        kernel = next((weight for weight in weights if weight.name.endswith("kernel") and len(weight.shape) > 1), None)
        return None if kernel is None else np.asarray(kernel)
    model = _last_step(model)
    if getattr(model, "coefs_", None):
        return np.asarray(model.coefs_[0])
    return np.atleast_2d(model.coef_).T if hasattr(model, "coef_") else None


def _last_step(estimator: Any) -> Any:
    return estimator.steps[-1][1] if hasattr(estimator, "steps") else estimator
