"""Predictions: a regression's answers against the true values, or a classifier's of its first images."""

import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from harness.figures.figure_data import FigureData, NotApplicable, class_labels_of, first_output, labels_of, require_finite
from harness.figures.samples import first_predictions
from harness.figures.style import BLACK, BLUE, SEQUENTIAL, figure, panels

MOST_DOTS = 300  # beyond them single dots hide each other, and their density is drawn


def predictions(subject: FigureData) -> Figure:
    """Draw what the model says of test samples, in the way that fits the task."""
    classes = class_labels_of(subject, subject.arrays.y_test)
    return predicted_against_true(subject) if classes is None else first_predictions(subject)


def predicted_against_true(subject: FigureData) -> Figure:
    """Draw a regression's predictions over the true values; on the diagonal they are equal."""
    truth = labels_of(subject.arrays.y_test).reshape(-1)
    predicted = first_output(subject.outputs).reshape(-1)
    if truth.shape != predicted.shape:
        raise NotApplicable(f"expected one number a sample; received outputs of {first_output(subject.outputs).shape}.")
    require_finite(predicted)
    made = figure("Predicted against true values", subject.title, width=6.4, height=5.6)
    (panel,) = panels(made)
    low, high = _range(truth, predicted)
    panel.plot([low, high], [low, high], color=BLACK, linewidth=1.0, linestyle="--", zorder=3)
    if len(truth) <= MOST_DOTS:
        panel.scatter(truth, predicted, s=22, color=BLUE, alpha=0.6, linewidths=0)
    else:
        look = {"gridsize": 55, "mincnt": 1, "extent": (low, high, low, high), "cmap": SEQUENTIAL, "norm": LogNorm(vmin=0.5)}
        shown = panel.hexbin(truth, predicted.clip(low, high), **look)
        made.colorbar(shown, ax=panel, pad=0.02, shrink=0.85, format="%g").set_label("test samples")
    panel.set(xlim=(low, high), ylim=(low, high), xlabel="true value", ylabel="predicted value", aspect="equal")
    panel.set_title(_summary(truth, predicted, outside=int(((predicted < low) | (predicted > high)).sum())))
    return made


def _range(truth: np.ndarray, predicted: np.ndarray) -> tuple[float, float]:
    """Return limits that hold the true values and nearly all predictions: one wild answer must not shrink the rest."""
    low = min(truth.min(), np.quantile(predicted, 0.002))
    high = max(truth.max(), np.quantile(predicted, 0.998))
    room = 0.03 * ((high - low) or 1.0)
    return float(low - room), float(high + room)


def _summary(truth: np.ndarray, predicted: np.ndarray, *, outside: int) -> str:
    error = predicted - truth
    spread = float(((truth - truth.mean()) ** 2).sum())
    words = f"root mean squared error {np.sqrt((error**2).mean()):.4g}"
    if spread:
        words += f", R² {1 - float((error**2).sum()) / spread:.3f}"
    return words + (f"; {outside} outside the picture" if outside else "")
