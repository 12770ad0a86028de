"""What each variant changes, drawn: a point with its interval for every difference from a control."""

import io
from typing import TYPE_CHECKING, Any

from harness.results.naming import one_metric
from harness.study import BETTER, EQUIVALENT, WORSE, number_of

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

# Of the palette of Okabe and Ito, which readers who confuse red and green tell apart.
_COLOURS = {BETTER: "#009E73", WORSE: "#D55E00", EQUIVALENT: "#0072B2"}
_OTHER = "#777777"


def plot_differences(summary: "pd.DataFrame") -> "Figure":
    """Return a figure of a summary's differences from the controls, in the metric's own unit, with 95 % intervals.

    Green is better, orange worse, blue equivalent, grey undecided. A variant without a difference has its status written.
    """
    rows = [row for row in summary.to_dict("records") if row["control"]]
    several = summary["study"].nunique() > 1
    figure = _shown_figure(figsize=(8.0, 1.2 + 0.36 * max(len(rows), 1)), layout="constrained")
    axes = figure.subplots()
    for place, row in enumerate(rows):
        delta, low, high = (number_of(row[name]) for name in ("delta", "ci_low", "ci_high"))
        colour = _COLOURS.get(row["verdict"], _OTHER)
        if delta is None:
            axes.annotate(str(row["status"]), (0.0, place), ha="center", va="center", color=_OTHER)
            continue
        if low is not None and high is not None:
            axes.plot([low, high], [place, place], color=colour, linewidth=2.0)
        axes.plot([delta], [place], "o", color=colour)
    axes.axvline(0.0, color="#222222", linewidth=0.8)
    names = [f"{row['study']}: {row['variant']}" if several else str(row["variant"]) for row in rows]
    axes.set_yticks(range(len(rows)), names)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlabel(f"difference from the control in {one_metric([summary]).replace('_', ' ')}")
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    return figure


def _shown_figure(**options: Any) -> "Figure":
    """Return a figure that a notebook shows without pyplot, which would keep it open."""
    from matplotlib.figure import Figure

    class Shown(Figure):
        def _repr_png_(self) -> bytes:
            self.savefig(content := io.BytesIO(), format="png", dpi=100)
            return content.getvalue()

    return Shown(**options)
