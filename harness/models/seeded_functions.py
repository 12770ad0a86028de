"""Random states, set to a trial's seed before each function of the study's own is called."""

import os
import random
import sys
from typing import Any

import numpy as np

from harness.isolation import seed_pytorch

_LIBRARIES = frozenset({"tensorflow", "keras"})


def seed_everything(seed: int) -> None:
    """Set the random states of Python, NumPy and PyTorch, and of TensorFlow and Keras where they are loaded."""
    random.seed(seed)
    np.random.seed(seed)
    if _LIBRARIES & sys.modules.keys():
        os.environ.setdefault("KERAS_BACKEND", "tensorflow")
        import keras

        keras.utils.set_random_seed(seed)
    seed_pytorch(seed)


def random_states() -> tuple[object, ...]:
    """Return what tells whether anything was drawn since: the states of Python's and NumPy's generators."""
    state: Any = np.random.get_state()
    kind, words, *rest = state
    return random.getstate(), kind, words.tobytes(), tuple(rest)


def others_loaded() -> frozenset[str]:
    """Return which other libraries with random states of their own are loaded."""
    return frozenset((*_LIBRARIES, "torch", "jax")) & sys.modules.keys()
