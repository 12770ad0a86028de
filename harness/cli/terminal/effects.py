"""What a screen's parts do, below the table of its variants: drawn on one axis, with what is mixed with what."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

from harness.analysis import (
    ScreenEffects,
    effect_heading,
    effect_rows,
    effect_unit,
    effects_of,
    told_effects,
)
from harness.cli.terminal.conclusion import READING_WIDTH, hanging, plot_lines
from harness.errors import clean
from harness.records import Record
from harness.results import forest_plot
from harness.study import Metric, metric_from_dict


class EffectsView:
    """The effects of one screen, as wide as the console."""

    def __init__(self, found: ScreenEffects, metric: Metric) -> None:
        self._found, self._metric = found, metric

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width, found = min(options.max_width, READING_WIDTH), self._found
        unit = effect_unit(found, self._metric)
        rows = [{**row, "variant": clean(str(row["variant"]))} for row in effect_rows(found, self._metric)]
        if (plot := forest_plot(rows, width=width, unit=unit)) is not None:
            yield from plot_lines(plot, title=f"{clean(effect_heading(found))}{', in points' if unit.points else ''}")
        for line in told_effects(found, unit):
            yield hanging(Text(clean(line)), width)


def effects_views(records: Sequence[Record], logdir: Path | None, *, epoch: str) -> list[RenderableType]:
    """Return what is shown of each screen of one study, of the values at this epoch."""
    found = effects_of(records, logdir=logdir, epoch=epoch)
    return [EffectsView(one, metric_from_dict(records[0].metric)) for one in found]
