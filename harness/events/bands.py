"""Curves across seeds: each variant's mean and band per epoch, as an aggregate run for TensorBoard."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.custom_scalar import layout_pb2
from tensorboard.plugins.custom_scalar import metadata as layout_metadata
from tensorboard.plugins.scalar.summary_v2 import scalar_pb
from tensorboard.util import tensor_util

from harness.events.eventfiles import EventFile
from harness.records import Record
from harness.statistics import mean_interval
from harness.variants import BASE

AGGREGATE = "aggregate"
CURVES = ("test_accuracy", "test_loss", "train_accuracy", "train_loss")

Band = tuple[float, float, float]  # mean, low, high


def band(records: Sequence[Record], curve: str) -> list[Band]:
    """Return mean, low and high of each epoch that at least one finished seed reached.

    The band is the 95% Student t interval of the mean over the seeds that reached the epoch; for one seed, or where
    the seeds do not differ, it is the curve itself.
    """
    histories = [record.history[curve] for record in records if record.finished and curve in record.history]
    points: list[Band] = []
    for epoch in range(max(map(len, histories), default=0)):
        values = np.array([history[epoch] for history in histories if len(history) > epoch])
        found = mean_interval(values[np.isfinite(values)]) if np.isfinite(values).any() else None
        if found is None:
            break
        low, high = (found.mean, found.mean) if found.low is None else (found.low, found.high)
        points.append((found.mean, low, high))
    return points


def write_aggregates(folder: Path, records: Sequence[Record]) -> None:
    """Write an aggregate run for each variant, in the place of older ones, and the layout that draws the bands.

    folder: the study's. The runs lie in VARIANT/aggregate; the layout, for the Custom Scalars tab, in the base's.
    """
    by_variant: dict[str, list[Record]] = {}
    for record in records:
        by_variant.setdefault(record.variant, []).append(record)
    for stale in folder.glob(f"*/{AGGREGATE}"):
        if stale.parent.name not in by_variant:
            shutil.rmtree(stale, ignore_errors=True)
    for variant, group in by_variant.items():
        bands = {curve: points for curve in CURVES if (points := band(group, curve))}
        target = folder / variant / AGGREGATE
        shutil.rmtree(target, ignore_errors=True)
        if bands:
            _write_run(target, bands, layout=variant == BASE)


def _write_run(target: Path, bands: dict[str, list[Band]], *, layout: bool) -> None:
    with EventFile(target) as file:
        if layout:
            file.add_summary(_layout_summary())
        for curve, points in bands.items():
            for step, values in enumerate(points):
                for name, value in zip(("mean", "low", "high"), values, strict=True):
                    file.add_summary(scalar_pb(f"{curve}/{name}", value), step=step)


def _layout_summary() -> Summary:
    charts = [
        layout_pb2.Chart(
            title=curve.replace("_", " "),
            margin=layout_pb2.MarginChartContent(
                series=[
                    layout_pb2.MarginChartContent.Series(value=f"{curve}/mean", lower=f"{curve}/low", upper=f"{curve}/high")
                ]
            ),
        )
        for curve in CURVES
    ]
    layout = layout_pb2.Layout(category=[layout_pb2.Category(title="Mean over seeds, 95% interval", chart=charts)])
    tensor = tensor_util.make_tensor_proto(layout.SerializeToString(), dtype="string")
    tag, metadata = layout_metadata.CONFIG_SUMMARY_TAG, layout_metadata.create_summary_metadata()
    return Summary(value=[Summary.Value(tag=tag, metadata=metadata, tensor=tensor)])
