"""What a record says of the data that its trial was given, and what the pictures see of them."""

from typing import Any

import numpy as np

from harness.data import Arrays
from harness.models import Given, given_sha256, judged_sha256
from harness.study import Study
from harness.training.trainer import Trainer


def hashes_before(study: Study, given: Given) -> dict[str, str]:
    """Return what tells the data before anything is trained, for the record."""
    judged = judged_sha256(given) if isinstance(given, Arrays) else "" if given.test.fixed else given.judged
    # Of a dataset as it is, the settings and its own hash say as much.
    found = {"test_sha256": judged, "arrays_sha256": given_sha256(given) if study.arrays_from else ""}
    return {name: value for name, value in found.items() if value}


def shown(given: Given, targets: Any = None) -> Arrays:
    """Return the arrays that pictures are drawn of; batches leave but the test samples' targets, where they are known."""
    if isinstance(given, Arrays):
        return given
    none = np.empty((0, 0), np.float32)
    labels = np.empty(0) if targets is None else targets
    return Arrays(none, np.empty(0), none, labels, class_names=given.class_names)


def test_targets(trainer: Trainer, given: Given) -> Any:
    """Return the targets of the test samples, in the order of the trainer's outputs; None where there are none.

    Nor are there any where the test comes in another order each time: nothing could be said of single samples.
    """
    if isinstance(given, Arrays):
        return given.y_test
    return trainer.answered[1] if given.test.fixed else None


def hashes_after(given: Given, targets: Any) -> dict[str, str]:
    """Return what tells the test samples once all of them were seen, for the record."""
    if isinstance(given, Arrays) or targets is None:
        return {}
    # Targets that others would have, too, tell the samples only with what is seen of their inputs.
    return {"test_sha256": judged_sha256(Arrays(np.empty(0), targets, _told_by(given), targets))}


def _told_by(given: Any) -> Any:
    held = given.judged or given.content
    return np.frombuffer(held.encode(), np.uint8)
