"""A summary's differences drawn in characters: one line a variant, all on one axis, with zero and what is too small to matter.

The pure part of what the terminal shows in colour; the same text fits a report or TensorBoard.
"""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.analysis import Unit, margin_of, unit_of
from harness.study import Row, never_judged, number_of, text_of

POINT, LINE, BAND, ZERO, CROSSED, BELOW, ABOVE = "●", "─", "░", "│", "┼", "◀", "▶"
WIDEST_NAME = 24
WIDEST_AXIS = 72
NARROWEST_AXIS = 16
_GAP = 2
# The axis shows at least so many margins to either side, and twice the median of what there is to see; what reaches
# farther is cut off with an arrow, so that one large effect does not hide all others.
_MARGINS = 15


@dataclass(frozen=True, slots=True)
class ForestLine:
    """A variant's line: its name, its interval on the axis, its difference in figures, its verdict; empty without one."""

    name: str
    axis: str
    difference: str
    verdict: str

    @property
    def text(self) -> str:
        """The whole line."""
        return (" " * _GAP).join((self.name, self.axis, self.difference, self.verdict)).rstrip()


@dataclass(frozen=True, slots=True)
class ForestPlot:
    """What differs from its control by how much.

    title: what is drawn. scale: the axis below the lines. key: what the marks mean.
    """

    title: str
    lines: tuple[ForestLine, ...]
    scale: str
    key: str

    @property
    def text(self) -> str:
        """The whole plot as plain text."""
        return "\n".join((self.title, *(line.text for line in self.lines), self.scale, self.key))


@dataclass(frozen=True, slots=True)
class Bar:
    """A variant's difference, and the ends of its interval: both the difference itself where there is none."""

    name: str
    delta: float
    low: float
    high: float
    verdict: str


@dataclass(frozen=True, slots=True)
class _Axis:
    """A line of characters, zero in the middle of one of them, so that what lies as far to either side is drawn as far.

    zero: its place. step: from the middle of a character to that of the next.
    """

    zero: int
    step: float
    width: int

    @property
    def low(self) -> float:
        """The value in the middle of the first character."""
        return -self.zero * self.step

    @property
    def high(self) -> float:
        """The value in the middle of the last character."""
        return (self.width - 1 - self.zero) * self.step

    def place(self, value: float) -> int:
        """Return the character that a value falls on; outside of the axis where the value is."""
        return self.zero + round(value / self.step)

    def side(self, value: float) -> int:
        """Return 0 for a value that falls on the axis, -1 or 1 for one that is too low or too high for it."""
        place = self.place(value)
        return -1 if place < 0 else int(place >= self.width)


def forest_plot(rows: Iterable[Row], *, width: int = 80, unit: Unit | None = None) -> ForestPlot | None:
    """Return the differences of one study's summary in lines of at most so many characters; None where there are none.

    A variant that was tested on other samples than its control is left out: its difference is of two questions. unit: of the
    differences, where the rows hold no values that tell it.
    """
    rows = list(rows)
    bars = [bar for row in rows if (bar := bar_of(row)) is not None]
    if not bars:
        return None
    unit, margin = unit or unit_of(rows), margin_of(rows) or 0.0
    figures = [unit.figure(bar.delta) for bar in bars]
    figure_width, verdict_width = max(map(len, figures)), max(len(bar.verdict) for bar in bars)
    names = _names(bars, width - figure_width - verdict_width - 3 * _GAP - NARROWEST_AXIS)
    name_width = max(map(len, names))
    room = width - name_width - figure_width - verdict_width - 3 * _GAP
    axis = _axis(axis_ends(bars, margin), min(max(room, NARROWEST_AXIS), WIDEST_AXIS))
    lines = tuple(
        ForestLine(f"{name:{name_width}}", _drawn(bar, axis, margin), figure.rjust(figure_width), bar.verdict)
        for name, bar, figure in zip(names, bars, figures, strict=True)
    )
    title = f"Difference from the control in {unit.name}{' (points)' if unit.points else ''}"
    return ForestPlot(title, lines, f"{'':{name_width + _GAP}}{_scale(axis, unit)}", _key(bars, axis, unit, margin))


