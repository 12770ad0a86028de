"""The first layer's weights: what each of its units or filters looks for."""

from math import isqrt

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from harness.figures.figure_data import SMALLEST_SIDE, FigureData, NotApplicable, images_of, input_names
from harness.figures.image_grid import mosaic, show
from harness.figures.style import BLACK, DIVERGING, figure, panels

MOST_TILES = 32
COLUMNS = 8
MOST_WRITTEN = 30  # weights that are written into the cells of a matrix
MOST_NAMED = 20  # inputs of a matrix


def first_layer_weights(subject: FigureData) -> Figure:
    """Draw each unit's weights as an image where its inputs are one, else all units' weights as a matrix."""
    kernel = subject.kernel
    if kernel is None:
        raise NotApplicable("the model has no layer of weights.")
    if not np.isfinite(kernel).all():
        raise NotApplicable("the weights are not finite.")
    if kernel.ndim == 4:
        return _tiles(subject, kernel.mean(axis=2), "filters")
    if kernel.ndim != 2:
        raise NotApplicable(f"weights of shape {kernel.shape} are no images; expected a dense or a two-dimensional layer.")
    shape = _image_shape(subject, len(kernel))
    return _tiles(subject, kernel.reshape(*shape, -1), "units") if shape else _matrix(subject, kernel)


def _image_shape(subject: FigureData, inputs: int) -> tuple[int, int] | None:
    try:
        shape = images_of(subject.arrays.x_test).shape[1:3]
    except NotApplicable:
        return None
    if shape[0] * shape[1] == inputs:
        return shape
    side = isqrt(inputs)
    return (side, side) if side >= SMALLEST_SIDE and side * side == inputs else None


def _tiles(subject: FigureData, kernels: np.ndarray, word: str) -> Figure:
    """Draw (height, width, units) as one small image a unit, those with the largest weights first."""
    strength = np.sqrt((kernels**2).mean(axis=(0, 1)))
    chosen = np.argsort(-strength, kind="stable")[:MOST_TILES]
    total, rows = kernels.shape[-1], -(-len(chosen) // COLUMNS)
    count = f"{total}" if total <= MOST_TILES else f"the strongest {MOST_TILES} of {total}"
    heading = f"First layer: {count} {word}"
    made = figure(heading, subject.title, width=7.2, height=0.9 + 0.78 * rows)
    (panel,) = panels(made)
    chosen_kernels = np.moveaxis(kernels[..., chosen], -1, 0)
    limit = np.quantile(np.abs(chosen_kernels), 0.995) or 1.0  # a few extremes would leave the rest pale
    laid = mosaic(chosen_kernels, columns=min(COLUMNS, len(chosen)))
    shown = show(panel, laid, cmap=DIVERGING, vmin=-limit, vmax=limit)
    made.colorbar(shown, ax=panel, shrink=0.9, pad=0.02, aspect=30, extend="both").set_label("weight")
    return made


def _matrix(subject: FigureData, kernel: np.ndarray) -> Figure:
    inputs, units = kernel.shape
    if inputs > 100 or units > 500:
        raise NotApplicable(f"a matrix of {inputs} by {units} weights is too large to be read.")
    made = figure("First layer: weights of each unit", subject.title, width=7.2, height=min(6.0, 2.2 + 0.34 * inputs))
    (panel,) = panels(made)
    limit = np.abs(kernel).max() or 1.0
    extent = (0.5, units + 0.5, inputs + 0.5, 0.5)  # counted from 1
    look = {"cmap": DIVERGING, "vmin": -limit, "vmax": limit, "aspect": "auto", "interpolation": "nearest"}
    shown = panel.imshow(kernel, extent=extent, **look)
    panel.set(xlabel="unit", ylabel="input")
    for axis in (panel.xaxis, panel.yaxis):
        # With fewer whole numbers than ticks asked for, it would take fractions.
        axis.set_major_locator(MaxNLocator(integer=True, nbins=20, min_n_ticks=1))
    names = input_names(subject.arrays, inputs)
    if names and inputs <= MOST_NAMED:
        panel.set_yticks(range(1, inputs + 1), names)
        panel.set_ylabel("")
    if kernel.size <= MOST_WRITTEN:
        for (row, column), weight in np.ndenumerate(kernel):
            colour = "white" if abs(weight) > 0.7 * limit else BLACK
            panel.text(column + 1, row + 1, f"{weight:.2f}", ha="center", va="center", fontsize=10, color=colour)
    made.colorbar(shown, ax=panel, pad=0.02).set_label("weight")
    return made
