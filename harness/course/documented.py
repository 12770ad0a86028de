"""The figures that are documented of a study, against the measured ones."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.analysis import CONFIDENCE, epoch_numbers, measured_series, prediction_interval
from harness.course.documented_file import EXACT, THRESHOLD, Figure
from harness.course.documented_fit import Fit, explanations, joint_fit
from harness.records import Record

# Variant, metric and epoch (None where the figure has none) → one value a seed.
Measured = Mapping[tuple[str, str, int | None], Sequence[float]]


@dataclass(frozen=True, slots=True)
class Reproduction:
    """A documented figure beside the measured ones.

    measured: the mean over seeds, or of an exact metric (a class, a number of epochs) its most frequent value. low,
    high: the interval for one more run, None where none is known. plausible: whether the documented figure could be
    one more run's; None where the seeds cannot say. together: the same of all the variant's documented figures at once.
    explained_by: where that is False, the other variants whose runs make it true, the likeliest first.
    """

    figure: Figure
    measured: float | None = None
    std: float | None = None
    n: int = 0
    low: float | None = None
    high: float | None = None
    plausible: bool | None = None
    together: bool | None = None
    explained_by: tuple[str, ...] = ()
    note: str = ""


def measured_values(records: Iterable[Record]) -> dict[tuple[str, str, int | None], list[float]]:
    """Return what one study's records measured of what may be documented, by variant, metric and epoch.

    A value under epoch None is that of the last one, or of a threshold that of its step.
    Trials that did not finish are left out, and so are those that ran on stand-in data: they measured something else.
    """
    values: defaultdict[tuple[str, str, int | None], list[float]] = defaultdict(list)
    for record in records:
        if not record.finished or record.on_stand_in:
            continue
        for metric, epoch, value in _curves(record):
            values[record.variant, metric, epoch].append(value)
        values[record.variant, "epochs_run", None].append(record.epochs)
        if record.first_test_image:
            chosen = int(np.argmax(record.first_test_image))
            values[record.variant, "first_test_image_class", record.epochs].append(chosen)
    return dict(values)


def _curves(record: Record) -> Iterator[tuple[str, int | None, float]]:
    """Yield each value of a record's curves under its epoch, under its step where steps were counted, and the last one."""
    for metric, series in measured_series(record):
        for epoch, value in zip(epoch_numbers(record), series, strict=False):
            yield metric, epoch, value
        for step, value in zip(record.history.get("step", ()), series, strict=False):
            yield f"{metric}{THRESHOLD}{int(step)}", None, value
        if series:
            yield metric, None, record.metrics.get(metric, series[-1])


def is_curve(figure: Figure) -> bool:
    """Say whether a figure is a point of a curve: a metric's value at an epoch, or its last."""
    return figure.metric not in EXACT and THRESHOLD not in figure.metric


def compare_documented(
    figures: Sequence[Figure], measured: Measured, *, confidence: float = CONFIDENCE
) -> tuple[Reproduction, ...]:
    """Compare each documented figure with what was measured, in the figures' order.

    Of a variant whose own runs do not give its documented figures, every other measured variant is tried as the
    explanation, with the whole curves: all figures of that variant together.
    """
    rows = [compare_figure(figure, finite_values(figure, figure.variant, measured), confidence) for figure in figures]
    rows = [replace(row, note=not_finite_note(row, measured)) for row in rows]
    judged = {name: judge_variant(name, rows, measured, confidence) for name in {figure.variant for figure in figures}}
    return tuple(replace(row, **judged[row.figure.variant]) for row in rows)


def judge_variant(name: str, rows: Sequence[Reproduction], measured: Measured, confidence: float) -> dict[str, Any]:
    """Return whether a variant's measured figures can together be one more run's, and which variants explain them."""
    figures = [row.figure for row in rows if row.figure.variant == name and row.n]
    variants = sorted({variant for variant, _, _ in measured})
    fits = {variant: variant_fit(figures, variant, measured, confidence) for variant in variants}
    own = fits.pop(name, None)
    return {"together": own.plausible if own else None, "explained_by": explanations(own, fits)}


