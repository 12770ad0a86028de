"""A picture's name → its PNG."""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from matplotlib.figure import Figure

from harness.figures.confusion_matrix import confusion_matrix
from harness.figures.decision_surface import draw_surfaces
from harness.figures.figure_data import FigureData
from harness.figures.input_plane import plane
from harness.figures.layer_weights import first_layer_weights
from harness.figures.learning_curves import learning_curves
from harness.figures.predictions import predictions
from harness.figures.samples import first_of_each_class, mistakes
from harness.figures.style import to_png
from harness.figures.translation import accuracy_by_shift, by_distance, draw_shifts
from harness.study import (
    CONFUSION_MATRIX,
    DECISION_SURFACE,
    FIRST_LAYER_WEIGHTS,
    FIRST_OF_EACH_CLASS,
    LEARNING_CURVES,
    MISTAKES,
    PREDICTIONS,
    SHIFT_ACCURACY,
)


class Drawing(NamedTuple):
    """A picture as the bytes of a PNG file."""

    png: bytes
    step: int | None = None  # its place under the slider; None for the last
    values: Mapping[str, float] = {}  # the figures in it that are found nowhere else


SIMPLE: Mapping[str, Callable[[FigureData], Figure]] = {
    LEARNING_CURVES: learning_curves,
    CONFUSION_MATRIX: confusion_matrix,
    MISTAKES: mistakes,
    FIRST_OF_EACH_CLASS: first_of_each_class,
    FIRST_LAYER_WEIGHTS: first_layer_weights,
    PREDICTIONS: predictions,
}


def draw(name: str, subject: FigureData) -> Iterator[Drawing]:
    """Yield the picture of that name, several where it changes over the epochs; NotApplicable says why it does not fit."""
    if name == DECISION_SURFACE:
        drawn = draw_surfaces(subject, plane(subject.arrays), subject.surfaces)
        yield from (Drawing(png, surface.step) for surface, png in zip(subject.surfaces, drawn, strict=True))
    elif name == SHIFT_ACCURACY:
        accuracies = accuracy_by_shift(subject)
        values = {f"moved by {far} pixels": accuracy for far, accuracy in by_distance(accuracies).items()}
        yield Drawing(to_png(draw_shifts(subject, accuracies)), values=values)
    else:
        yield Drawing(to_png(SIMPLE[name](subject)))
