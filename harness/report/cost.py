"""What a study's variants give for what they cost: a point a variant, and the front that nothing beats at its price."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from harness.analysis import pareto
from harness.report import svg
from harness.report.study_data import StudyData
from harness.results import UNFINISHED, format_value
from harness.study import CONFOUNDED, NO_VERDICT, never_judged, number_of, text_of

WIDTH, HEIGHT = 720, 360
LEFT, RIGHT, TOP, BOTTOM = 64, 24, 28, 46
_LETTER, _LINE = 6.2, 12.0  # pixels, of a name beside its point
_LOG_RATIO = 20  # of the dearest to the cheapest, from which on the axis is logarithmic
COSTS = {
    "parameters": "parameters",
    "flops": "FLOPs of training a sample (forward pass × epochs)",
    "seconds": "seconds a trial",
    "state_mb": "memory of parameters and optimizer, MB",
}


@dataclass(frozen=True, slots=True)
class Tradeoff:
    """A chart of benefit against one cost, and the same numbers: variant, cost, value, whether it is on the front.

    costs: those that differ, in words. data: on which data these variants were tested; datasets: all there are. left_out: the
    other variants on it, each with the reason.
    """

    chart: Markup
    cost: str
    rows: Sequence[tuple[str, str, str, bool]]
    costs: Mapping[str, str]
    data: str
    datasets: Sequence[str]
    left_out: Sequence[str]


def tradeoff(study: StudyData, cost: str = "", data: str = "") -> Tradeoff | None:
    """Return what each finished variant gives for a cost, one of COSTS; None where fewer than two are known to differ.

    data: whose variants are shown, since on other data a value is worth something else; empty: the base's.
    """
    datasets = list(dict.fromkeys(str(row["data"]) for row in study.rows))
    data = data if data in datasets else str(study.row(study.base)["data"])
    # An epoch of so many batches is none of all samples: what its trainings cost is not known by their epochs.
    counted = any(group[0].settings.get("steps_per_epoch") for group in study.records.values())
    every = {name: _points(study, name, data) for name in COSTS if not (counted and name == "flops")}
    known = {name: points for name, points in every.items() if len({price for _, price, _ in points}) > 1}
    if not known:
        return None
    cost = cost if cost in known else next(iter(known))
    points = known[cost]
    metric = study.metric
    sign = 1 if metric.higher_is_better else -1
    best = pareto([sign * value for _, _, value in points], [price for _, price, _ in points])
    prices, values = [price for _, price, _ in points], [value for _, _, value in points]
    log = min(prices) > 0 and max(prices) / min(prices) > _LOG_RATIO
    ends = (min(prices) / 1.5, max(prices) * 1.5) if log else svg.extent(prices, margin=0.08)
    x = svg.Scale(*ends, LEFT, WIDTH - RIGHT, log=log)
    y = svg.Scale(*svg.extent(values, margin=0.08), HEIGHT - BOTTOM, TOP)
    parts: list[Markup] = svg.axes(x, y, x_name=f"{COSTS[cost]}{' (logarithmic)' if log else ''}", y_name=metric.words)
    front = sorted((price, value) for (_, price, value), on in zip(points, best, strict=True) if on)
    if len(front) > 1:
        parts.append(svg.path([(x(price), y(value)) for price, value in front], class_="front"))
    rows = []
    taken: list[tuple[float, float, float]] = []
    dots = []
    for (name, price, value), on in sorted(zip(points, best, strict=True), key=lambda pair: not pair[1]):
        written = format_value("value", value, metric=metric.column)
        told = f"{name}: {written} for {_number(cost, price)}{', on the front' if on else ''}"
        dots.append(svg.element("circle", svg.title(told), cx=x(price), cy=y(value), r=5, class_="best" if on else "other"))
        parts += _name(name, x(price), y(value), taken)
        rows.append((name, _number(cost, price), written, bool(on)))
    parts += reversed(dots)  # what is on the front is drawn last, over the others
    words = f"{metric.words} against {COSTS[cost]}"
    chart = svg.chart(parts, width=WIDTH, height=HEIGHT, name=words)
    return Tradeoff(chart, cost, rows, {one: COSTS[one] for one in known}, data, datasets, _left_out(study, data, rows))


def _name(name: str, x: float, y: float, taken: list[tuple[float, float, float]]) -> list[Markup]:
    """Write a point's name beside it, unless another one stands there: the table below names all."""
    left = x > WIDTH - RIGHT - _LETTER * len(name)
    start = x - 9 - _LETTER * len(name) if left else x + 9
    for place in (y + 4, y - 8, y + 16):
        box = (start, start + _LETTER * len(name), place)
        if not any(abs(place - other) < _LINE and box[0] < end and begin < box[1] for begin, end, other in taken):
            taken.append(box)
            return [svg.label(name, x - 9 if left else x + 9, place, anchor="end" if left else "start", class_="point-name")]
    return []


def _left_out(study: StudyData, data: str, rows: Sequence[tuple[str, str, str, bool]]) -> list[str]:
    shown = {name for name, *_ in rows}
    missing = [row for row in study.rows if str(row["data"]) == data and row["variant"] not in shown]
    return [f"{row['variant']} ({_reason(row)})" for row in missing]


def _reason(row: Mapping[str, Any]) -> str:
    detail = text_of(row["verdict_detail"])
    if never_judged(detail):
        return detail.removeprefix(NO_VERDICT).removeprefix(CONFOUNDED)
    return str(row["status"]) if row["status"] in UNFINISHED or number_of(row["value"]) is None else "its cost is not known"


def _points(study: StudyData, cost: str, data: str) -> list[tuple[str, float, float]]:
    found = []
    for row in study.rows:
        value, price = number_of(row["value"]), _price(row, cost)
        if value is not None and price is not None and row["data"] == data and _is_comparable(row):
            found.append((str(row["variant"]), price, value))
    return found


def _is_comparable(row: Mapping[str, Any]) -> bool:
    return row["status"] not in UNFINISHED and not never_judged(text_of(row["verdict_detail"]))


def _price(row: Mapping[str, Any], cost: str) -> float | None:
    if cost != "flops":
        return number_of(row[cost])
    work, epochs = number_of(row["flops_per_sample"]), number_of(row["epochs"])
    return None if work is None or epochs is None or not math.isfinite(work * epochs) else work * epochs


def _number(cost: str, price: float) -> str:
    return format_value({"flops": "flops_per_sample"}.get(cost, cost), price)
