import numpy as np
import pytest

from harness import Arrays
from harness.data import hold_out
from harness.training.given_data import validation_fault

ROWS = np.arange(40.0).reshape(20, 2)
SORTED = np.repeat([0, 1], 10)


def arrays(labels: np.ndarray) -> Arrays:
    return Arrays(ROWS, labels, ROWS, labels)


@pytest.mark.parametrize("labels", [SORTED, SORTED.reshape(-1, 1), np.eye(2, dtype="float32")[SORTED]])
def test_validation_samples_of_one_class_alone_are_told_of(labels: np.ndarray):
    assert "all validation samples are of class 0" in validation_fault(hold_out(arrays(labels), 5))
    assert validation_fault(hold_out(arrays(labels), 6, by="stratified")) == ""


@pytest.mark.parametrize("labels", [SORTED * 0, ROWS[:, 0], ROWS])
def test_of_one_class_in_all_and_of_numbers_nothing_is_said(labels: np.ndarray):
    assert validation_fault(hold_out(arrays(labels), 5)) == ""
    assert validation_fault(arrays(labels)) == ""
