"""A table whose names stay whole: texts are folded at spaces, and columns of least use left out where there is no room."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, JustifyMethod, RenderResult
from rich.table import Table
from rich.text import Text

from harness.cli.terminal.folding import fold, longest_piece

GAP = 2  # characters between columns
WIDEST_PIECE, NARROWEST_TEXT = 32, 12  # of texts that may be broken


@dataclass(frozen=True, slots=True)
class Column:
    """A column: names and numbers are never broken, texts may be."""

    heading: str
    text: bool = False
    numeric: bool = False


@dataclass(frozen=True, slots=True)
class Fitted:
    """A table that is drawn as the console has room for it; what it has none for is named below.

    rows: a cell for each column; None parts the rows above from those below. dispensable: the headings of columns that
    may be left out, those of least use first. caption: the last line.
    """

    title: str
    columns: tuple[Column, ...]
    rows: Sequence[Sequence[str | Text] | None]
    dispensable: tuple[str, ...] = ()
    caption: str = ""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        places, widths = self._fitting(options.max_width)
        yield Text(self.title, style="italic")
        yield self._drawn(places, widths)
        if left_out := [column.heading for place, column in enumerate(self.columns) if place not in places]:
            yield Text(f"No room for: {', '.join(left_out)}.", style="dim")
        if self.caption:
            yield Text(self.caption)

    def _fitting(self, width: int) -> tuple[list[int], list[int | None]]:
        """Return the places of the columns that so many characters have room for, and the width of each of them."""
        places = list(range(len(self.columns)))
        for heading in (None, *self.dispensable):
            places = [place for place in places if self.columns[place].heading != heading]
            for tight in (False, True):
                widths = [self._least(place, tight=tight) for place in places]
                room = width - sum(widths) - GAP * (len(places) - 1)
                if room >= 0:
                    return places, self._widened(places, widths, room)
        return places, [None] * len(places)  # the table's own business, then

    def _cells(self, place: int) -> list[str]:
        return [str(row[place]) for row in self.rows if row is not None]

    def _least(self, place: int, *, tight: bool) -> int:
        """Return how wide a column must be; tight: where a setting and its value may stand on two lines."""
        column, cells = self.columns[place], self._cells(place)
        longest = max(map(cell_len, cells), default=0)
        if column.text:
            piece = max((longest_piece(cell, tight=tight) for cell in cells), default=0)
            longest = max(min(piece, WIDEST_PIECE), min(longest, NARROWEST_TEXT))
        return max(longest, longest_piece(column.heading), 1)

    def _widened(self, places: list[int], widths: list[int], room: int) -> list[int | None]:
        """Share the room that is left: a character at a time to the text that lacks most, then to the headings."""
        texts = [max(map(cell_len, self._cells(place)), default=0) for place in places]
        headings = [len(self.columns[place].heading) for place in places]
        for wanted in (texts, headings):
            while room > 0 and (lack := max(wish - width for wish, width in zip(wanted, widths, strict=True))) > 0:
                widths[[wish - width for wish, width in zip(wanted, widths, strict=True)].index(lack)] += 1
                room -= 1
        return [*widths]

    def _drawn(self, places: list[int], widths: list[int | None]) -> Table:
        table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, GAP - 1, 0, 0))
        for place, width in zip(places, widths, strict=True):
            column = self.columns[place]
            justify: JustifyMethod = "right" if column.numeric else "left"
            heading = fold(column.heading, width) if width else column.heading
            table.add_column(heading, justify=justify, overflow="fold", width=width)
        for row in self.rows:
            if row is None:
                table.add_section()
                continue
            given = [row[place] for place in places]
            cells = [cell if isinstance(cell, Text) else Text(cell) for cell in given]
            folded = (fold(cell.plain, width or WIDEST_PIECE) for cell, width in zip(cells, widths, strict=True))
            table.add_row(*(Text(text, style=cell.style) for text, cell in zip(folded, cells, strict=True)))
        return table
