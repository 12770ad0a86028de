"""A screen's effects in words and as rows of a drawing: the same in the terminal, the report, TensorBoard and Python."""

from collections.abc import Iterator

from harness.analysis.effects import PartEffect, ScreenEffects, is_clear
from harness.analysis.screen_contrasts import PART, SHARE
from harness.analysis.unit import Unit, unit_of
from harness.study import BASE, BETTER, EQUIVALENT, WORSE, Metric, Row


def effect_unit(found: ScreenEffects, metric: Metric) -> Unit:
    """Return the unit of a screen's effects: points where all of its variants' values are fractions."""
    return unit_of([{"metric": metric.column, "value": value} for value in found.means])


def effect_rows(found: ScreenEffects, metric: Metric) -> list[Row]:
    """Return the parts and interactions as rows of a summary, as drawings of differences take them."""
    shared = {"metric": metric.column, "direction": metric.direction, "margin": metric.margin, "control": BASE}
    return [{**one.cells(), **shared, "variant": one.name} for one in found.effects if one.kind != SHARE]


def effect_heading(found: ScreenEffects) -> str:
    """Say of what the effects are."""
    return f"What each part does, over all variants of {found.family}"


def effect_lines(found: ScreenEffects, unit: Unit) -> list[str]:
    """Return what a drawing of the effects does not show: what was left out, what is mixed with what, how the gain divides."""
    if found.refused:
        return [f"{found.family}: no effects: {found.refused}."]
    return list(_lines(found, unit))


def told_effects(found: ScreenEffects, unit: Unit) -> list[str]:
    """Return what the parts of a screen do, and what a drawing of it does not show."""
    return [*filter(None, [effect_summary(found, unit)]), *effect_lines(found, unit)]


def effect_summary(found: ScreenEffects, unit: Unit) -> str:
    """Return what the parts of a screen do in one sentence; empty where no effect has a word."""
    tested = [one for one in found.effects if one.kind != SHARE and one.verdict.word]
    told = []
    for word in (BETTER, WORSE):
        named = [
            f"{one.name} ({unit.signed(one.difference.mean)}{' points' if unit.points else ''})" for one in _with(tested, word)
        ]
        told += [f"{word} with {', '.join(named)}"] if named else []
    same = [one.name for one in tested if one.verdict.word == EQUIVALENT]
    told += [f"too small to matter: {', '.join(same)}"] if same else []
    rest = [one.name for one in tested if one.verdict.word not in (BETTER, WORSE, EQUIVALENT)]
    told += [f"undecided: {', '.join(rest)}"] if rest else []
    return f"Over all variants of {found.family}: {'; '.join(told)}." if told else ""


def _with(effects: list[PartEffect], word: str) -> list[PartEffect]:
    return sorted((one for one in effects if one.verdict.word == word), key=lambda one: -abs(one.difference.mean))


def _lines(found: ScreenEffects, unit: Unit) -> Iterator[str]:
    if found.note:
        yield f"{found.note[:1].upper()}{found.note[1:]}."
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
    unsure = "which may be none" if whole.low is not None else "with no spread to judge by"
    noise = "" if is_clear(whole) else f", {unsure}, so that no part has a share of it"
    points = " points" if unit.points else ""
    yield f"All together {unit.signed(whole.mean)}{points}{noise}; of it, averaged over all orders: {'; '.join(told)}."
