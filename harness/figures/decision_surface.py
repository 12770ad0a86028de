"""Decision surfaces: the model's answer at each point of the plane of its two inputs, epoch by epoch."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.colors import to_rgb

from harness.figures.figure_data import (
    FigureData,
    Surface,
    class_labels_of,
    input_names,
    labels_of,
    names_of,
    plane_of,
    require_finite,
)
from harness.figures.input_plane import SIDE, Plane
from harness.figures.style import BLACK, DARK, DIVERGING, MARKERS, colours, figure, panels, retitle, to_png

MOST_POINTS = 400  # samples drawn, of the training and of the test samples each


class _Look(NamedTuple):
    """How the model's outputs on the grid, (SIDE, SIDE, outputs), become a picture."""

    colours: Callable[[np.ndarray], np.ndarray]  # a number or a colour at each point
    borders: Callable[[np.ndarray], Sequence[np.ndarray]]  # fields that change their sign between classes
    options: Mapping[str, Any]
    legend: str = ""  # of the colour bar; empty for none


def draw_surfaces(subject: FigureData, where: Plane, surfaces: Sequence[Surface]) -> Iterator[bytes]:
    """Yield the PNG of each surface: one figure painted over, laid out once, so that nothing but the surface moves."""
    for surface in surfaces:
        require_finite(surface.outputs)
    made = figure("Decision surface", subject.title, width=5.6, height=5.0)
    (panel,) = panels(made)
    extent = (where.low[0], where.high[0], where.low[1], where.high[1])
    grids = [surface.outputs.reshape(SIDE, SIDE, -1).astype(np.float64) for surface in surfaces]
    look = _look(subject, grids[0].shape[-1])
    image = panel.imshow(look.colours(grids[0]), extent=extent, origin="lower", interpolation="bilinear", **look.options)
    if look.legend:
        made.colorbar(image, ax=panel, pad=0.02, shrink=0.85).set_label(look.legend)
    _prepare(panel, subject, where, extent)
    for surface, grid in zip(surfaces, grids, strict=True):
        value = "" if surface.value is None else f" · {subject.metric.words} {surface.value:.4g}"
        retitle(made, f"Decision surface, epoch {surface.epoch:,}", subject.title + value)
        image.set_data(look.colours(grid))
        fields = [field for field in look.borders(grid) if field.min() < 0 < field.max()]
        lines = [panel.contour(field, levels=[0], colors=BLACK, linewidths=1.2, extent=extent) for field in fields]
        yield to_png(made)
        made.set_layout_engine("none")  # keeps the places that the first drawing has found
        for line in lines:
            line.remove()


def _prepare(panel: Any, subject: FigureData, where: Plane, extent: tuple[float, ...]) -> None:
    if class_labels_of(subject, subject.arrays.y_train) is not None:
        _draw_samples(panel, subject)
    names = input_names(subject.arrays, 2) or ("input 1", "input 2")
    panel.set(xlim=extent[:2], ylim=extent[2:], xlabel=names[0], ylabel=names[1])
    width, height = where.high - where.low
    panel.set_aspect("equal" if 0.5 <= width / height <= 2.0 else "auto")


def _look(subject: FigureData, outputs: int) -> _Look:
    if class_labels_of(subject, subject.arrays.y_train) is None:
        labels = labels_of(subject.arrays.y_train)
        limits = {"cmap": "cividis", "vmin": float(labels.min()), "vmax": float(labels.max())}
        return _Look(lambda grid: grid[..., 0], lambda grid: (), limits, "model's output")
    if outputs > 2:
        return _Look(_class_colours, _leads, {})
    between = {"cmap": DIVERGING, "vmin": 0, "vmax": 1, "alpha": 0.6}
    name = names_of(subject.class_names, 2)[1] if subject.class_names else "class 1"
    return _Look(lambda grid: grid[..., -1], lambda grid: (grid[..., -1] - 0.5,), between, f"model's output for {name}")


def _class_colours(grid: np.ndarray) -> np.ndarray:
    """Return the colour of the class that is chosen at each point, paler where the model is less sure."""
    palette = np.asarray([to_rgb(colour) for colour in colours(grid.shape[-1])])
    sure = grid.max(axis=-1, keepdims=True).clip(0, 1) * 0.55
    return 1 - sure * (1 - palette[grid.argmax(axis=-1)])


def _leads(grid: np.ndarray) -> list[np.ndarray]:
    """Return, for each class, its lead over the best of the others, which is 0 where its region ends."""
    return [grid[..., number] - np.delete(grid, number, axis=-1).max(axis=-1) for number in range(grid.shape[-1])]


def _draw_samples(panel: Any, subject: FigureData) -> None:
    """Draw training samples filled and test samples hollow, a colour and a sign for each class."""
    arrays = subject.arrays
    train, test = (plane_of(arrays.x_train), arrays.y_train), (plane_of(arrays.x_test), arrays.y_test)
    same = len(train[0]) == len(test[0]) and np.array_equal(train[0], test[0])
    parts = [(*train, True)] if same else [(*train, True), (*test, False)]
    named = class_labels_of(subject, arrays.y_train)
    count = 2 if named is None else max(2, int(named.max()) + 1)
    names = names_of(subject.class_names, count)
    for x, y, filled in parts:
        classes = class_labels_of(subject, y)
        if classes is None:  # of the test samples; those of training name some
            continue
        classes = classes[:MOST_POINTS]
        size = 120 if len(x) <= 10 else 34 if len(x) <= 150 else 20
        for number in np.unique(classes):
            chosen = x[:MOST_POINTS][classes == number]
            colour = DARK[number % len(DARK)]
            look = {"facecolors": colour, "edgecolors": "white"} if filled else {"facecolors": "none", "edgecolors": colour}
            label = names[number] if filled else None
            panel.scatter(*chosen.T, s=size, linewidths=0.8, marker=MARKERS[number % len(MARKERS)], label=label, **look)
    if not same:
        panel.scatter([], [], facecolors="none", edgecolors=BLACK, label="hollow: test samples")
    room = {"handletextpad": 0.1, "columnspacing": 1.0, "bbox_to_anchor": (0.5, -0.12)}
    panel.legend(loc="upper center", ncols=5, frameon=False, fontsize=10, **room)
