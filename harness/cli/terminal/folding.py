"""Long texts over several lines: broken at spaces and behind commas, inside a word only where nothing else helps."""

import re

_SOFT = re.compile(r"[^ ,]*,+ ?|[^ ,]+ ?| +")  # what stays together, with the comma or the space behind it
_TIGHT = re.compile(r"[^=]*=+|[^=]+")  # a setting may be parted from its value
_SHORT = 16  # up to so many characters they are one word, as in depth=1


def longest_piece(text: str, *, tight: bool = False) -> int:
    """Return how wide a column must be for a text not to be broken inside a word.

    tight: where room is scarce, so that a setting and its value may stand on two lines.
    """
    return max((len(piece.rstrip(" ")) for piece in _pieces(text, tight=tight)), default=0)


def fold(text: str, width: int) -> str:
    """Return a text in lines of at most so many characters (at least 1)."""
    lines, line = [], ""
    for piece in _fitting(text, width):
        if len((line + piece).rstrip(" ")) > width:
            lines.append(line.rstrip(" "))
            line = ""
        line += piece
    return "\n".join([*lines, line.rstrip(" ")])


def _pieces(text: str, *, tight: bool) -> list[str]:
    soft = _SOFT.findall(text)
    return [part for piece in soft for part in (_TIGHT.findall(piece) if len(piece) > _SHORT else [piece])] if tight else soft


def _fitting(text: str, width: int) -> list[str]:
    """Return the pieces of a text, those that no line could hold parted further."""
    pieces = []
    for piece in _pieces(text, tight=False):
        parts = [piece] if len(piece.rstrip(" ")) <= width else _TIGHT.findall(piece)
        for part in parts:
            whole = len(part.rstrip(" ")) <= width
            pieces += [part] if whole else [part[start : start + width] for start in range(0, len(part), width)]
    return pieces
