"""Labels that name classes, and labels that do not: one rule for estimators, kept predictions and figures."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from harness.analysis.predictions import predicted_classes
from harness.data.arrays import Arrays
from harness.data.labels import class_labels
from harness.engine.sklearn import fit_estimator
from harness.figures.figure_data import FigureData, NotApplicable, answers

X = np.asarray([[0.0, 1.0], [1.0, 0.0], [0.5, 2.0]])
CLASSES = {
    "whole numbers": np.array([0, 2, 1]),
    "bytes": np.array([0, 2, 1], np.uint8),
    "whole numbers as floats": np.array([0.0, 2.0, 1.0]),
    "one column": np.array([[0.0], [2.0], [1.0]]),
    "one-hot": np.eye(3)[[0, 2, 1]],
    "one-hot booleans": np.eye(3, dtype=bool)[[0, 2, 1]],
}
NO_CLASSES = {
    "below 0": np.array([-1, 1, 1]),
    "fractions": np.array([0.0, 0.5, 1.0]),
    "not a number": np.array([0.0, np.nan, 1.0]),
    "several in a row": np.array([[1, 0, 1], [0, 1, 0], [0, 0, 1]]),
    "several booleans in a row": np.array([[True, False, True], [False, True, False], [False, False, True]]),
    "none in a row": np.array([[0, 0, 0], [0, 1, 0], [0, 0, 1]]),
    "shares": np.array([[0.2, 0.8, 0.0], [0.1, 0.9, 0.0], [0.6, 0.4, 0.0]]),
    "texts": np.array(["a", "b", "c"]),
}
OUTPUTS = np.eye(3)[[0, 2, 1]]


def in_an_estimator(y: np.ndarray) -> list[int] | None:
    estimator = LogisticRegression()
    try:
        fit_estimator(estimator, Arrays(x_train=X, y_train=y, x_test=X, y_test=y), seed=0)
    except ValueError as error:
        assert "labels that are no class numbers" in str(error) or "NaN" in str(error)
        return None
    return estimator.classes_.tolist()


def in_predictions(y: np.ndarray) -> list[int] | None:
    found = predicted_classes(OUTPUTS, y)
    return None if found is None else found[1].tolist()


def in_figures(y: np.ndarray) -> list[int] | None:
    made = FigureData("", Arrays(X, y, X, y), lambda x: OUTPUTS, outputs=OUTPUTS)
    try:
        return answers(made).truth.tolist()
    except NotApplicable:
        return None


@pytest.mark.parametrize("labels", CLASSES.values(), ids=CLASSES)
def test_labels_that_name_classes_do_so_everywhere(labels):
    assert in_predictions(labels) == in_figures(labels) == [0, 2, 1] and in_an_estimator(labels) == [0, 1, 2]


@pytest.mark.parametrize("labels", NO_CLASSES.values(), ids=NO_CLASSES)
def test_labels_that_name_no_classes_do_so_nowhere(labels):
    assert (in_predictions(labels), in_figures(labels), in_an_estimator(labels)) == (None, None, None)


def test_a_number_beyond_the_models_outputs_is_a_measurement():
    labels = np.array([151.0, 75.0, 141.0])
    assert in_predictions(labels) is None and in_figures(labels) is None
    counts = np.array([3, 0, 5])  # of one output, which might be the chance of class 1
    one = replace(FigureData("", Arrays(X, counts, X, counts), lambda x: x), outputs=np.array([[0.1], [0.9], [0.5]]))
    assert predicted_classes(one.outputs, counts) is None
    with pytest.raises(NotApplicable):
        answers(one)


@pytest.mark.parametrize(
    ("labels", "found"),
    [
        (np.array([0, 7, 3]), [0, 7, 3]),
        (np.array([0.0, 1.0, 1.0]), [0, 1, 1]),
        (np.array([True, False]), [1, 0]),
        (np.array([0.0, 7.0, 3.0]), None),
        (np.array([-1, 1]), None),
    ],
)
def test_without_a_model_floats_beyond_0_and_1_may_be_measurements(labels, found):
    numbers = class_labels(labels, most=None)
    assert (None if numbers is None else numbers.tolist()) == found
