"""Learning curves of chosen variants: the mean over seeds with its band, and each seed's own."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from harness.analysis import BEST, LAST, VALIDATION, Band, band, chosen_epoch, curve_names, curve_steps, epoch_numbers
from harness.records import Record
from harness.report import svg
from harness.report.study_data import StudyData
from harness.study import format_metric

WIDTH, HEIGHT = 720, 340
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 28, 46
COLOURS = 8  # classes of the page's style sheet
MARKS = {LAST: "last", BEST: "best on the test samples", VALIDATION: "chosen by validation"}
_LOSS_RANGE = 300  # beyond such a ratio of the largest to the smallest value a loss is drawn on a logarithmic scale


@dataclass(frozen=True, slots=True)
class Curves:
    """A chart of curves, the key to its colours (variant and colour's number), the same numbers as a table, and its name.

    table: one row a place that any variant reached: its number, then a text for each variant. counted: what these are
    counted in, epochs or batches. apart: variants that are counted in the other, and not drawn.
    """

    chart: Markup
    key: Sequence[tuple[str, int]]
    table: Sequence[tuple[int, Sequence[str]]]
    curve: str
    names: Sequence[str]
    counted: str
    apart: Sequence[str]


def curves(study: StudyData, variants: Sequence[str], *, curve: str = "", mark: str = LAST) -> Curves | None:
    """Return the curves of some variants; None where none of their trials has measured one.

    curve: a name in the records' history, such as test_accuracy; empty, or one that none of them has: the study's metric.
    mark: which epoch of each seed is marked, one of MARKS.
    """
    if not variants:
        return None
    counted = _counted(study.records[variants[0]][0])
    groups = {name: study.records[name] for name in variants if _counted(study.records[name][0]) == counted}
    apart = [name for name in variants if name not in groups]
    names = curve_names([record for group in groups.values() for record in group])
    if not names:
        return None
    curve = curve if curve in names else study.metric.column if study.metric.column in names else names[0]
    bands = {name: found for name, group in groups.items() if (found := band(group, curve))}
    if not bands:
        return None
    steps = [step for found in bands.values() for step in found]
    values = [value for found in bands.values() for ends in found.values() for value in ends]
    values += [v for name in bands for record in groups[name] if record.finished for v in _finite(record, curve)]
    log = "loss" in curve and min(values) > 0 and max(values) / min(values) > _LOSS_RANGE
    low, high = (min(values) / 1.2, max(values) * 1.2) if log else svg.extent(values)
    x = svg.Scale(min(steps), max(max(steps), min(steps) + 1), LEFT, WIDTH - RIGHT)
    y = svg.Scale(low, high, HEIGHT - BOTTOM, TOP, log=log)
    words = curve.replace("_", " ")
    parts: list[Markup] = svg.axes(x, y, x_name=counted, y_name=f"{words}{' (logarithmic)' if log else ''}")
    numbers = {name: place % COLOURS for place, name in enumerate(variants)}
    for name, found in bands.items():
        parts.append(_variant(study, name, found, curve, (x, y), colour=numbers[name], mark=mark))
    chart = svg.chart(parts, width=WIDTH, height=HEIGHT, name=f"{words} over {counted}: {', '.join(bands)}")
    table = [(step, [_text(found.get(step), study) for found in bands.values()]) for step in sorted(set(steps))]
    return Curves(chart, [(name, numbers[name]) for name in bands], table, curve, names, counted, apart)


def _counted(record: Record) -> str:
    return "batches" if record.settings.get("steps_per_epoch") else "epochs"


def _variant(
    study: StudyData,
    name: str,
    found: dict[int, Band],
    curve: str,
    scales: tuple[svg.Scale, svg.Scale],
    *,
    colour: int,
    mark: str,
) -> Markup:
    x, y = scales
    upper = [(x(step), y(high)) for step, (_, _, high) in found.items()]
    lower = [(x(step), y(low)) for step, (_, low, _) in found.items()]
    mean = [(x(step), y(middle)) for step, (middle, _, _) in found.items()]
    group = [record for record in study.records[name] if record.finished]
    told = svg.title(f"{name}: mean of {len(group)} {study.trials} with its 95% interval")
    parts = [told, svg.path([*upper, *reversed(lower)], closed=True, class_="band")]
    for record in group:
        points = [(x(step), y(v)) for step, v in _points(record, curve)]
        if len(group) > 1 and points:
            parts.append(svg.path(points, class_="seed") if len(points) > 1 else _dot(*points[0], "", "seed-point"))
        parts += _marked(record, curve, mark, study, scales)
    parts.append(svg.path(mean, class_="mean") if len(mean) > 1 else _dot(*mean[0], name, "mean-point"))
    return svg.element("g", "".join(parts), class_=f"variant colour-{colour}", tabindex="0", data_variant=name)


def _marked(record: Record, curve: str, mark: str, study: StudyData, scales: tuple[svg.Scale, svg.Scale]) -> list[Markup]:
    points = dict(_points(record, curve))
    step = max(points, default=None) if mark == LAST else _step_of(record, mark, study)
    if step is None or step not in points:
        return []
    value = points[step]
    written = format_metric(value, fraction=study.metric.fraction)
    told = f"{record.variant}, {study.trials[:-1]} {record.seed}, {MARKS[mark]} ({step}): {written}"
    return [_dot(scales[0](step), scales[1](value), told, "mark")]


def _step_of(record: Record, mark: str, study: StudyData) -> int | None:
    """Return where on the axis the epoch lies that is best, or that validation chooses; None where there is none."""
    epoch = chosen_epoch(record, mark, study.metric).epoch
    places = dict(zip(epoch_numbers(record), curve_steps(record), strict=False))
    return None if math.isnan(epoch) else places.get(int(epoch))


def _dot(x: float, y: float, told: str, kind: str) -> Markup:
    return svg.element("circle", svg.title(told) if told else "", cx=x, cy=y, r=3, class_=kind)


def _points(record: Record, curve: str) -> list[tuple[int, float]]:
    pairs = zip(curve_steps(record), record.history.get(curve, ()), strict=False)
    return [(step, value) for step, value in pairs if math.isfinite(value)]


def _finite(record: Record, curve: str) -> list[float]:
    return [value for _, value in _points(record, curve)]


def _text(found: Band | None, study: StudyData) -> str:
    if found is None:
        return ""
    mean, low, high = (format_metric(value, fraction=study.metric.fraction) for value in found)
    return f"{mean} [{low}, {high}]" if low != high else mean
