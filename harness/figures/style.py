"""How all pictures look: their size, fonts and colours, and the bytes of a PNG."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

DOTS_PER_INCH = 100
WIDTH, HEIGHT = 6.4, 4.8  # inches: large enough to print, and still legible as a tile of half the size

# Okabe and Ito's colours, which all kinds of colour vision tell apart.
BLUE, ORANGE, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
SKY, AMBER, YELLOW, GREY, BLACK = "#56B4E9", "#E69F00", "#F0E442", "#999999", "#222222"
PALETTE = (BLUE, ORANGE, GREEN, PURPLE, AMBER, SKY, YELLOW, GREY)
MARKERS = ("o", "^", "s", "D", "v", "P", "X", "*")
DARK = ("#003A5C", "#6E2F00", "#004B37", "#6B2D52", "#5F4400", "#123F57", "#5C5600", "#333333")  # PALETTE on a ground of it
DIVERGING = LinearSegmentedColormap.from_list("blue-orange", [BLUE, "#9CC4DF", "#F7F7F7", "#F0B78D", ORANGE])
SEQUENTIAL = LinearSegmentedColormap.from_list("white-blue", ["#FFFFFF", "#CFE2EF", SKY, BLUE, "#003A5C"])

_LOOK: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 11.0,
    "axes.edgecolor": "#666666",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 11.0,
    "axes.labelcolor": BLACK,
    "text.color": BLACK,
    "xtick.color": "#444444",
    "ytick.color": "#444444",
    "grid.color": "#E4E4E4",
}


def figure(heading: str, title: str, *, width: float = WIDTH, height: float = HEIGHT) -> Figure:
    """Return an empty figure: its heading says what is shown, the smaller title below it of which trial."""
    with rc_context(_LOOK):
        made = Figure(figsize=(width, height), dpi=DOTS_PER_INCH, layout="constrained", facecolor="white")
        made.suptitle(f"{heading}\n", fontsize=13, fontweight="bold", x=0.5)
        # Placed by hand in the heading's empty second line: a layout knows one heading only.
        made.text(0.5, 1 - 0.40 / height, title, fontsize=10, color="#555555", ha="center", va="center")
    return made


def retitle(made: Figure, heading: str, title: str) -> None:
    """Put other words into a figure's heading and title."""
    for text, words in zip(made.texts, (f"{heading}\n", title), strict=True):
        text.set_text(words)


def panels(made: Figure, rows: int = 1, columns: int = 1, **options: Any) -> list[Any]:
    """Return a figure's new axes in the common look, row by row."""
    with rc_context(_LOOK):
        return list(made.subplots(rows, columns, squeeze=False, **options).flat)


def colours(count: int) -> Sequence[str]:
    """Return a colour for each of so many classes; beyond eight they repeat, with other markers."""
    return [PALETTE[number % len(PALETTE)] for number in range(count)]


def to_png(made: Figure) -> bytes:
    """Return a figure as the bytes of a PNG file."""
    buffer, canvas = BytesIO(), FigureCanvasAgg(made)
    with rc_context(_LOOK):
        canvas.print_png(buffer)  # type: ignore[no-untyped-call]
    return buffer.getvalue()
