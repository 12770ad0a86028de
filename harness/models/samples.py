"""A study, its settings and a prepared dataset → the arrays that one trial learns from and is tested on."""

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Union

from harness.data import Arrays, Data, ResolvedDataset, Table, first_samples, hold_out, open_dataset
from harness.errors import UsageError
from harness.models.folding import fold_of
from harness.models.seeded_functions import seed_everything
from harness.study import Settings, Study, call

if TYPE_CHECKING:  # the driver asks for hashes of arrays, and loads no TensorFlow
    from harness.engine import Feeds

Given = Union[Arrays, "Feeds"]  # what a trial is given: arrays, or batches that its study's `datasets` gives


def make_samples(study: Study, settings: Settings, prepared: ResolvedDataset | None, *, seed: int) -> Given:
    """Return what a trial learns from and is tested on: the batches of its study's `datasets`, or else `make_arrays`."""
    return make_feeds(study, settings, seed=seed) if study.datasets else make_arrays(study, settings, prepared, seed=seed)


def make_feeds(study: Study, settings: Settings, *, seed: int) -> "Feeds":
    """Return the batches that the study's `datasets` gives; all that is random in it follows from the seed.

    TypeError if it returns something else than harness.Data; UsageError for what cannot be trained or measured on.
    """
    from harness.engine import BatchSchedule, look_at

    datasets = study.datasets

    def make() -> Data:
        seed_everything(seed)  # TensorFlow is loaded here, so that its draws follow, too
        found = call(datasets, settings, seed=seed) if datasets else None
        if not isinstance(found, Data):
            raise TypeError(
                f"{study.arrays_from} must return harness.Data(train=..., test=...); received {type(found).__name__}."
            )
        if settings.validation is not None and found.validation is None:
            raise UsageError(
                f"validation={settings.validation} holds samples out of arrays; expected validation=None, and "
                f"Data(..., validation=...) from {study.arrays_from}."
            )
        return found

    return look_at(make, batches=BatchSchedule(settings.batch_size, settings.steps_per_epoch), seed=seed)


def make_arrays(study: Study, settings: Settings, prepared: ResolvedDataset | None, *, seed: int) -> Arrays:
    """Return a trial's arrays: the study's own, those it makes of the dataset, or the dataset's images as they are.

    All that is random in the study's function follows from the seed. Where the settings ask for validation and the study
    holds no samples out, training samples are held out, the first ones where `validation_by` says no other.
    TypeError if the study's function returns something else; ValueError if no training sample would be left.
    """
    if prepared is None and study.needs_dataset:
        raise UsageError(f"Study {study.name!r} needs dataset {settings.dataset!r}; the trial names none.")
    # The samples are the same for all folds: what is drawn for them follows from no trial's number.
    arrays = own_arrays(study, settings, prepared, seed=0 if study.folds else seed)
    if arrays is None:
        if prepared is None:
            raise UsageError(f"Study {study.name!r} needs dataset {settings.dataset!r}; the trial names none.")
        arrays = image_arrays(prepared, settings)
    if study.folds:
        groups = study.folds.groups and study.folds.groups(settings, arrays)
        arrays = fold_of(arrays, study.folds, seed, groups=groups)
    if settings.validation is None or arrays.x_validation is not None:
        return arrays
    return hold_out(arrays, settings.validation, by=settings.validation_by, seed=seed)


def own_arrays(study: Study, settings: Settings, prepared: ResolvedDataset | None, *, seed: int) -> Arrays | None:
    """Return the arrays that the study makes itself, under the seed; None where it uses a dataset as it is."""
    seed_everything(seed)
    if study.arrays is not None:
        return _checked(call(study.arrays, settings, seed=seed), study.arrays_from)
    if study.arrange is not None and prepared is not None:
        return _checked(study.arrange(settings, opened(prepared)), "arrange(settings, data)")
    return None


def image_arrays(prepared: ResolvedDataset, settings: Settings) -> Arrays:
    """Return the images of a prepared dataset as the settings want them: scaled to [0, 1] or raw, all or a sample."""
    data = opened(prepared)
    if isinstance(data, Table):
        raise UsageError(
            f"Dataset {prepared.used!r} is a table; expected images, or a study with arrange(settings, data) that makes "
            "inputs and targets of it."
        )
    x_train, y_train, x_test, y_test = data
    scale = 255.0 if settings.normalize else 1.0
    return first_samples(Arrays(x_train, y_train, x_test, y_test, scale=scale), settings.samples)


@lru_cache(maxsize=8)
def opened(prepared: ResolvedDataset) -> Any:
    """Return what a dataset holds, opened once for all trials of a process; each copies it to the device."""
    return open_dataset(prepared)


def _checked(arrays: Any, function: str) -> Arrays:
    if not isinstance(arrays, Arrays):
        raise TypeError(f"{function} must return harness.Arrays; received {type(arrays).__name__}.")
    return arrays
