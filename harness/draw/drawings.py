"""What is drawn, as the models see it: 28 × 28 pixels, centred as MNIST was made or left where it is."""

from typing import Any

import numpy as np
from PIL import Image

from harness.errors import UsageError

SIDE = 28
BOX = 20  # pixels of a digit's longer side in MNIST

# Ready drawings: strokes of points from 0 to 1, to the right and down, as a hand would draw them.
EXAMPLES = {
    "one-edge": [[(0.93, 0.2), (0.93, 0.8)]],
    "one": [[(0.5, 0.2), (0.5, 0.8)]],
    "seven": [[(0.3, 0.25), (0.7, 0.25), (0.45, 0.8)], [(0.38, 0.52), (0.66, 0.52)]],
    "zero": [[(0.5 + 0.17 * np.cos(turn), 0.5 + 0.28 * np.sin(turn)) for turn in np.linspace(0, 2 * np.pi, 25).tolist()]],
}


def as_image(pixels: Any) -> np.ndarray:
    """Return a drawing as an image, uint8 of shape (28, 28), from 784 numbers of 0 (background) to 255, row by row.

    UsageError, in one line, for anything else.
    """
    if not isinstance(pixels, list) or len(pixels) != SIDE * SIDE:
        given = f"{len(pixels)} of them" if isinstance(pixels, list) else type(pixels).__name__
        raise UsageError(f"Expected the {SIDE * SIDE} pixels of an image; received {given}.")
    if not all(type(value) in (int, float) for value in pixels):
        raise UsageError("Expected pixels that are numbers.")
    if not all(0 <= value <= 255 for value in pixels):  # NaN is not, nor what no float can hold
        raise UsageError("Expected pixels from 0 to 255.")
    values = np.array(pixels, dtype=np.float64)
    return np.round(values).astype(np.uint8).reshape(SIDE, SIDE)


def centred(image: np.ndarray) -> np.ndarray:
    """Return an image as MNIST was made: what is drawn fits a box of 20 × 20, its centre of mass in the middle.

    image: uint8 (28, 28); an empty one stays as it is. Source: LeCun, Cortes and Burges, "The MNIST database".
    """
    rows, columns = np.nonzero(image)
    if not len(rows):
        return image
    cut = image[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    factor = BOX / max(cut.shape)
    size = [max(1, round(side * factor)) for side in cut.shape[::-1]]
    fitted = np.asarray(Image.fromarray(cut).resize((size[0], size[1]), Image.Resampling.BILINEAR), dtype=np.float64)
    down, right = ((SIDE - 1) / 2 - middle for middle in _centre(fitted))
    top, left = (
        int(np.clip(round(start), 0, SIDE - length)) for start, length in zip((down, right), fitted.shape, strict=True)
    )
    result = np.zeros((SIDE, SIDE), np.uint8)
    result[top : top + fitted.shape[0], left : left + fitted.shape[1]] = np.round(fitted)
    return result


def offset(image: np.ndarray) -> tuple[float, float] | None:
    """Return how many pixels the centre of mass lies to the right of the middle, and below it; None of an empty image."""
    if not image.any():
        return None
    down, right = _centre(image.astype(np.float64))
    return right - (SIDE - 1) / 2, down - (SIDE - 1) / 2


def moved(images: np.ndarray, right: int) -> np.ndarray:
    """Return images, (n, 28, 28), moved by so many pixels to the right (negative: left) over an empty background."""
    result = np.zeros_like(images)
    if right >= 0:
        result[:, :, right:] = images[:, :, : SIDE - right]
    else:
        result[:, :, :right] = images[:, :, -right:]
    return result


def _centre(image: np.ndarray) -> tuple[float, float]:
    weights = image / image.sum()
    return tuple(float((weights.sum(axis=1 - axis) * np.arange(image.shape[axis])).sum()) for axis in (0, 1))  # type: ignore[return-value]
