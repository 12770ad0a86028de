"""Accuracy on test images that are moved off their place: what a model knows of a digit at the edge."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from harness.data import Samples, each
from harness.figures.figure_data import FigureData, answers, class_probabilities, first_output, images_of, labels_of
from harness.figures.style import BLACK, BLUE, ORANGE, SEQUENTIAL, figure, panels

FARTHEST, STRIDE = 10, 2  # pixels
MOST_IMAGES = 500  # moved to each of 121 places: an accuracy of 0.9 is then known to ±0.013

Shift = tuple[int, int]  # pixels to the right, pixels down


def accuracy_by_shift(subject: FigureData) -> dict[Shift, float]:
    """Return the accuracy of the first test images at each shift."""
    images_of(subject.arrays.x_test)
    found = answers(subject)
    parts = each(subject.arrays.x_test)
    x, truth = np.asarray(parts[0][:MOST_IMAGES]), found.truth[:MOST_IMAGES]
    labels = labels_of(subject.arrays.y_test)[:MOST_IMAGES]
    steps = _steps(min(images_of(x).shape[1:3]))
    return {
        (right, down): _accuracy(subject.predict, moved(x, right, down), labels, truth) for down in steps for right in steps
    }


def moved(x: np.ndarray, right: int, down: int) -> np.ndarray:
    """Return images moved by so many pixels, flat ones too; what comes in is background, the smallest value."""
    images = images_of(x)
    height, width = images.shape[1:3]
    result = np.full_like(images, x.min())
    into = (slice(max(down, 0), height + min(down, 0)), slice(max(right, 0), width + min(right, 0)))
    out = (slice(max(-down, 0), height - max(down, 0)), slice(max(-right, 0), width - max(right, 0)))
    result[:, *into] = images[:, *out]
    return result.reshape(x.shape)


def by_distance(accuracies: Mapping[Shift, float]) -> dict[int, float]:
    """Return the mean accuracy over the four directions at each distance in pixels."""
    distances = sorted({abs(right) for right, _ in accuracies})
    places = {far: {(far, 0), (-far, 0), (0, far), (0, -far)} for far in distances}
    return {far: float(np.mean([accuracies[place] for place in places[far]])) for far in distances}


def draw_shifts(subject: FigureData, accuracies: Mapping[Shift, float]) -> Figure:
    """Draw accuracies that `accuracy_by_shift` measured."""
    steps = sorted({right for right, _ in accuracies})
    matrix = np.asarray([[accuracies[right, down] for right in steps] for down in steps])
    made = figure("Accuracy on moved test images", subject.title, width=9.4, height=4.9)
    left, right = panels(made, 1, 2, width_ratios=(1.15, 1.0))
    half = STRIDE / 2
    edges = (steps[0] - half, steps[-1] + half)
    shown = left.imshow(matrix, cmap=SEQUENTIAL, vmin=0, vmax=1, extent=(*edges, *edges[::-1]))
    for (row, column), value in np.ndenumerate(matrix):
        colour = "white" if value > 0.55 else BLACK
        left.text(steps[column], steps[row], f"{100 * value:.0f}", ha="center", va="center", fontsize=8, color=colour)
    left.set(xticks=steps, yticks=steps, xlabel="moved right by (pixels)", ylabel="moved down by (pixels)")
    left.set_title("percent of the images right")
    made.colorbar(shown, ax=left, shrink=0.8, pad=0.02)
    _draw_curves(right, steps, matrix)
    return made


def _draw_curves(panel: Any, steps: list[int], matrix: np.ndarray) -> None:
    middle = steps.index(0)
    panel.plot(steps, matrix[middle], color=BLUE, marker="o", markersize=5, label="left to right")
    panel.plot(steps, matrix[:, middle], color=ORANGE, marker="^", markersize=5, linestyle="--", label="up to down")
    panel.set(xticks=steps, ylim=(0, 1.18), yticks=np.linspace(0, 1, 6), xlabel="moved by (pixels)")
    panel.set_title("accuracy along the two axes")
    panel.grid(True, axis="y")
    panel.legend(loc="upper left", frameon=False, fontsize=10)


def _steps(side: int) -> list[int]:
    farthest = min(FARTHEST, (side - 1) // STRIDE * STRIDE)
    return list(range(-farthest, farthest + 1, STRIDE))


def _accuracy(predict: Callable[[Samples], Any], x: np.ndarray, labels: np.ndarray, truth: np.ndarray) -> float:
    return float((class_probabilities(first_output(predict(x)), labels).argmax(axis=1) == truth).mean())
