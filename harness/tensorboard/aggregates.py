"""Curves across seeds: each variant's mean and band per epoch, as an aggregate run for TensorBoard."""

import math
import shutil
from collections.abc import Iterable, Sequence
from itertools import count
from pathlib import Path

import numpy as np
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.custom_scalar import layout_pb2, metadata as layout_metadata
from tensorboard.plugins.scalar.summary_v2 import scalar_pb
from tensorboard.util import tensor_util

from harness.analysis import mean_interval, overlap
from harness.records import Record, own_aggregates, require_own
from harness.study import BASE, PREFIXES, metric_from_dict
from harness.tensorboard.event_file import EventFile

AGGREGATE = "aggregate"
LAST_STEP = 2**63 - 1  # that an event can have
Band = tuple[float, float, float]  # mean, low, high


def band(records: Sequence[Record], curve: str) -> dict[int, Band]:
    """Return mean, low and high by step, of each step that at least one finished seed reached.

    The band is the 95% Student t interval of the mean over the seeds that reached the step; for one seed, or where
    the seeds do not differ, it is the curve itself.
    """
    shared = overlap(records)
    by_step: dict[int, list[float]] = {}
    for record in records:
        if record.finished:
            for step, value in zip(_steps(record), record.history.get(curve, ()), strict=False):
                by_step.setdefault(step, []).append(value)
    points: dict[int, Band] = {}
    for step in sorted(step for step in by_step if abs(step) <= LAST_STEP):
        values = np.array(by_step[step])
        try:
            with np.errstate(all="ignore"):
                found = mean_interval(values[np.isfinite(values)], overlap=shared) if np.isfinite(values).any() else None
        except ValueError:  # losses near the largest float have no interval that a float can hold
            continue
        if found is None:
            break
        low, high = (found.mean, found.mean) if found.low is None or found.high is None else (found.low, found.high)
        points[step] = (found.mean, low, high)
    return points


def _steps(record: Record) -> Iterable[int]:
    """Return where a trial's own curves have their points: batches so far where epochs are counted in them, else epochs."""
    batches, numbers = (record.history.get(name, ()) for name in ("step", "epoch"))
    if record.settings.get("steps_per_epoch"):
        return (int(step) for step in batches if math.isfinite(step))
    return (int(number) - 1 for number in numbers if math.isfinite(number)) if numbers else count()


def write_aggregates(folder: Path, records: Sequence[Record]) -> None:
    """Write an aggregate run for each variant, in the place of older ones, and the layout that draws the bands.

    folder: the study's. The runs lie in VARIANT/aggregate; the layout, for the Custom Scalars tab, in the base's.
    """
    by_variant: dict[str, list[Record]] = {}
    for record in records:
        by_variant.setdefault(record.variant, []).append(record)
    for stale in own_aggregates(folder, AGGREGATE):
        if stale.parent.name not in by_variant:
            shutil.rmtree(stale, ignore_errors=True)
    curves = curve_names(records)
    for variant, group in by_variant.items():
        bands = {curve: points for curve in curves if (points := band(group, curve))}
        target = folder / variant / AGGREGATE
        require_own(target, root=folder.parent)
        shutil.rmtree(target, ignore_errors=True)
        if bands:
            _write_run(target, bands, layout=curves if variant == BASE else ())


def curve_names(records: Sequence[Record]) -> tuple[str, ...]:
    """Return the names of all that the records measured on training, validation and test samples.

    The study's metric comes first, then the loss: models of several outputs measure much besides.
    """
    names = {name for record in records for name in record.history if name.startswith(PREFIXES)}
    first = [metric_from_dict(record.metric).name for record in records[:1]] + ["loss"]

    def rank(name: str) -> tuple[int, str]:
        metric = name.partition("_")[2]
        return (first.index(metric) if metric in first else len(first)), name

    return tuple(sorted(names - {"test_seconds"}, key=rank))


def _write_run(target: Path, bands: dict[str, dict[int, Band]], *, layout: Sequence[str]) -> None:
    with EventFile(target) as file, np.errstate(over="ignore"):  # TensorBoard's numbers are of half the width
        if layout:
            file.add_summary(_layout_summary(layout))
        for curve, points in bands.items():
            for step, values in points.items():
                for name, value in zip(("mean", "low", "high"), values, strict=True):
                    file.add_summary(scalar_pb(f"{curve}/{name}", value), step=step)


def _layout_summary(curves: Sequence[str]) -> Summary:
    charts = [
        layout_pb2.Chart(
            title=curve.replace("_", " "),
            margin=layout_pb2.MarginChartContent(
                series=[
                    layout_pb2.MarginChartContent.Series(value=f"{curve}/mean", lower=f"{curve}/low", upper=f"{curve}/high")
                ]
            ),
        )
        for curve in curves
    ]
    layout = layout_pb2.Layout(category=[layout_pb2.Category(title="Mean over seeds, 95% interval", chart=charts)])
    tensor = tensor_util.make_tensor_proto(layout.SerializeToString(), dtype="string")
    tag, metadata = layout_metadata.CONFIG_SUMMARY_TAG, layout_metadata.create_summary_metadata()
    return Summary(value=[Summary.Value(tag=tag, metadata=metadata, tensor=tensor)])
