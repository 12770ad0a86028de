"""Data that a small network learns at once."""

import numpy as np
import pytest

from harness.data.arrays import Arrays


@pytest.fixture(scope="module")
def blobs() -> Arrays:
    """Two noisy classes in four dimensions; 150 samples are four batches of 32 and a short one."""
    generator = np.random.default_rng(0)
    x = generator.normal(size=(200, 4)).astype("float32")
    y = (x[:, 0] + generator.normal(size=200) > 0).astype("int64")
    return Arrays(x_train=x[:150], y_train=y[:150], x_test=x[150:], y_test=y[150:])
