import numpy as np
import pytest

from harness import Arrays
from harness.data import hold_out
from harness.figures.figure_data import NotApplicable, images_of, plane_of
from harness.training.given_data import shown, validation_fault

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


def test_of_batches_no_single_sample_is_kept_for_a_picture_which_says_so():
    from harness.data import Data
    from harness.engine.batches import BatchSchedule
    from harness.engine.look import look_at

    feeds = look_at(lambda: Data(train=(ROWS, SORTED), test=(ROWS, SORTED)), batches=BatchSchedule(4), seed=0)
    for samples_of in (images_of, plane_of):
        with pytest.raises(NotApplicable, match="shows single samples, which are not kept of batches"):
            samples_of(shown(feeds).x_test)