def bar_of(row: Row) -> Bar | None:
    """Return what is drawn of a summary's row; None without a difference, and for one that compares two questions."""
    delta, low, high = (number_of(row.get(name)) for name in ("delta", "ci_low", "ci_high"))
    if delta is None or not text_of(row.get("control")) or never_judged(text_of(row.get("verdict_detail"))):
        return None
    low, high = (delta, delta) if low is None or high is None else (low, high)
    return Bar(str(row["variant"]), delta, low, high, text_of(row.get("verdict")))


def axis_ends(bars: Sequence[Bar], margin: float) -> tuple[float, float]:
    """Return the lowest and the highest value of an axis that shows these differences; zero is always between."""
    reaches = [max(abs(bar.low), abs(bar.high)) for bar in bars] or [margin]
    limit = max(_MARGINS * margin, 2 * statistics.median(reaches))
    limit = max(reaches) if max(reaches) < 1.5 * limit else limit
    low = max(-limit, min(-margin, 0.0, *(bar.low for bar in bars)))
    high = min(limit, max(margin, 0.0, *(bar.high for bar in bars)))
    span = (high - low) or 1.0  # where nothing differs
    return low - 0.04 * span, high + 0.04 * span


def _axis(ends: tuple[float, float], width: int) -> _Axis:
    """Return the axis of so many characters that comes nearest to these ends."""
    low, high = ends
    step = (high - low) / (width - 1)
    return _Axis(round(-low / step), step, width)


def _drawn(bar: Bar, axis: _Axis, margin: float) -> str:
    cells = [BAND if margin and axis.place(-margin) <= place <= axis.place(margin) else " " for place in range(axis.width)]
    cells[axis.place(0.0)] = ZERO
    for place in range(max(axis.place(bar.low), 0), min(axis.place(bar.high), axis.width - 1) + 1):
        cells[place] = CROSSED if cells[place] == ZERO else LINE
    if not axis.side(bar.delta):
        cells[axis.place(bar.delta)] = POINT
    if axis.side(bar.low) < 0:
        cells[0] = BELOW
    if axis.side(bar.high) > 0:
        cells[-1] = ABOVE
    return "".join(cells)


def _scale(axis: _Axis, unit: Unit) -> str:
    """Return the values at both ends of the axis, and its zero."""
    cells = [" "] * axis.width
    for value, place in ((0.0, axis.place(0.0)), (axis.low, 0), (axis.high, axis.width)):
        text = "0" if not value else f"{'-' if value < 0 else '+'}{unit.chosen(float(f'{value:.2g}'))}"
        start = min(max(place - len(text) // 2, 0), axis.width - len(text)) if value else place
        if all(cell == " " for cell in cells[max(start - 1, 0) : start + len(text) + 1]):
            cells[start : start + len(text)] = text
    return "".join(cells).rstrip()


def _key(bars: Sequence[Bar], axis: _Axis, unit: Unit, margin: float) -> str:
    parts = [f"{POINT} difference"]
    if any(bar.low < bar.high for bar in bars):
        parts.append(f"{LINE} 95% interval")
    if margin and axis.place(margin) > axis.zero:  # else zero covers it
        parts.append(f"{BAND} too small to matter (±{unit.chosen(margin)})")
    if any(axis.side(end) for bar in bars for end in (bar.low, bar.high)):
        parts.append(f"{BELOW} beyond the axis")
    return "  ".join(parts)


def _names(bars: Sequence[Bar], width: int) -> list[str]:
    """Return the variants' names, long ones cut in their middle."""
    most = max(min(WIDEST_NAME, width), 8)
    return [
        bar.name if len(bar.name) <= most else f"{bar.name[: most - most // 2 - 1]}…{bar.name[-(most // 2) :]}" for bar in bars
    ]