def compare_figure(figure: Figure, sample: NDArray[np.float64], confidence: float = CONFIDENCE) -> Reproduction:
    """Compare one documented figure with its finite measured values, shape (seeds,).

    An exact figure is plausible when a seed gave it. A threshold is plausible when every seed lies above it. Any other
    is plausible inside the prediction interval, widened by its own rounding.
    """
    if not sample.size:
        return Reproduction(figure, note="not measured")
    if figure.metric in EXACT:
        values, counts = np.unique(sample, return_counts=True)
        given = bool(np.any(sample == figure.value))
        frequent = float(values[np.argmax(counts)])
        return Reproduction(figure, frequent, n=sample.size, plausible=given or (None if sample.size < 2 else False))
    interval = prediction_interval(sample, confidence=confidence)
    row = Reproduction(figure, interval.mean, interval.std, interval.n, interval.low, interval.high)
    if THRESHOLD in figure.metric:
        return replace(row, plausible=bool(np.all(sample > figure.value)))
    if interval.low is not None and interval.high is not None:
        inside = interval.low - figure.rounding <= figure.value <= interval.high + figure.rounding
        return replace(row, plausible=inside)
    return replace(row, plausible=True if abs(interval.mean - figure.value) <= figure.rounding else None)


def variant_fit(figures: Sequence[Figure], variant: str, measured: Measured, confidence: float) -> Fit | None:
    """Return how these figures, as one run's, fit a variant's runs; None when it lacks a point of the curves."""
    curves = [figure for figure in figures if is_curve(figure)]
    fit = joint_fit(
        [figure.value for figure in curves],
        [finite_values(figure, variant, measured) for figure in curves],
        rounding=[figure.rounding for figure in curves],
        confidence=confidence,
    )
    rest = [figure for figure in figures if not is_curve(figure)]
    judged = [compare_figure(figure, finite_values(figure, variant, measured)).plausible for figure in rest]
    return replace(fit, plausible=False) if fit is not None and False in judged else fit


@dataclass(frozen=True, slots=True)
class VariantReproduction:
    """A variant's documented figures together.

    figures: how many there are, judged: how many of them the seeds could judge, plausible: how many of these one more run
    could give. seeds: the fewest of a figure. remark: what the others mean; empty where there is nothing to add.
    """

    variant: str
    figures: int
    judged: int
    plausible: int
    seeds: int
    remark: str

    @property
    def words(self) -> str:
        """How many of the figures one more run could give: 7 of 7 documented figures plausible."""
        count = f"{self.plausible} of {self.judged}" if self.judged else f"{self.figures}"
        noun = "figure" if (self.judged or self.figures) == 1 else "figures"
        return f"{count} documented {noun}{' plausible' if self.judged else ''}"


def by_variant(rows: Sequence[Reproduction]) -> tuple[VariantReproduction, ...]:
    """Return for each variant how many of its documented figures are plausible, and what explains them if not."""
    groups: dict[str, list[Reproduction]] = {}
    for row in rows:
        groups.setdefault(row.figure.variant, []).append(row)
    found = []
    for name, group in groups.items():
        judged = [row for row in group if row.plausible is not None]
        plausible = sum(row.plausible is True for row in judged)
        seeds = min(row.n for row in group)
        found.append(VariantReproduction(name, len(group), len(judged), plausible, seeds, _remark(group, judged, plausible)))
    return tuple(found)


def _remark(rows: Sequence[Reproduction], judged: Sequence[Reproduction], plausible: int) -> str:
    """Say of one variant's documented figures what their number does not."""
    if not judged:
        return "too few seeds to judge by" if any(row.n for row in rows) else "not measured"
    if rows[0].explained_by:
        return f"they are what {' or '.join(rows[0].explained_by)} gives"
    if rows[0].together is False:
        return "no other variant explains them"
    return "together they are within chance" if rows[0].together and plausible < len(judged) else ""


def conclusions(rows: Sequence[Reproduction]) -> tuple[str, ...]:
    """Say of each variant, in one line, whether its documented figures were met, and what explains them if not."""
    return tuple(f"{one.variant}: {'; '.join(filter(None, (one.words, one.remark)))}." for one in by_variant(rows))


def finite_values(figure: Figure, variant: str, measured: Measured) -> NDArray[np.float64]:
    """Return a variant's finite measured values of a figure's metric and epoch, shape (seeds,)."""
    values = np.asarray(measured.get((variant, figure.metric, figure.epoch), ()), dtype=float)
    return np.asarray(values[np.isfinite(values)])


def not_finite_note(row: Reproduction, measured: Measured) -> str:
    """Return the row's note with the number of seeds whose value is not finite, which the comparison leaves out."""
    figure = row.figure
    left_out = len(measured.get((figure.variant, figure.metric, figure.epoch), ())) - row.n
    return "; ".join(filter(None, (row.note, f"{left_out} seeds not finite" if left_out else "")))
