"""What the parts of a study's screens do: drawn on one axis, in figures, and in what must be known beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from harness.analysis import (
    SHARE,
    PartEffect,
    ScreenEffects,
    Unit,
    effect_heading,
    effect_lines,
    effect_rows,
    effect_summary,
    effect_unit,
    effects_of,
    told_effects,
)
from harness.report import svg
from harness.report.study_data import StudyData
from harness.report.variant_table import AXIS_WIDTH, Cell, axis_of, forest
from harness.results import axis_ends, bar_of
from harness.study import Metric


@dataclass(frozen=True, slots=True)
class ScreenShown:
    """One screen: a row for each part, and for each two that it tells apart.

    heading: of what the effects are. summary: what they come to, in a sentence; empty where none has a word. columns: key and
    heading of each. rows: of each effect, by column. axis: what stands in the heading of the drawing. lines: what is to be
    known beside it, or why there are no effects.
    """

    heading: str
    summary: str
    columns: Mapping[str, str]
    rows: Mapping[str, Mapping[str, Cell]]
    axis: Markup
    lines: Sequence[str]


def screens(study: StudyData) -> list[ScreenShown]:
    """Return the effects of each screen of a study, of the values that the page shows; none where it has none."""
    return [_shown(found, study.metric) for found in _effects(study)]


def screen_sentences(study: StudyData) -> list[str]:
    """Return the effects of a study's screens in sentences, for where nothing can be drawn."""
    return [line for found in _effects(study) for line in told_effects(found, effect_unit(found, study.metric))]


def _effects(study: StudyData) -> list[ScreenEffects]:
    every = [record for group in study.records.values() for record in group]
    return effects_of(every, logdir=study.folder.parent, epoch=study.epoch)


def _shown(found: ScreenEffects, metric: Metric) -> ScreenShown:
    unit = effect_unit(found, metric)
    bars = [bar_of(row) for row in effect_rows(found, metric)]
    axis = svg.Scale(*axis_ends([bar for bar in bars if bar], metric.margin), 4, AXIS_WIDTH - 4)
    columns = {
        "effect": "part",
        "verdict": "verdict",
        "forest": f"what it does to {unit.name}{', points' if unit.points else ''}",
        "difference": "effect [95% interval]",
        "p_value": "corrected p",
        "share": "share of the whole gain",
    }
    shares = {one.name: one for one in found.effects if one.kind == SHARE}
    told = [one for one in found.effects if one.kind != SHARE]
    rows = {}
    for one, bar in zip(told, bars, strict=True):
        share = shares.get(one.name)
        rows[one.name] = {
            "effect": Cell(one.name),
            "verdict": Cell(one.verdict.word, style=one.verdict.word, title=one.verdict.detail),
            "forest": Cell(forest(bar, axis, metric.margin, unit.figure)),
            "difference": Cell(_interval(one, unit)),
            "p_value": Cell("" if one.p_values.different is None else f"{one.p_values.different:.2g}"),
            "share": Cell("" if share is None else _share(share, unit)),
        }
    said = {key: heading for key, heading in columns.items() if any(cells[key].text for cells in rows.values())}
    drawn = axis_of(axis, metric.margin, unit)
    return ScreenShown(effect_heading(found), effect_summary(found, unit), said, rows, drawn, effect_lines(found, unit))


def _interval(effect: PartEffect, unit: Unit) -> str:
    mean, low, high = effect.difference.mean, effect.difference.low, effect.difference.high
    return (
        unit.figure(mean) if low is None or high is None else f"{unit.figure(mean)} [{unit.figure(low)}, {unit.figure(high)}]"
    )


def _share(effect: PartEffect, unit: Unit) -> str:
    return _interval(effect, unit) if effect.of_whole is None else f"{effect.of_whole:.0%}: {_interval(effect, unit)}"
