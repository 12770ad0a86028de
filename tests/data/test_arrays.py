"""What the samples of a trial carry beside their numbers."""

import numpy as np
import pytest

from harness.data.arrays import Arrays

pytestmark = pytest.mark.quick

ONE = np.ones((1, 2))


def arrays(**names) -> Arrays:
    return Arrays(x_train=ONE, y_train=ONE, x_test=ONE, y_test=ONE, **names)


def test_names_may_be_numpys_and_become_plain_texts():
    made = arrays(class_names=np.array(["setosa", "versicolor"]), feature_names=["length", "width"])
    assert made.class_names == ("setosa", "versicolor") and made.feature_names == ("length", "width")


def test_a_single_text_is_no_list_of_names():
    with pytest.raises(ValueError, match="class_names is 'setosa'; expected a name for each"):
        arrays(class_names="setosa")
