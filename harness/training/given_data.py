"""What a record says of the data that its trial was given, and what the pictures see of them."""

from typing import TYPE_CHECKING, Any

import numpy as np

from harness.data import Arrays, each
from harness.models import Given, given_sha256, judged_sha256
from harness.study import Study

if TYPE_CHECKING:  # its Keras trainer asks for some of this
    from harness.training.trainer import Trainer


def hashes_before(study: Study, given: Given, *, seed: int) -> dict[str, str]:
    """Return what tells the data before anything is trained, for the record.

    test_share: of a fold, its test samples over its training samples, which are those of other folds, too.
    """
    folded: dict[str, str] = {}
    judged = judged_sha256(given) if isinstance(given, Arrays) else "" if given.test.fixed else given.judged
    if study.folds and isinstance(given, Arrays):
        train, test = (len(each(x)[0]) for x in (given.x_train, given.x_test))
        repeat, number = divmod(seed, study.folds.count)
        fold = f"{number + 1} of {study.folds}" + (f", repeat {repeat + 1}" if study.folds.repeats > 1 else "")
        folded = {"fold": fold, "test_share": repr(test / train)}
    # Of a dataset as it is, the settings and its own hash say as much.
    found = folded | {"test_sha256": judged, "arrays_sha256": given_sha256(given) if study.arrays_from else ""}
    return {name: value for name, value in found.items() if value}


def shown(given: Given, targets: Any = None) -> Arrays:
    """Return the arrays that pictures are drawn of; batches leave but the test samples' targets, where they are known."""
    if isinstance(given, Arrays):
        return given
    none = np.empty((0, 0), np.float32)
    labels = np.empty(0) if targets is None else targets
    return Arrays(none, np.empty(0), none, labels, class_names=given.class_names)


def test_targets(trainer: "Trainer", given: Given) -> Any:
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


def validation_fault(given: Given) -> str:
    """Say that all samples held out for validation are of one class where training has more; empty where they are not.

    That is so where the training samples lie by class and the first of them are held out: what is chosen by them is chosen
    blindly.
    """
    if not isinstance(given, Arrays) or given.y_validation is None or given.y_train is None:
        return ""
    held, rest = (_classes(y) for y in (given.y_validation, given.y_train))
    if held is None or rest is None or len(held) != 1 or len(rest) < 2:
        return ""
    return f"all validation samples are of class {held[0]}; expected validation_by='stratified' or 'random'"


def labels_fault(given: Given, outputs: Any) -> str:
    """Say that labels seem to be counted from 1, for a model whose own step may take them so; empty where they do not.

    The harness's own losses have the labels checked; what a step of the model's own does with them is not known.
    """
    classes = _classes(given.y_train) if isinstance(given, Arrays) and given.y_train is not None else None
    count = np.shape(outputs)[1:]
    if classes is None or len(count) != 1 or count[0] < 2 or classes[0] != 1 or classes[-1] != count[0]:
        return ""
    return (
        f"labels run from 1 to {classes[-1]}, of {count[0]} outputs counted from 0: does train_step allow for it? Expected "
        f"labels from 0 otherwise"
    )


def _classes(y: Any) -> Any:
    """Return the distinct classes of whole-number or one-hot labels; None for other targets."""
    if isinstance(y, (tuple, list, dict)):
        return None
    labels = np.asarray(y)
    if labels.ndim == 2 and labels.shape[1] > 1 and np.isin(labels, (0, 1)).all() and (labels.sum(axis=1) == 1).all():
        labels = labels.argmax(axis=1)
    whole = labels.ndim == 1 or (labels.ndim == 2 and labels.shape[1] == 1)
    return np.unique(labels) if whole and np.issubdtype(labels.dtype, np.integer) else None
