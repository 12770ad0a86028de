"""What a screen's parts do, below the table of its variants: drawn on one axis, with what is mixed with what."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from harness.analysis import PART, SHARE, ScreenEffects, Unit, all_at_epoch, effects_of, is_clear, unit_of
from harness.cli.terminal.conclusion import READING_WIDTH, hanging, plot_lines
from harness.errors import clean
from harness.records import Record
from harness.results import forest_plot
from harness.study import Metric, Row, metric_from_dict

PARTS = "What each part does, over all variants of"


class EffectsView:
    """The effects of one screen, as wide as the console."""

    def __init__(self, found: ScreenEffects, metric: Metric) -> None:
        self._found, self._metric = found, metric

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width, found = min(options.max_width, READING_WIDTH), self._found
        if found.refused:
            yield hanging(Text(clean(f"{found.family}: no effects: {found.refused}.")), width)
            return
        rows = [self._row(one.name, one.cells()) for one in found.effects if one.kind != SHARE]
        if (plot := forest_plot(rows, width=width)) is not None:
            yield from plot_lines(plot, title=f"{PARTS} {clean(found.family)}{', in points' if unit_of(rows).points else ''}")
        for line in self._lines(unit_of(rows)):
            yield hanging(Text(clean(line)), width)

    def _row(self, name: str, cells: Row) -> Row:
        """Return an effect as a row of a summary, as the drawing takes it."""
        of_metric = {"metric": self._metric.column, "direction": self._metric.direction, "margin": self._metric.margin}
        return {**cells, **of_metric, "variant": clean(name), "control": "base"}

    def _lines(self, unit: Unit) -> Iterator[str]:
        found = self._found
        if found.note:
            yield f"{found.note}."
        if details := {one.verdict.detail for one in found.effects if one.kind == PART and not one.verdict.word}:
            yield f"No words: {'; '.join(sorted(filter(None, details)))}."
        if found.screen is not None:
            yield from found.screen.mixed
        yield from _share_lines(found, unit)


def _share_lines(found: ScreenEffects, unit: Unit) -> Iterator[str]:
    """Say how the gain of all parts together divides among them, each averaged over all orders of adding them."""
    shares, whole = [one for one in found.effects if one.kind == SHARE], found.whole
    if not shares or whole is None:
        return
    told = []
    for one in sorted(shares, key=lambda one: -abs(one.difference.mean)):
        low, high = one.difference.low, one.difference.high
        interval = "" if low is None or high is None else f" [{unit.signed(low)}, {unit.signed(high)}]"
        percent = "" if one.of_whole is None else f", {one.of_whole:.0%}"
        told.append(f"{one.name} {unit.signed(one.difference.mean)}{interval}{percent}")
    noise = "" if is_clear(whole) else ", which may be none, so that no part has a share of it"
    points = " points" if unit.points else ""
    yield f"All together {unit.signed(whole.mean)}{points}{noise}; of it, averaged over all orders: {'; '.join(told)}."


def effects_views(records: Sequence[Record], logdir: Path | None, *, epoch: str) -> list[RenderableType]:
    """Return what is shown of each screen of one study, of the values at this epoch."""
    if not any(record.screen for record in records):
        return []
    found = effects_of(all_at_epoch(records, epoch)[0], logdir=logdir, epoch=epoch)
    return [EffectsView(one, metric_from_dict(records[0].metric)) for one in found]
