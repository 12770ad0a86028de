import pytest
from plain_records import record

from harness.analysis.bands import band
from harness.analysis.statistics import mean_interval

pytestmark = pytest.mark.quick


def curves(*histories: list[float]) -> list:
    return [record("base", seed, history={"test_accuracy": history}) for seed, history in enumerate(histories)]


def test_a_band_is_the_interval_of_the_mean_at_each_epoch():
    found = band(curves([0.5, 0.8], [0.6, 0.9]), "test_accuracy")
    expected = mean_interval([0.8, 0.9])
    assert found[2] == (expected.mean, expected.low, expected.high)


def test_seeds_that_stop_early_count_as_far_as_they_go():
    assert band(curves([0.5, 0.8], [0.7]), "test_accuracy")[2] == (0.8, 0.8, 0.8)


def test_epochs_that_were_not_measured_leave_no_points():
    every_tenth = {"test_accuracy": [0.5, 0.8], "epoch": [10.0, 20.0], "step": [40.0, 80.0]}
    assert list(band([record("base", 0, history=every_tenth)], "test_accuracy")) == [10, 20]
    in_batches = record("base", 0, history=every_tenth, settings={"steps_per_epoch": 4})
    assert list(band([in_batches], "test_accuracy")) == [40, 80]


def test_a_failed_seed_has_no_part_in_the_band():
    failed = record("base", 2, status="failed", history={"test_accuracy": [0.0]})
    assert band([*curves([0.5]), failed], "test_accuracy") == {1: (0.5, 0.5, 0.5)}
