"""The datasets that come with scikit-learn: always at hand, with neither files nor network."""

from collections.abc import Callable

import numpy as np


def read_digits() -> dict[str, np.ndarray]:
    """Return scikit-learn's UCI digits as 28x28 bytes: grey levels 0-16 to 0-255, each pixel 3x3, a border of 2.

    The split is fixed: the first 1,437 images train, the last 360 test.
    """
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    small = np.rint(images.reshape(-1, 8, 8) * (255 / 16)).astype(np.uint8)
    large = np.pad(small.repeat(3, axis=1).repeat(3, axis=2), ((0, 0), (2, 2), (2, 2)))
    classes = labels.astype(np.uint8)
    split = 1_437
    return {"x_train": large[:split], "y_train": classes[:split], "x_test": large[split:], "y_test": classes[split:]}


def read_iris() -> dict[str, np.ndarray]:
    """Return Fisher's iris: four lengths in cm, and the species as a number."""
    from sklearn.datasets import load_iris

    lengths, species = load_iris(return_X_y=True)
    return {"x": lengths, "y": species.astype(np.int32)}


def read_diabetes() -> dict[str, np.ndarray]:
    """Return scikit-learn's diabetes data as they were measured; the target is divided by 100.

    As measured, because the scaled features depend on the machine in their last bit, and no hash could hold. In
    hundreds, because the target then lies between 0.25 and 3.5, about where the house values lie for which it stands in.
    """
    from sklearn.datasets import load_diabetes

    features, progression = load_diabetes(return_X_y=True, scaled=False)
    return {"x": features, "y": progression / 100.0}


BUNDLED: dict[str, Callable[[], dict[str, np.ndarray]]] = {
    "digits": read_digits,
    "iris": read_iris,
    "diabetes": read_diabetes,
}
