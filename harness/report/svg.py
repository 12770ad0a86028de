"""Charts as SVG text: axes, lines, bands, intervals; colours are the page's, so that they follow its light or dark mode.

Every chart has a name for screen readers and stands beside a table of the same numbers.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from markupsafe import Markup

_DIGITS = 2  # behind the point, of a place in pixels


@dataclass(frozen=True, slots=True)
class Scale:
    """From values to pixels; log: whether equal ratios are equally long."""

    low: float
    high: float
    first: float
    last: float
    log: bool = False

    def __call__(self, value: float) -> float:
        """Return the pixel of a value."""
        low, high, value = (math.log10(each) if self.log else each for each in (self.low, self.high, value))
        share = (value - low) / (high - low) if high > low else 0.5
        return round(self.first + share * (self.last - self.first), _DIGITS)

    def ticks(self, most: int = 6) -> list[float]:
        """Return round values within the scale."""
        return log_ticks(self.low, self.high) if self.log else ticks(self.low, self.high, most)


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Return at most so many multiples of 1, 2 or 5 times a power of ten from low to high.

    >>> ticks(0.0, 1.0, 6), ticks(-0.034, 0.011, 5)
    ([0.0, 0.2, 0.4, 0.6, 0.8, 1.0], [-0.03, -0.02, -0.01, 0.0, 0.01])
    """
    if not high > low:
        return [low]
    power = 10.0 ** math.floor(math.log10((high - low) / most))
    steps = (factor * power for factor in (1, 2, 5, 10, 20, 50))
    step = next(step for step in steps if math.floor(high / step + 1e-9) - math.ceil(low / step - 1e-9) + 1 <= most)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [float(f"{number * step:.14g}") for number in range(first, last + 1)]


def log_ticks(low: float, high: float) -> list[float]:
    """Return powers of ten from low to high, with their doubles and fives where there are few of them."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for factors in ((1,), (1, 3), (1, 2, 5)):
        found = [factor * 10.0**power for power in powers for factor in factors if low <= factor * 10.0**power <= high]
        if len(found) > 2:
            return found
    return found or [low]


def extent(values: Iterable[float], *, margin: float = 0.05) -> tuple[float, float]:
    """Return an axis' ends around finite values, with some room; (0, 1) around none."""
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        return 0.0, 1.0
    low, high = min(finite), max(finite)
    room = margin * (high - low) or abs(low) * margin or 1.0
    return low - room, high + room


def element(name: str, content: str | Sequence[str] = "", **attributes: object) -> Markup:
    """Return an element; `class_` is class, `_` in other names is `-`. The content is markup already."""
    words = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"' for key, value in attributes.items() if value is not None
    )
    inside = content if isinstance(content, str) else "".join(content)
    return Markup(f"<{name}{words}>{inside}</{name}>" if inside else f"<{name}{words}/>")


def title(text: str) -> Markup:
    """Return what a pointer that rests on an element is told."""
    return element("title", escape(text))


def label(text: str, x: float, y: float, *, anchor: str = "middle", class_: str) -> Markup:
    """Return a text at a place."""
    return element("text", escape(text), x=x, y=y, text_anchor=anchor, class_=class_)


def line(x1: float, y1: float, x2: float, y2: float, *, class_: str) -> Markup:
    """Return a straight line."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def path(points: Sequence[tuple[float, float]], *, closed: bool = False, class_: str) -> Markup:
    """Return a line through points; closed: an area."""
    steps = " ".join(f"{'L' if place else 'M'}{x:g},{y:g}" for place, (x, y) in enumerate(points))
    return element("path", d=f"{steps}{'Z' if closed else ''}", class_=class_)


def chart(parts: Sequence[str], *, width: float, height: float, name: str, class_: str = "chart") -> Markup:
    """Return a whole chart; name: what it shows, for who cannot see it."""
    return element(
        "svg", "".join(parts), viewBox=f"0 0 {width:g} {height:g}", width=width, height=height, class_=class_, role="img",
        aria_label=name, xmlns="http://www.w3.org/2000/svg",
    )  # fmt: skip


def axes(x: Scale, y: Scale, *, x_name: str, y_name: str) -> list[Markup]:
    """Return both axes with their ticks and names; x begins left, y below."""
    parts = []
    for value in y.ticks():
        parts.append(line(x.first, y(value), x.last, y(value), class_="grid"))
        parts.append(label(f"{value:g}", x.first - 6, y(value) + 4, anchor="end", class_="tick"))
    for value in x.ticks(8):
        parts.append(line(x(value), y.first, x(value), y.first + 4, class_="axis"))
        parts.append(label(number_text(value), x(value), y.first + 17, class_="tick"))
    parts.append(line(x.first, y.first, x.last, y.first, class_="axis"))
    parts.append(label(x_name, (x.first + x.last) / 2, y.first + 36, class_="name"))
    parts.append(label(y_name, x.first, y.last - 10, anchor="start", class_="name"))
    return parts


def number_text(value: float) -> str:
    """Write a tick: 25,000 as 25k, 3,000,000 as 3M."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= 10 * size or (abs(value) >= size and letter != "k"):
            return f"{value / size:g}{letter}"
    return f"{value:g}"
