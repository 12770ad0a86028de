import subprocess
import sys

import pytest
from plain_records import record
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.custom_scalar import layout_pb2

from harness.analysis.statistics import mean_interval
from harness.tensorboard.aggregates import band, write_aggregates

pytestmark = pytest.mark.quick


def curves(*histories: list[float]) -> list:
    return [record("base", seed, history={"test_accuracy": history}) for seed, history in enumerate(histories)]


def test_a_band_is_the_interval_of_the_mean_at_each_epoch():
    found = band(curves([0.5, 0.8], [0.6, 0.9]), "test_accuracy")
    expected = mean_interval([0.8, 0.9])
    assert found[1] == (expected.mean, expected.low, expected.high)


def test_seeds_that_stop_early_count_as_far_as_they_go():
    assert band(curves([0.5, 0.8], [0.7]), "test_accuracy")[1] == (0.8, 0.8, 0.8)


def test_epochs_that_were_not_measured_leave_no_points():
    every_tenth = {"test_accuracy": [0.5, 0.8], "epoch": [10.0, 20.0], "step": [40.0, 80.0]}
    assert list(band([record("base", 0, history=every_tenth)], "test_accuracy")) == [9, 19]
    in_batches = record("base", 0, history=every_tenth, settings={"steps_per_epoch": 4})
    assert list(band([in_batches], "test_accuracy")) == [40, 80]


def test_the_layout_has_a_chart_for_each_metric_that_was_measured(tmp_path):
    made = record("base", 0, history={"test_rmse": [0.5], "validation_rmse": [0.6], "test_seconds": [1.0]})
    write_aggregates(tmp_path, [made])
    events = EventAccumulator(str(tmp_path / "base" / "aggregate"), size_guidance={"tensors": 0}).Reload()
    layout = layout_pb2.Layout.FromString(events.Tensors("custom_scalars__config__")[0].tensor_proto.string_val[0])
    assert [chart.title for chart in layout.category[0].chart] == ["test rmse", "validation rmse"]


def test_a_failed_seed_has_no_part_in_the_band():
    failed = record("base", 2, status="failed", history={"test_accuracy": [0.0]})
    assert band([*curves([0.5]), failed], "test_accuracy") == {0: (0.5, 0.5, 0.5)}


def test_tensorboard_reads_the_aggregate_and_its_layout(tmp_path):
    for _ in range(2):  # the second replaces the first
        write_aggregates(tmp_path, curves([0.5, 0.8], [0.6, 0.9]))
    events = EventAccumulator(str(tmp_path / "base" / "aggregate"), size_guidance={"tensors": 0}).Reload()
    means = [point.tensor_proto.float_val[0] for point in events.Tensors("test_accuracy/mean")]
    assert means == pytest.approx([0.55, 0.85])
    layout = layout_pb2.Layout.FromString(events.Tensors("custom_scalars__config__")[0].tensor_proto.string_val[0])
    series = layout.category[0].chart[0].margin.series[0]
    assert (series.value, series.lower, series.upper) == ("test_accuracy/mean", "test_accuracy/low", "test_accuracy/high")


@pytest.mark.processes
def test_aggregates_are_written_without_tensorflow(tmp_path):
    program = (
        "import sys; sys.path[:0] = ['tests', 'tests/tensorboard']\n"
        "from test_aggregates import curves; from pathlib import Path\n"
        "from harness.tensorboard.aggregates import write_aggregates\n"
        f"write_aggregates(Path({str(tmp_path)!r}), curves([0.5], [0.6]))\n"
        "assert 'tensorflow' not in sys.modules\n"
    )
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=600)
    assert finished.returncode == 0, finished.stderr
