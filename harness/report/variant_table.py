"""The table of a study's variants: values, differences with their intervals on one axis, verdicts, costs, settings."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from harness.analysis import SETTING, Unit, at_epoch, margin_of, mean_interval, overlap, setting_cell, unit_of
from harness.errors import clean
from harness.records import DIVERGED, EXPECTED_ERROR, FAILED, INTERRUPTED, OK, TIMEOUT, UNEXPECTED_PASS
from harness.report import svg
from harness.report.study_data import StudyData
from harness.results import Bar, axis_ends, bar_of, difference_of, format_value, row_note
from harness.study import is_missing, number_of, text_of

AXIS_WIDTH, AXIS_HEIGHT = 260, 24
STATUS_WORDS = {
    OK: "trained",
    EXPECTED_ERROR: "fails, as expected",
    UNEXPECTED_PASS: "trains, was to fail",
    FAILED: "failed",
    DIVERGED: "diverged",
    TIMEOUT: "out of time",
    INTERRUPTED: "interrupted",
}
RATIOS = {"parameters_ratio": "parameters ×", "flops_per_sample_ratio": "FLOPs ×", "epoch_seconds_ratio": "epoch time ×"}


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its key, its heading, whether it holds numbers, whether it is shown until the reader chooses."""

    key: str
    heading: str
    numeric: bool = False
    shown: bool = True


@dataclass(frozen=True, slots=True)
class Cell:
    """What a cell shows, by what it is sorted (empty: by its text), its class for colour, what a pointer is told."""

    text: str | Markup
    sort: str = ""
    style: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class VariantTable:
    """The whole table; axis: what stands in the heading of the differences' column; rows: of each variant, by column."""

    columns: Sequence[Column]
    rows: Mapping[str, Mapping[str, Cell]]
    axis: Markup


def variant_table(study: StudyData) -> VariantTable:
    """Return the table of a study's page, one row a variant in the study's order."""
    metric = study.metric
    bars = {row["variant"]: bar_of(row) for row in study.rows}
    drawn = [bar for bar in bars.values() if bar]
    margin, unit = margin_of(study.rows) or 0.0, unit_of(study.rows)
    axis = svg.Scale(*axis_ends(drawn, margin), 4, AXIS_WIDTH - 4)
    settings = study.varying_settings()
    columns = [
        Column("variant", "variant"),
        Column("change", "what changed"),
        Column("status", "status"),
        Column("verdict", "verdict"),
        Column("forest", f"difference from the control{', points' if unit.points else ''}"),
        Column(
            "value",
            f"{metric.words}{'' if metric.higher_is_better else ' (lower is better)'}, mean [95% interval]",
            numeric=True,
        ),
        Column("difference", "difference [95% interval]", numeric=True),
        Column("seeds", study.trials, numeric=True),
        *(Column(name, words, numeric=True, shown=name != "flops_per_sample_ratio") for name, words in RATIOS.items()),
        Column("epochs", "epochs", numeric=True, shown=_differ(study.rows, "epochs")),
        Column("test_loss", "test loss", numeric=True, shown=False),
        Column("parameters", "parameters", numeric=True, shown=False),
        Column("seconds", "seconds a trial", numeric=True, shown=False),
        Column("p_value", "corrected p", numeric=True, shown=False),
        Column("control", "control", shown=False),
        *(Column(f"{SETTING}{name}", name.replace("_", " "), shown=False) for name in settings),
        Column("note", "notes"),
    ]
    rows = {}
    for row in study.rows:
        group, variant = study.records[row["variant"]], str(row["variant"])
        cells = {
            "variant": Cell(variant),
            "change": Cell(text_of(row["change"])),
            "verdict": _verdict(row),
            "value": _value(row, study),
            "difference": _difference(row, metric.column),
            "forest": Cell(forest(bars[variant], axis, margin, unit.figure), sort=_sort(row["delta"])),
            "seeds": Cell(str(row["seeds"]), sort=_sort(row["seeds"])),
            "control": Cell(text_of(row["control"])),
            "status": _status(row),
            "note": Cell(clean(row_note(row, concluded=True))),
        }
        for name in (*RATIOS, "epochs", "test_loss", "parameters", "seconds", "p_value"):
            cells[name] = Cell(format_value(name, row[name], metric=metric.column), sort=_sort(row[name]))
        for name in settings:
            cells[f"{SETTING}{name}"] = Cell(str(setting_cell(group[0].settings.get(name))))
        rows[variant] = cells
    said = [column for column in columns if any(cells[column.key].text for cells in rows.values())]
    return VariantTable(said if drawn else [one for one in said if one.key != "forest"], rows, axis_of(axis, margin, unit))


