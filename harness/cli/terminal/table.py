"""Tables for any width: texts are folded between words, and columns of least use left out, and named, where there is no room.

The one rule: a table that has room for all columns at their narrowest has them all. Otherwise the columns that always
stay are joined, in the order of their rank, by those that still fit; before a text is left out, its settings may be parted
from their values. What room is left goes where it saves most lines. A terminal too narrow for the columns that always
stay gets a list, one line a cell.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
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
    no_room: str = "No room for: {}."

    def fits(self, width: int) -> bool:
        """Say whether so many characters have room for the columns that always stay."""
        return _Layout(self, width).places is not None

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

    @cached_property
    def _pieces(self) -> Mapping[bool, int]:
        """The longest piece of the texts: False: loose, True: tight."""
        return {
            tight: max((longest_piece(cell.plain, tight=tight) for cell in self.cells), default=0) for tight in (False, True)
        }

    def least(self, way: Way) -> int:
        """Return how wide it must be for its texts to be broken in one of WAYS."""
        least = self.longest
        if self.column.text:
            tight, longest = way
            least = max(min(self._pieces[tight], longest), min(least, NARROWEST_TEXT))
        return max(least, *map(cell_len, self.heading.split(" ")), 1)

    def more_lines(self, width: int) -> int:
        """Return how many lines it takes beyond the first of each row, at so many characters."""
        return sum(-(-cell.cell_len // width) - 1 for cell in self.cells if cell.cell_len > width)


class _Layout:
    """Which columns of a table a width has room for, and how wide each of them is.

    places: of the columns that are shown; None where not even those fit that always stay.
    """

    def __init__(self, table: Table, width: int) -> None:
        self._table, self._width = table, width
        self._rows = [clean(row) if isinstance(row, str) else [*map(_cell, row, table.columns)] for row in table.rows]
        self._memory: dict[tuple[int, ...], _Shown] = {}
        self._ways: Mapping[int, Way] = {}
        everything = frozenset(place for place, column in enumerate(table.columns) if not column.below)
        self.places: frozenset[int] | None = everything
        if not self._fits(everything, {}):
            self.places = self._most_important(everything)

    def _most_important(self, everything: frozenset[int]) -> frozenset[int] | None:
        """Return the columns that always stay, and of the others, in the order of their rank, those that still fit."""
        columns = self._table.columns
        kept = frozenset(place for place in everything if not columns[place].rank)
        self._ways = next((ways for way in WAYS if self._fits(kept, ways := dict.fromkeys(kept, way))), {})
        if not self._ways:
            return None
        order = sorted((columns[place].rank, place) for place in everything - kept)
        for _, group in groupby(order, key=lambda entry: entry[0]):
            ranked = {place for _, place in group}
            more = frozenset(place for place in ranked if self._parent(place) in kept | ranked)
            for way in (LOOSE, TIGHT):
                ways = {**self._ways, **dict.fromkeys(more, way)}
                if more and self._fits(kept | more, ways):
                    kept, self._ways = kept | more, ways
                    break
        return kept

    def _parent(self, place: int) -> int:
        """Return the column in whose cells another one stands: itself, unless it is joined to one before it."""
        return max(before for before in range(place + 1) if self._table.columns[before].joined is None)

    def _fits(self, places: frozenset[int], ways: Mapping[int, Way]) -> bool:
        widths = [self._shown(group).least(ways.get(group[0], LOOSE)) for group in self._groups(places)]
        return sum(widths) + len(widths) - 1 <= self._width

    def _groups(self, places: Iterable[int]) -> list[tuple[int, ...]]:
        """Return the columns that stand beside each other, each with those that are joined to it."""
        groups: list[tuple[int, ...]] = []
        for place in sorted(places):
            if self._table.columns[place].joined is None:
                groups.append((place,))
            else:
                groups[-1] += (place,)
        return groups

    def _shown(self, group: tuple[int, ...]) -> _Shown:
        if group not in self._memory:
            columns = [self._table.columns[place] for place in group]
            heading = columns[0].heading + "".join(column.joined or "" for column in columns[1:])
            rows = (row for row in self._rows if not isinstance(row, str))
            cells = [row[group[0]] if len(group) == 1 else Text.assemble(*(row[place] for place in group)) for row in rows]
            self._memory[group] = _Shown(columns[0], heading, cells)
        return self._memory[group]

    def drawn(self) -> Iterator[Text | rich.table.Table]:
        """Yield the headings, and the rows below each heading of their own."""
        groups = self._groups(self.places or ())
        shown = [self._shown(group) for group in groups]
        least = [each.least(self._ways.get(group[0], LOOSE)) for group, each in zip(groups, shown)]
        gap, widths = min(self._spaced(shown, least), key=lambda spaced: sum(map(_Shown.more_lines, shown, spaced[1])))
        part = self._part(shown, widths, gap, headed=any(each.heading for each in shown))
        position = 0
        for row in self._rows:
            if isinstance(row, str):
                yield part
                yield Text(fold(row, self._width), style="bold")
                part = self._part(shown, widths, gap, headed=False)
            else:
                part.add_row(*(fold_text(each.cells[position], width) for each, width in zip(shown, widths)))
                position += 1
        if self._rows:
            yield part

    def _part(self, shown: Sequence[_Shown], widths: Sequence[int], gap: int, *, headed: bool) -> rich.table.Table:
        padding = (0, gap - 1, 0, 0)
        table = rich.table.Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=padding, show_header=headed)
        for each, width in zip(shown, widths):
            table.add_column(Text(fold(each.heading, width)), justify=each.column.justify, style=each.column.style, width=width)
        return table

    def _spaced(self, shown: Sequence[_Shown], least: Sequence[int]) -> Iterator[tuple[int, list[int]]]:
        """Yield each gap between columns that there is room for, the widest first, with the widths that it leaves."""
        for gap in range(GAP, 0, -1):
            room = self._width - sum(least) - gap * (len(least) - 1)
            if room >= 0:
                yield gap, self._widened(shown, [*least], room)

    def _widened(self, shown: Sequence[_Shown], widths: list[int], room: int) -> list[int]:
        """Share the room that is left: a character at a time to the text of most lines, then to the longest heading."""

        def lines(place: int) -> int:
            return shown[place].more_lines(widths[place])

        def lack(place: int) -> int:
            return cell_len(shown[place].heading) - widths[place]

        for wanted in (lines, lack):
            while room > 0 and wanted(place := max(range(len(shown)), key=wanted)) > 0:
                widths[place] += 1
                room -= 1
        return widths

    def listed(self) -> Iterator[Text]:
        """Yield a line for each cell that holds anything, the first of a row without its heading."""
        shown = [self._shown(group) for group in self._groups(range(len(self._table.columns)))]
        position = 0
        for row in self._rows:
            if isinstance(row, str):
                yield Text(fold(row, self._width), style="bold")
                continue
            cells = [each.cells[position] for each in shown]
            yield fold_text(cells[0], self._width)
            for each, cell in zip(shown[1:], cells[1:]):
                if cell and not each.column.below:
                    yield fold_text(Text.assemble(f"  {each.heading}: ", cell), self._width)
            position += 1

    def below(self) -> Mapping[str, Sequence[str]]:
        """Return the texts that stand below the table, each with the rows that it is of."""
        found: dict[str, dict[str, None]] = {}
        for place, column in enumerate(self._table.columns):
            if not column.below:
                continue
            heading = ""
            for row in self._rows:
                if isinstance(row, str):
                    heading = f"{row}/"
                elif row[place]:
                    found.setdefault(row[place].plain, {})[f"{heading}{row[0].plain.rstrip('.')}"] = None
        return {text: [*names] for text, names in found.items()}

    def left_out(self) -> list[str]:
        """Return the headings of the columns that there is no room for, each once."""
        if self.places is None:
            return []
        lost = (column for place, column in enumerate(self._table.columns) if place not in (self.places or ()))
        return list(dict.fromkeys(column.heading for column in lost if not column.below and column.heading))


def _cell(cell: str | Text, column: Column) -> Text:
    return cell if isinstance(cell, Text) else Text(clean(cell))


def pairs(title: str, values: Iterable[tuple[str, str]]) -> Table:
    """Return a table of names and values without headings; values without a text are left out."""
    rows = [(f"{clean(name):{NAME_WIDTH}}", value) for name, value in values if value]
    return Table((Column("", style="dim"), Column("", text=True)), rows, title=title, title_style="bold")
