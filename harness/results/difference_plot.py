"""What each variant changes, drawn with matplotlib: a point with its interval for every difference from a control."""

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.analysis import margin_of, unit_of
from harness.records import write_atomically
from harness.results.forest import Bar, axis_ends, bar_of
from harness.study import BETTER, EQUIVALENT, WORSE, Row, text_of

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DIFFERENCES_FILE = "differences.png"
# Of the palette of Okabe and Ito, which readers who confuse red and green tell apart.
COLOURS = {BETTER: "#009E73", WORSE: "#D55E00", EQUIVALENT: "#0072B2"}
_OTHER = "#777777"
_LETTER, _LINE, _BELOW, _ABOVE = 0.085, 0.36, 0.75, 0.25  # inches: of a name's letter, of a line, of what stands around them
_WIDTH = 8.0


def plot_differences(summary: "pd.DataFrame") -> "Figure":
    """Return a figure of a summary's differences from the controls, with 95 % intervals.

    The band holds what is too small to matter. Green is better, orange worse, blue equivalent, grey undecided; accuracies
    are in points, other metrics in their own unit. A variant without a difference has its status written. What reaches
    beyond the axis ends in an arrow.
    """
    rows = [row for row in summary.to_dict("records") if row["control"]]
    several = summary["study"].nunique() > 1
    names = [f"{row['study']}: {row['variant']}" if several else str(row["variant"]) for row in rows]
    unit, margin = unit_of(rows), margin_of(rows) or 0.0
    height = _BELOW + _ABOVE + _LINE * max(len(rows), 1)
    figure = _shown_figure(figsize=(_WIDTH, height))
    left = min(0.3 + _LETTER * max(map(len, names), default=0), _WIDTH / 2)
    axes = figure.add_axes((left / _WIDTH, _BELOW / height, 1 - (left + 0.2) / _WIDTH, 1 - (_BELOW + _ABOVE) / height))
    bars = [bar_of(row) for row in rows]
    low, high = axis_ends([bar for bar in bars if bar], margin)
    scale = 100 if unit.points else 1
    if margin:
        axes.axvspan(-margin * scale, margin * scale, color="#eeeeee", zorder=0)
    axes.axvline(0.0, color="#222222", linewidth=0.8)
    for place, (row, bar) in enumerate(zip(rows, bars, strict=True)):
        if bar is None:
            axes.annotate(_status(row), (0.0, place), ha="center", va="center", color=_OTHER)
        else:
            _draw(axes, bar, place, (low, high), scale)
    axes.set_yticks(range(len(rows)), names)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlim(low * scale, high * scale)
    axes.set_xlabel(f"difference from the control in {unit.name}{', points' if unit.points else ''}")
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    return figure


def difference_png(summary: "pd.DataFrame") -> bytes:
    """Return that figure as a PNG, empty where nothing differs from anything; matplotlib is imported for it."""
    if not any(bar_of(row) for row in summary.to_dict("records")):
        return b""
    plot_differences(summary).savefig(content := io.BytesIO(), format="png", dpi=120)
    return content.getvalue()


def write_differences(folder: Path, picture: bytes) -> None:
    """Write that PNG into a study's folder in one step; where it is empty, one that is there goes."""
    if picture:
        write_atomically(folder / DIFFERENCES_FILE, picture)
    else:
        (folder / DIFFERENCES_FILE).unlink(missing_ok=True)


def _draw(axes: "Axes", bar: Bar, place: int, ends: tuple[float, float], scale: float) -> None:
    colour, (low, high) = COLOURS.get(bar.verdict, _OTHER), ends
    if bar.low <= high and bar.high >= low:
        axes.plot([max(bar.low, low) * scale, min(bar.high, high) * scale], [place, place], color=colour, linewidth=2.0)
    if low <= bar.delta <= high:
        axes.plot([bar.delta * scale], [place], "o", color=colour)
    for reaches, end, marker in ((bar.low < low, low, "<"), (bar.high > high, high, ">")):
        if reaches:
            axes.plot([end * scale], [place], marker, color=colour, clip_on=False)
    if not low <= bar.delta <= high:
        side = "left" if bar.delta < low else "right"
        offset = (8 if side == "left" else -8, 0)
        axes.annotate(
            f"{bar.delta * scale:+.3g}", ((low if side == "left" else high) * scale, place), xytext=offset,
            textcoords="offset points", ha=side, va="center", color=colour, fontsize="small",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0},
        )  # fmt: skip


def _status(row: Row) -> str:
    """Say why a variant has no bar: how it ended, or that it has nothing to be held against."""
    status = text_of(row.get("status"))
    return "not comparable" if status == "ok" else status


def _shown_figure(**options: Any) -> "Figure":
    """Return a figure that a notebook shows without pyplot, which would keep it open."""
    from matplotlib.figure import Figure

    class Shown(Figure):
        def _repr_png_(self) -> bytes:
            self.savefig(content := io.BytesIO(), format="png", dpi=100)
            return content.getvalue()

    return Shown(**options)
