"""Tables for any width: texts are folded between words, and columns of least use left out, and named, where there is no room.

The one rule: a table that has room for all columns at their narrowest has them all. Otherwise the columns that always
stay are joined, in the order of their rank, by those that still fit; before a text is left out, its settings may be parted
from their values. What room is left goes where it saves most lines. A terminal too narrow for the columns that always
stay gets a list, one line a cell.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import groupby

import rich.table
from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, JustifyMethod, RenderResult
from rich.text import Text

from harness.cli.terminal.wrapping import fold, fold_text, longest_piece
from harness.errors import clean

GAP = 2  # characters between columns where there is room, else 1
NARROWEST_TEXT = 12
# How texts may be broken, the best way first: whether a setting and its value may stand on two lines, and how long a word
# stays whole. The last is for the columns that always stay, where nothing else helps.
LOOSE, TIGHT, TIGHTEST = WAYS = ((False, 32), (True, 32), (True, 24))
NAME_WIDTH = 18  # of the names in a table of names and values

Row = Sequence[str | Text] | str
Way = tuple[bool, int]


@dataclass(frozen=True, slots=True)
class Column:
    """A column; it stays whole unless it holds texts, which may be folded.

    rank: 0 for a column that always stays; of the others, the larger the rank the sooner it is left out. joined: it
    stands in the cells of the column before, right behind its text, and adds this to the heading. below: its texts
    stand below the table, each with the names of its rows: of errors and notes, which would take many lines.
    """

    heading: str
    text: bool = False
    justify: JustifyMethod = "left"
    rank: int = 0
    style: str = ""
    joined: str | None = None
    below: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table that is drawn as the console has room for it.

    rows: a cell for each column; a text alone is a heading for the rows after it. no_room: what is said of the columns
    left out. caption: the last line.
    """

    columns: Sequence[Column]
    rows: Sequence[Row]
    title: str = ""
    caption: str | Text = ""
    title_style: str = "italic"
    no_room: str = "Hidden, as the terminal is narrow: {}."

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        layout = _Layout(self, options.max_width)
        if self.title:
            yield Text(fold(clean(self.title), options.max_width), style=self.title_style)
        yield from layout.listed() if layout.places is None else layout.drawn()
        for text, names in layout.below().items():
            yield Text.assemble((f"{', '.join(names)}: ", "bold"), text)
        if left_out := layout.left_out():
            yield Text(self.no_room.format(", ".join(left_out)), style="dim")
        if self.caption:
            yield Text.assemble(self.caption)