def forest(bar: Bar | None, axis: svg.Scale, margin: float, figure: Any) -> Markup:
    """Return a difference with its interval on the axis that all rows share; what reaches beyond it ends in an arrow."""
    if bar is None:
        return Markup()
    middle = AXIS_HEIGHT / 2
    parts = _ground(axis, margin, AXIS_HEIGHT)
    low, high = max(bar.low, axis.low), min(bar.high, axis.high)
    if low <= high:
        parts.append(svg.line(axis(low), middle, axis(high), middle, class_="interval"))
    for end in (bar.low, bar.high):
        if end < axis.low:
            parts += _arrow(axis.first, middle, 1)
        elif end > axis.high:
            parts += _arrow(axis.last, middle, -1)
        elif bar.low < bar.high:
            parts.append(svg.line(axis(end), middle - 4, axis(end), middle + 4, class_="interval"))
    if axis.low <= bar.delta <= axis.high:
        parts.append(svg.element("circle", cx=axis(bar.delta), cy=middle, r=4.5, class_="point"))
    name = (
        f"{figure(bar.delta)}, 95% interval {figure(bar.low)} to {figure(bar.high)}{f', {bar.verdict}' if bar.verdict else ''}"
    )
    return svg.chart(
        [svg.title(name), *parts], width=AXIS_WIDTH, height=AXIS_HEIGHT, name=name, class_=f"forest {_style(bar.verdict)}"
    )


def _arrow(tip: float, middle: float, inwards: int) -> list[Markup]:
    """Return the arrow of what lies beyond an end of the axis; inwards: 1 at its left end, -1 at its right."""
    back = tip + 6 * inwards
    return [svg.path([(tip, middle), (back, 3), (back, AXIS_HEIGHT - 3)], closed=True, class_="arrow")]


def _ground(axis: svg.Scale, margin: float, height: float) -> list[Markup]:
    parts = []
    if margin:
        left, right = axis(max(-margin, axis.low)), axis(min(margin, axis.high))
        parts.append(svg.element("rect", x=left, y=0, width=round(right - left, 2), height=height, class_="margin"))
    return [*parts, svg.line(axis(0.0), 0, axis(0.0), height, class_="zero")]


def axis_of(axis: svg.Scale, margin: float, unit: Unit) -> Markup:
    """Return the axis that all rows share, with its ticks and what is too small to matter."""
    scale = 100 if unit.points else 1
    parts = _ground(axis, margin, 8)
    for value in svg.ticks(axis.low * scale, axis.high * scale, 5):
        place = axis(value / scale)
        parts.append(svg.line(place, 0, place, 4, class_="axis"))
        parts.append(svg.label(f"{value:g}", min(max(place, 10), AXIS_WIDTH - 10), 18, class_="tick"))
    words = f"axis of the differences, in {'points' if unit.points else unit.name}"
    return svg.chart(parts, width=AXIS_WIDTH, height=20, name=words, class_="forest")


def _verdict(row: Mapping[str, Any]) -> Cell:
    word = text_of(row["verdict"])
    if not text_of(row["control"]) and not word:
        return Cell("the base" if row["variant"] == "base" else "")
    if word == row["status"]:
        return Cell("")
    return Cell(word, style=_style(word), title=text_of(row["verdict_detail"]))


def _status(row: Mapping[str, Any]) -> Cell:
    """Return how the trials ended; what the study did not expect is a fault, a claim on the results that is broken too."""
    status, meant = str(row["status"]), bool(row["as_expected"])
    words = STATUS_WORDS.get(status, status)
    if not meant and not number_of(row["failed_seeds"]):
        return Cell(f"{words}, not as the study claims", style="wrong", title=text_of(row["claims"]))
    if not meant or status == INTERRUPTED:
        return Cell(words, style="wrong", title=text_of(row["error"]))
    if status == DIVERGED:
        words = "diverges, as expected"
    return Cell(words, style="as-meant" if status != OK else "", title=text_of(row["error"]))


def _style(verdict: str) -> str:
    return verdict if verdict in ("better", "worse", "equivalent", "inconclusive") else ""


def _value(row: Mapping[str, Any], study: StudyData) -> Cell:
    group, metric = study.records[row["variant"]], study.metric
    chosen = (at_epoch(record, study.epoch, metric) for record in group if record.finished)
    values = [value for record in chosen if math.isfinite(value := metric.of(record.metrics))]
    if not values:
        return Cell("")
    found = mean_interval(values, overlap=overlap(group))
    low, high = (None if end is None else format_value("value", end, metric=metric.column) for end in (found.low, found.high))
    mean = format_value("value", row["value"], metric=metric.column)
    spread = format_value("value_std", row["value_std"], metric=metric.column)
    told = f"{len(values)} of {len(group)} {study.trials}{f', standard deviation {spread}' if spread else ''}"
    return Cell(f"{mean} [{low}, {high}]" if low and high else mean, sort=_sort(row["value"]), title=told)


def _difference(row: Mapping[str, Any], column: str) -> Cell:
    delta, low, high = (format_value(name, row[name], metric=column) for name in ("delta", "ci_low", "ci_high"))
    if not text_of(row["control"]) or not delta:
        return Cell("")
    return Cell(f"{delta} [{low}, {high}]" if low and high else delta, sort=_sort(row["delta"]), title=difference_of(column))


def _differ(rows: Sequence[Mapping[str, Any]], name: str) -> bool:
    return len({repr(row[name]) for row in rows if not is_missing(row[name])}) > 1


def _sort(value: Any) -> str:
    number = number_of(value)
    return "" if number is None else repr(number)
