"""With which weights a training ends: its last epoch's, an average of them, or those that a callback put back."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

import keras
import numpy as np

AVERAGE = "average of the weights"


def digest(model: keras.Model) -> bytes:
    """Return a hash of the model's weights: two are equal where all weights are, bit for bit."""
    found = hashlib.sha256()
    for weight in model.weights:
        found.update(np.ascontiguousarray(weight.numpy()).view(np.uint8).data)
    return found.digest()


def averages(optimizer: Any) -> bool:
    """Say whether an optimizer puts other weights in place at the end of training, mostly their moving average."""
    if optimizer is None:  # of a model that keeps its own, whose train_step is all that uses them
        return False
    finalize = getattr(type(optimizer), "finalize_variable_values", None)
    if getattr(optimizer, "use_ema", False) or not getattr(finalize, "__module__", "keras").startswith("keras."):
        return True
    parts = (getattr(optimizer, "inner_optimizer", None), *getattr(optimizer, "optimizers", ()))
    return any(averages(part) for part in parts if part is not None)


def averaged(callbacks: Sequence[keras.callbacks.Callback], *, stopped: bool) -> str:
    """Return in words which weights an averaging optimizer has put in place at the end.

    Where SwapEMAWeights had the average in the model already, the optimizer exchanges it for the others, but for behind
    the last epoch. stopped: whether the training has ended before that one.
    """
    swapped = stopped and any(getattr(callback, "_ema_weights_in_model", False) for callback in callbacks)
    return "as SwapEMAWeights and the optimizer left them" if swapped else AVERAGE


def put_back(callbacks: Sequence[keras.callbacks.Callback], model: keras.Model) -> int | None:
    """Return the number, from 1, of the best epoch whose weights a callback has put back, None where that is not known."""
    for callback in reversed(callbacks):
        best, kept = getattr(callback, "best_epoch", None), getattr(callback, "best_weights", None)
        if best is not None and kept is not None and _same(kept, model.get_weights()):
            return int(best) + 1
    return None


def _same(kept: Any, weights: list[np.ndarray]) -> bool:
    return len(kept) == len(weights) and all(np.array_equal(one, other) for one, other in zip(kept, weights, strict=True))


def trained_values(callbacks: Sequence[keras.callbacks.Callback], number: int, names: Iterable[str]) -> dict[str, float]:
    """Return what was measured under these names while an epoch was trained, from Keras' own history of all epochs."""
    history = next(callback for callback in callbacks if isinstance(callback, keras.callbacks.History))
    place = history.epoch.index(number - 1)
    return {name: history.history[name][place] for name in names}
