"""Pictures of single images: the first of each class, the first with their answers, and the worst mistakes."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from harness.figures.figure_data import (
    FigureData,
    NotApplicable,
    Predictions,
    answers,
    as_grey,
    class_labels_of,
    images_of,
    names_of,
)
from harness.figures.image_grid import mosaic, show
from harness.figures.style import BLUE, ORANGE, figure, panels

OF_EACH_CLASS = 8
FIRST = 10
MOST_MISTAKES = 15
COLUMNS = 5  # of images with an answer above each
ABOVE = 0.5  # room for two lines of text, as a share of an image's height


def first_of_each_class(subject: FigureData) -> Figure:
    """Draw the first training images of each class, a row a class."""
    images = images_of(subject.arrays.x_train)
    numbers = class_labels_of(subject, subject.arrays.y_train)
    if numbers is None:
        raise NotApplicable("the labels are no classes.")
    present = np.unique(numbers)
    names = names_of(subject.class_names, int(present.max()) + 1)
    made = figure(f"First {OF_EACH_CLASS} training images of each class", subject.title, height=0.8 + 0.56 * len(present))
    (panel,) = panels(made)
    grid = np.full((len(present), OF_EACH_CLASS, *images.shape[1:]), np.nan)
    for row, number in zip(grid, present, strict=True):
        places = np.flatnonzero(numbers == number)[:OF_EACH_CLASS]
        row[: len(places)] = as_grey(np.asarray(images[places]))
    laid = mosaic(grid.reshape(-1, *images.shape[1:]), columns=OF_EACH_CLASS)
    show(panel, laid, cmap="gray_r", vmin=0, vmax=1)
    height, width = laid.size
    for (top, left), number in zip(laid.places[::OF_EACH_CLASS], present, strict=True):
        panel.text(left - 0.2 * width, top + height / 2, names[number], ha="right", va="center", fontsize=11)
    return made


def first_predictions(subject: FigureData) -> Figure:
    """Draw the first test images with the class that the model gives each, and how sure it is."""
    images, found = images_of(subject.arrays.x_test), answers(subject)
    places = np.arange(min(FIRST, len(images)))
    made = figure(f"First {len(places)} test images", subject.title, width=7.6, height=4.6)
    _draw_answers(made, images, found, places)
    return made


def mistakes(subject: FigureData) -> Figure:
    """Draw the test images that the model gets wrong, the one it is surest of first."""
    images, found = images_of(subject.arrays.x_test), answers(subject)
    wrong = np.flatnonzero(~found.right)
    if not wrong.size:
        raise NotApplicable("the model makes no mistake on the test samples.")
    surest = wrong[np.argsort(-found.probabilities[wrong].max(axis=1), kind="stable")][:MOST_MISTAKES]
    heading = f"Surest {len(surest)} of {wrong.size:,} mistakes" if wrong.size > 1 else "The one mistake"
    made = figure(heading, subject.title, width=7.6, height=0.7 + 1.95 * -(-len(surest) // COLUMNS))
    _draw_answers(made, images, found, surest)
    return made


def _draw_answers(made: Figure, images: np.ndarray, found: Predictions, chosen: np.ndarray) -> None:
    (panel,) = panels(made)
    laid = mosaic(as_grey(np.asarray(images[chosen])), columns=COLUMNS, above=ABOVE, between=0.34)
    show(panel, laid, cmap="gray_r", vmin=0, vmax=1)
    height, width = laid.size
    for (top, left), sample in zip(laid.places, chosen, strict=True):
        text, colour = _answer(found, sample)
        place = (left + width / 2, top - 0.06 * height)
        panel.text(*place, text, color=colour, ha="center", va="bottom", fontsize=10.5, linespacing=1.2)


def _answer(found: Predictions, sample: int) -> tuple[str, Any]:
    said, true = found.predicted[sample], found.truth[sample]
    words = f"{found.names[said]}  {_percent(found.probabilities[sample, said])}"
    return (f"{words}\nright", BLUE) if said == true else (f"{words}\nis {found.names[true]}", ORANGE)


def _percent(chance: float) -> str:
    """Return a chance as a percentage that is 100 only for one of 1; other outputs as they are."""
    if not 0.0 <= chance <= 1.0:
        return f"({chance:.2g})"
    return f"{100 * chance:.0f}%" if chance < 0.985 or chance == 1.0 else f"{min(100 * chance, 99.9):.1f}%"
