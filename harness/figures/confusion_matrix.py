"""The confusion matrix: how often each class is taken for each other one."""

from typing import Any

import numpy as np
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure

from harness.figures.figure_data import FigureData, Predictions, answers
from harness.figures.style import BLACK, SEQUENTIAL, figure, panels

MOST_COUNTED = 15  # classes whose cells have room for a number


def confusion_matrix(subject: FigureData) -> Figure:
    """Draw the counts of true against predicted classes, coloured by their share of the true class."""
    found = answers(subject)
    counts = count_pairs(found)
    many = len(found.names) > 3
    made = figure("Confusion matrix", subject.title, width=6.4 if many else 4.8, height=5.9 if many else 4.4)
    (panel,) = panels(made)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    # A good classifier's errors are a few in a thousand: on an even scale they would all be white.
    shown = panel.imshow(shares, cmap=SEQUENTIAL, norm=PowerNorm(0.4, 0.0, 1.0))
    _label(panel, found.names)
    if len(found.names) <= MOST_COUNTED:
        _write_counts(panel, counts, shares)
    right = int(found.right.sum())
    wrong = len(found.truth) - right
    panel.set_title(f"{wrong:,} of {len(found.truth):,} test samples wrong; accuracy {right / len(found.truth):.4f}")
    bar = made.colorbar(shown, ax=panel, shrink=0.8, pad=0.02, ticks=[0, 0.01, 0.1, 0.3, 1.0], format="%g")
    bar.set_label("share of the true class")
    return made


def count_pairs(found: Predictions) -> np.ndarray:
    """Return how many samples of each true class (rows) are given each class (columns)."""
    size = len(found.names)
    return np.bincount(found.truth * size + found.predicted, minlength=size * size).reshape(size, size)


def _label(panel: Any, names: tuple[str, ...]) -> None:
    places, long = range(len(names)), max(map(len, names)) > 3
    panel.set_xticks(places, names, rotation=40 if long else 0, ha="right" if long else "center", rotation_mode="anchor")
    panel.set_yticks(places, names)
    panel.set_xlabel("predicted")
    panel.set_ylabel("true")
    panel.tick_params(length=0, labelsize=9 if long else 11)
    for side in panel.spines.values():
        side.set_visible(False)
    panel.set_xticks(np.arange(len(names) + 1) - 0.5, minor=True)
    panel.set_yticks(np.arange(len(names) + 1) - 0.5, minor=True)
    panel.grid(which="minor", color="#DDDDDD", linewidth=0.6)
    panel.tick_params(which="minor", length=0)


def _write_counts(panel: Any, counts: np.ndarray, shares: np.ndarray) -> None:
    size = 13 if len(counts) <= 3 else 9.5
    for (row, column), count in np.ndenumerate(counts):
        if count:
            colour = "white" if shares[row, column] > 0.25 else BLACK
            panel.text(column, row, f"{count:,}", ha="center", va="center", fontsize=size, color=colour)
