"""The plane of a model's two inputs, as a grid of points to ask the model about."""

from typing import NamedTuple

import numpy as np

from harness.data import Arrays
from harness.figures.figure_data import plane_of

SIDE = 121  # points along each axis
MARGIN = 0.12  # of the samples' range, on each side


class Plane(NamedTuple):
    """Where a grid lies, and its points as the model takes them."""

    low: np.ndarray  # (2,)
    high: np.ndarray  # (2,)
    points: np.ndarray  # (SIDE * SIDE, 2), the second input varying slowest


def plane(arrays: Arrays) -> Plane:
    """Return a grid over all samples and somewhat beyond; NotApplicable where a sample is not two numbers."""
    samples = np.concatenate([plane_of(arrays.x_train), plane_of(arrays.x_test)])
    low, high = samples.min(axis=0).astype(float), samples.max(axis=0).astype(float)
    room = MARGIN * np.where(high > low, high - low, 1.0)
    low, high = low - room, high + room
    across, up = np.meshgrid(np.linspace(low[0], high[0], SIDE), np.linspace(low[1], high[1], SIDE))
    kind = samples.dtype if np.issubdtype(samples.dtype, np.floating) else np.float32
    return Plane(low, high, np.stack([across.ravel(), up.ravel()], axis=1).astype(kind))
