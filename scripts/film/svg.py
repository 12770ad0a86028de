"""Frames as one SVG: a strip of screens behind a window, which moves on by a style sheet alone."""

from collections.abc import Iterator, Sequence
from html import escape

from film.capture import Size
from film.frames import Frame, Line, Piece

WIDTH, HEIGHT = 8.4, 18  # of a character, at a font size of 14
FONT_SIZE = 14
EDGE, BAR = 14, 34  # around the screen, and the window's title above it
INK, PAPER = "#d0d7de", "#161b22"
COLOURS = {
    "black": "#484f58", "red": "#ff7b72", "green": "#56d364", "brown": "#e3b341", "blue": "#79c0ff", "magenta": "#d2a8ff",
    "cyan": "#56d4dd", "white": "#d0d7de", "brightblack": "#8b949e", "brightred": "#ffa198", "brightgreen": "#7ee787",
    "brightbrown": "#f2cc60", "brightblue": "#a5d6ff", "brightmagenta": "#e2c5ff", "brightcyan": "#a5f3fc",
    "brightwhite": "#ffffff",
}  # fmt: skip
_BUTTONS = ("#ff5f56", "#ffbd2e", "#27c93f")


def draw(frames: Sequence[Frame], size: Size, *, title: str, hold: float) -> str:
    """Return the SVG of a film, which begins anew when it has ended; hold: seconds that its last frame stays.

    Where a reader wants no motion, it shows the last frame alone.
    """
    lines = {line: f"l{number}" for number, line in enumerate(dict.fromkeys(line for frame in frames for line in frame.lines))}
    width, height = size.columns * WIDTH, size.rows * HEIGHT
    whole = (width + 2 * EDGE, height + BAR + EDGE)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {whole[0]:g} {whole[1]:g}" role="img">',
        f"<title>{escape(title)}</title>",
        f"<style>{_style(frames, height, hold)}</style>",
        f'<rect width="{whole[0]:g}" height="{whole[1]:g}" rx="8" fill="{PAPER}"/>',
        *(f'<circle cx="{EDGE + 6 + 20 * place}" cy="17" r="6" fill="{colour}"/>' for place, colour in enumerate(_BUTTONS)),
        f'<text x="{whole[0] / 2:g}" y="22" text-anchor="middle" fill="{COLOURS["brightblack"]}">{escape(title)}</text>',
        "<defs>", *(f'<g id="{name}">{_line(line)}</g>' for line, name in lines.items() if line), "</defs>",
        f'<svg x="{EDGE}" y="{BAR}" width="{width:g}" height="{height:g}"><g class="strip">',
        *(_frame(frame, number * height, lines) for number, frame in enumerate(frames)),
        "</g></svg></svg>",
    ]  # fmt: skip
    return "\n".join(parts) + "\n"


def _style(frames: Sequence[Frame], height: float, hold: float) -> str:
    """Return the style sheet: each frame stands until the next one's time."""
    begin, whole = frames[0].seconds, frames[-1].seconds - frames[0].seconds + hold
    stops = "".join(
        f"{(frame.seconds - begin) / whole:.3%}{{transform:translateY({-number * height:g}px)}}"
        for number, frame in enumerate(frames)
    )
    last = f"translateY({-(len(frames) - 1) * height:g}px)"
    return (
        f"text{{font:{FONT_SIZE}px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;fill:{INK};"
        f"white-space:pre}}.b{{font-weight:bold}}.i{{font-style:italic}}"
        f"@keyframes film{{{stops}to{{transform:{last}}}}}"
        f".strip{{transform:{last};animation:film {whole:.2f}s step-end infinite}}"
        "@media(prefers-reduced-motion:reduce){.strip{animation:none}}"
    )


def _frame(frame: Frame, top: float, lines: dict[Line, str]) -> str:
    used = (f'<use href="#{lines[line]}" y="{top + number * HEIGHT:g}"/>' for number, line in enumerate(frame.lines) if line)
    return "".join(used)


def _line(line: Line) -> str:
    return "".join(part for piece in line for part in _piece(piece))


def _piece(piece: Piece) -> Iterator[str]:
    x, width = piece.column * WIDTH, len(piece.text) * WIDTH
    if piece.background != "default":
        yield f'<rect x="{x:g}" width="{width:g}" height="{HEIGHT}" fill="{_colour(piece.background, PAPER)}"/>'
    look = " ".join(name for name, on in (("b", piece.bold), ("i", piece.italic)) if on)
    ink = _colour(piece.colour, PAPER if piece.background != "default" and piece.colour == "default" else INK)
    yield (
        f'<text x="{x:g}" y="{FONT_SIZE}" textLength="{width:g}"'
        + (f' class="{look}"' if look else "")
        + (f' style="fill:{ink}"' if ink != INK else "")
        + f">{escape(piece.text, quote=False)}</text>"
    )


def _colour(name: str, default: str) -> str:
    if name == "default":
        return default
    return COLOURS.get(name, f"#{name}")
