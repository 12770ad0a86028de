"""What was written to a terminal, replayed: what stands on its screen, and for how long."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import pyte

from film.capture import Output, Size

# SGR parameters, with those of colours (38;5;N and 38;2;R;G;B) taken as one.
_SGR = re.compile(r"\x1b\[([\d;]*)m")
_PARAMETERS = re.compile(r"[34]8;5;\d+|[34]8;2;\d+;\d+;\d+|\d+")
_FAINT, _GREY = "2", "90"
BURST = 10  # lines at once: more are shown one after another, since nobody could follow them


@dataclass(frozen=True, slots=True)
class Piece:
    """Characters of one look, side by side; colours: names of the terminal's or six hexadecimal digits."""

    column: int
    text: str
    colour: str
    background: str
    bold: bool
    italic: bool


Line = tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """A screen, line by line, and when it is shown; seconds: from the film's beginning."""

    seconds: float
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Pace:
    """How a film is shown: so many times as fast; a line of a burst takes at least so long; so many frames a second."""

    speed: float = 1.0
    line_seconds: float = 0.08
    rate: float = 6.0


def replay(written: Iterable[Output], size: Size, pace: Pace) -> list[Frame]:
    """Return the frames of what was written to a terminal of this size, equal ones in a row once."""
    screen = pyte.Screen(size.columns, size.rows)
    stream = pyte.Stream(screen)
    frames: list[Frame] = []
    begun: float | None = None  # when the screen began to differ from the last frame
    for seconds, text in _paced(written, pace):
        if begun is not None and seconds - begun >= 1 / pace.rate:  # what is too quick to be seen is one frame
            frames.append(Frame(begun, tuple(map(tuple, _lines(screen)))))
            begun = None
        stream.feed(text)
        begun = seconds if begun is None else begun
    if begun is not None:
        frames.append(Frame(begun, tuple(map(tuple, _lines(screen)))))
    return _without_repeats(frames)


def _paced(written: Iterable[Output], pace: Pace) -> Iterator[tuple[float, str]]:
    """Yield what was written, a burst line by line, each with the time at which the film shows it."""
    now, rest = 0.0, b""
    for output in written:
        whole, rest = _whole_characters(rest + output.content)
        now = max(now, output.seconds / pace.speed)
        lines = _greyed(whole).splitlines(keepends=True)
        for place, line in enumerate(lines):
            now += pace.line_seconds if place and len(lines) > BURST else 0.0
            yield now, line


def _whole_characters(content: bytes) -> tuple[str, bytes]:
    """Return the text of some bytes, and what a cut left of its last character."""
    try:
        return content.decode(), b""
    except UnicodeDecodeError as error:
        if len(content) - error.start > 3:
            raise
        return content[: error.start].decode(), content[error.start :]


def _greyed(text: str) -> str:
    """Return a text with faint characters as grey ones, since pyte's screen knows no faint ones."""

    def grey(found: re.Match[str]) -> str:
        parameters = [_GREY if one == _FAINT else one for one in _PARAMETERS.findall(found[1])]
        return f"\x1b[{';'.join(parameters)}m"

    return _SGR.sub(grey, text)


def _lines(screen: pyte.Screen) -> Iterator[Iterator[Piece]]:
    for row in range(screen.lines):
        yield _pieces([screen.buffer[row][column] for column in range(screen.columns)])


def _pieces(characters: Sequence[pyte.screens.Char]) -> Iterator[Piece]:
    """Yield a line's pieces; blanks without a background belong to none."""
    column = 0
    while column < len(characters):
        first = _look(characters[column])
        end = column
        while end < len(characters) and _look(characters[end]) == first:
            end += 1
        text = "".join(one.data for one in characters[column:end])
        colour, background, bold, italic = first
        if background != "default":
            yield Piece(column, text, colour, background, bold, italic)
        elif text.strip():
            yield Piece(column + len(text) - len(text.lstrip()), text.strip(), colour, background, bold, italic)
        column = end


def _look(character: pyte.screens.Char) -> tuple[str, str, bool, bool]:
    colours = (character.fg, character.bg)
    colour, background = reversed(colours) if character.reverse else colours
    return colour, background, character.bold, character.italics


def _without_repeats(frames: Sequence[Frame]) -> list[Frame]:
    kept: list[Frame] = []
    for frame in frames:
        if not kept or frame.lines != kept[-1].lines:
            kept.append(frame)
    return kept
