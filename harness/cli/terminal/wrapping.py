"""Long texts over several lines: broken at spaces and behind commas, inside a word only where nothing else helps.

Chinese, which has no spaces, breaks between any two characters; its punctuation stays with the character before it.
"""

import re

from rich.cells import cell_len, chop_cells
from rich.text import Text

# What stays together, with the comma or the space behind it. A comma inside of a number is no place to break.
_LETTER = r"(?:[^ ,\u4e00-\u9fff]|(?<=\d),(?=\d{3}(?!\d)))"
_SOFT = re.compile(rf"[“（]?[\u4e00-\u9fff][，。；：、！？”）]* ?|{_LETTER}*,+ ?|{_LETTER}+ ?| +")
_TIGHT = re.compile(r"[^=/]*[=/]+|[^=/]+")  # a setting may be parted from its value, a folder from the next
_SHORT = 16  # up to so many characters they are one word, as in depth=1


def longest_piece(text: str, *, tight: bool = False) -> int:
    """Return how many cells wide a column must be for a text not to be broken inside a word.

    tight: where room is scarce, so that a setting and its value may stand on two lines.
    """
    return max((cell_len(piece.rstrip(" ")) for piece in _pieces(text, tight=tight)), default=0)


def fold(text: str, width: int) -> str:
    """Return a text in lines of at most so many cells (at least 1)."""
    return fold_text(Text(text), width).plain


def fold_text(text: Text, width: int) -> Text:
    """Return a styled text in lines of at most so many cells (at least 1)."""
    if text.cell_len <= width:
        return text
    lines = text.divide(_breaks(text.plain, width))
    for line in lines:
        line.rstrip()
    return Text("\n", style=text.style).join(lines)


def _breaks(text: str, width: int) -> list[int]:
    """Return where in a text each line but the first begins."""
    breaks, line, position = [], "", 0
    for piece in _fitting(text, width):
        if line and cell_len((line + piece).rstrip(" ")) > width:
            breaks.append(position)
            line = ""
        line += piece
        position += len(piece)
    return breaks


def _pieces(text: str, *, tight: bool) -> list[str]:
    soft = _SOFT.findall(text)
    return [part for piece in soft for part in (_TIGHT.findall(piece) if len(piece) > _SHORT else [piece])] if tight else soft


def _fitting(text: str, width: int) -> list[str]:
    """Return the pieces of a text, those that no line could hold parted further."""
    pieces: list[str] = []
    for piece in _pieces(text, tight=False):
        parts = [piece] if cell_len(piece.rstrip(" ")) <= width else _TIGHT.findall(piece)
        for part in parts:
            pieces += [part] if cell_len(part.rstrip(" ")) <= width else chop_cells(part, width)
    return pieces
