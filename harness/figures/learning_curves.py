"""Learning curves: what was measured, epoch by epoch, on training, validation and test samples."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from harness.figures.figure_data import FigureData, NotApplicable
from harness.figures.style import BLUE, GREEN, HEIGHT, ORANGE, figure, panels
from harness.records import LAST_EPOCH
from harness.study import TEST, TRAIN, VALIDATION

KINDS = {TRAIN: (BLUE, "o"), VALIDATION: (GREEN, "s"), TEST: (ORANGE, "^")}
WIDE_RANGE = 30.0  # largest to smallest loss: beyond it only a logarithmic axis shows both
FEW = 12  # epochs whose points are worth a marker each


def learning_curves(subject: FigureData) -> Figure:
    """Draw the loss, and the study's metric beside it, over the epochs or the steps."""
    history = subject.history
    names = [name for name in dict.fromkeys(("loss", subject.metric.name)) if _kinds(history, name)]
    if not any(_finite(history[f"{kind}_{name}"]) > 1 for name in names for kind in _kinds(history, name)):
        raise NotApplicable("fewer than two measurements are finite, which makes no curve.")
    made = figure("Learning curves", subject.title, width=4.6 * len(names) + 0.4 * (len(names) == 1), height=HEIGHT * 0.9)
    for panel, name in zip(panels(made, 1, len(names)), names, strict=True):
        _draw(panel, subject, name)
    return made


def _kinds(history: Mapping[str, Sequence[float]], name: str) -> list[str]:
    return [kind for kind in KINDS if len(history.get(f"{kind}_{name}", ()))]


def _finite(values: Sequence[float]) -> int:
    return int(np.isfinite(np.asarray(values, float)).sum())


def _draw(panel: Any, subject: FigureData, name: str) -> None:
    history, counted, everything = subject.history, subject.counted, []
    for kind in _kinds(history, name):
        values = np.asarray(history[f"{kind}_{name}"], float)
        places = np.asarray(history.get(counted) or range(1, len(values) + 1), float)[-len(values) :]
        colour, marker = KINDS[kind]
        shown = marker if len(values) <= FEW else None
        label = f"{kind}  {values[-1]:.4g}"
        panel.plot(places, values, color=colour, marker=shown, markersize=5, linewidth=1.8, label=label)
        everything.append(values)
    finite = np.concatenate(everything)
    finite = finite[np.isfinite(finite)]
    if name == "loss" and finite.size and finite.min() > 0 and finite.max() / finite.min() > WIDE_RANGE:
        panel.set_yscale("log")
    panel.set_title(name.replace("_", " "), loc="left")
    panel.set_xlabel(counted)
    panel.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6, steps=[1, 2, 5, 10]))
    panel.xaxis.set_major_formatter("{x:,.0f}")
    panel.grid(True, axis="y")
    title = "at the end" if subject.weights == LAST_EPOCH else LAST_EPOCH
    panel.legend(title=title, alignment="left", loc="best", frameon=False, fontsize=10, title_fontsize=9)