@dataclass(frozen=True)
class _Shown:
    """A column as it is drawn, with what is joined to it."""

    column: Column
    heading: str
    cells: Sequence[Text]

    @cached_property
    def longest(self) -> int:
        return max((cell.cell_len for cell in self.cells), default=0)

    def least(self, way: Way) -> int:
        """Return how wide it must be for its texts to be broken in one of WAYS."""
        tight, longest = way
        text = self.column.text
        pieces = (longest_piece(cell.plain, tight=tight) for cell in self.cells) if text else ()
        least = max(min(max(pieces, default=0), longest), min(self.longest, NARROWEST_TEXT)) if text else self.longest
        return max(least, *map(cell_len, self.heading.split(" ")), 1)

    def more_lines(self, width: int) -> int:
        """Return how many lines it takes beyond the first of each row, at so many characters."""
        return sum((cell.cell_len - 1) // width for cell in self.cells if cell) if self.longest > width else 0


class _Layout:
    """Which columns of a table a width has room for, and how wide each of them is.

    places: of the columns that are shown; None where not even those fit that always stay.
    """

    def __init__(self, table: Table, width: int) -> None:
        self._columns, self._width = table.columns, width
        self._cells: list[list[Text]] = []
        self._parts: list[tuple[str, list[int]]] = [("", [])]  # each heading among the rows, with the rows below it
        for row in table.rows:
            if isinstance(row, str):
                self._parts.append((clean(row), []))
            else:
                self._parts[-1][1].append(len(self._cells))
                self._cells.append([cell if isinstance(cell, Text) else Text(clean(cell)) for cell in row])
        self._shown = lru_cache(maxsize=None)(self._show)
        self._least = lru_cache(maxsize=None)(lambda group, way: self._shown(group).least(way))
        self._ways: Mapping[int, Way] = {}
        self._all = frozenset(place for place, column in enumerate(table.columns) if not column.below)
        self.places = self._all if self._fits(self._all, {}) else self._most_important()

    def _most_important(self) -> frozenset[int] | None:
        """Return the columns that always stay, and of the others, in the order of their rank, those that still fit."""
        kept = frozenset(place for place in self._all if not self._columns[place].rank)
        self._ways = next((ways for way in WAYS if self._fits(kept, ways := dict.fromkeys(kept, way))), {})
        if not self._ways:
            return None
        for rank in sorted({self._columns[place].rank for place in self._all - kept}):
            ranked = {place for place in self._all if self._columns[place].rank == rank}
            more = frozenset(place for place in ranked if self._parent(place) in kept | ranked)
            for way in (LOOSE, TIGHT):
                ways = {**self._ways, **dict.fromkeys(more, way)}
                if more and self._fits(kept | more, ways):
                    kept, self._ways = kept | more, ways
                    break
        return kept

    def _parent(self, place: int) -> int:
        """Return the column in whose cells another one stands: itself, unless it is joined to one before it."""
        return max(before for before in range(place + 1) if self._columns[before].joined is None)

    def _fits(self, places: frozenset[int], ways: Mapping[int, Way]) -> bool:
        widths = [self._least(group, ways.get(group[0], LOOSE)) for group in self._groups(places)]
        return sum(widths) + len(widths) - 1 <= self._width

    def _groups(self, places: Iterable[int]) -> list[tuple[int, ...]]:
        """Return the columns that stand beside each other, each with those that are joined to it."""
        return [tuple(group) for _, group in groupby(sorted(places), key=self._parent)]

    def _show(self, group: tuple[int, ...]) -> _Shown:
        first, *joined = (self._columns[place] for place in group)
        cells = [row[group[0]] if not joined else Text.assemble(*(row[place] for place in group)) for row in self._cells]
        return _Shown(first, first.heading + "".join(column.joined or "" for column in joined), cells)

    def drawn(self) -> Iterator[Text | rich.table.Table]:
        """Yield the headings, and the rows below each heading of their own."""
        groups = self._groups(self.places or ())
        shown = [self._shown(group) for group in groups]
        least = [self._least(group, self._ways.get(group[0], LOOSE)) for group in groups]
        spaced = ((gap, self._widened(shown, least, gap)) for gap in (GAP, 1))
        gap, widths = min(spaced, key=lambda each: sum(map(_Shown.more_lines, shown, each[1])) if each[1] else math.inf)
        for number, (heading, rows) in enumerate(self._parts if self._cells else ()):
            if number:
                yield Text(fold(heading, self._width), style="bold")
            headed = not number and any(each.heading for each in shown)
            padding = (0, gap - 1, 0, 0)
            table = rich.table.Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=padding, show_header=headed)
            for each, width in zip(shown, widths, strict=True):
                column, words = each.column, Text(fold(each.heading, width))
                table.add_column(words, justify=column.justify, style=column.style, width=width)
            for row in rows:
                table.add_row(*(fold_text(each.cells[row], width) for each, width in zip(shown, widths, strict=True)))
            if rows or headed:
                yield table

    def _widened(self, shown: Sequence[_Shown], least: Sequence[int], gap: int) -> list[int]:
        """Share the room that is left: a character at a time to the text of most lines, then to the longest heading.

        Empty where there is no room for so many characters between the columns.
        """
        widths, room = [*least], self._width - sum(least) - gap * (len(least) - 1)
        if room < 0:
            return []
        for wanted in (_Shown.more_lines, lambda each, width: cell_len(each.heading) - width):
            while room > 0 and max(wishes := [*map(wanted, shown, widths)]) > 0:
                widths[wishes.index(max(wishes))] += 1
                room -= 1
        return widths

    def listed(self) -> Iterator[Text]:
        """Yield a line for each cell that holds anything, the first of a row without its heading."""
        first, *others = (self._shown(group) for group in self._groups(self._all))
        for number, (heading, rows) in enumerate(self._parts):
            if number:
                yield Text(fold(heading, self._width), style="bold")
            for row in rows:
                yield fold_text(first.cells[row], self._width)
                lines = (Text.assemble(f"  {each.heading}: ", each.cells[row]) for each in others if each.cells[row])
                yield from (fold_text(line, self._width) for line in lines)

    def below(self) -> Mapping[str, Sequence[str]]:
        """Return the texts that stand below the table, each with the names of the rows that it is of."""
        found: dict[str, dict[str, None]] = {}
        for place in set(range(len(self._columns))) - self._all:
            for heading, rows in self._parts:
                for name, text in ((self._cells[row][0].plain.rstrip("."), self._cells[row][place].plain) for row in rows):
                    found.setdefault(text, {})[f"{heading}/{name}" if heading else name] = None
        return {text: [*names] for text, names in found.items() if text}

    def left_out(self) -> list[str]:
        """Return the headings of the columns that there is no room for, each once."""
        lost = sorted(self._all - (self._all if self.places is None else self.places))
        return [*dict.fromkeys(heading for place in lost if (heading := self._columns[place].heading))]


def pairs(title: str, values: Iterable[tuple[str, str]]) -> Table:
    """Return a table of names and values without headings; values without a text are left out."""
    rows = [(f"{clean(name):{NAME_WIDTH}}", value) for name, value in values if value]
    return Table((Column("", style="dim"), Column("", text=True)), rows, title=title, title_style="bold")
