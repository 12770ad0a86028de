"""Curves across seeds: each variant's mean and band per epoch, and the layout that draws them."""

import math
from collections.abc import Iterable, Sequence
from itertools import count

import numpy as np
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.custom_scalar import layout_pb2, metadata as layout_metadata
from tensorboard.util import tensor_util

from harness.analysis import mean_interval, overlap
from harness.records import Record
from harness.study import PREFIXES, metric_from_dict

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
    return (int(number) for number in numbers if math.isfinite(number)) if numbers else count(1)


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


def layout_summary(curves: Sequence[str]) -> Summary:
    """Return the layout by which the Custom Scalars tab draws each curve's mean with its band."""
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
