"""A dataset's name → verified arrays, in memory-mapped files that every process shares."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from harness.data.catalogue import DATASETS, find_dataset
from harness.data.specs import AnyDataset, DataError, TableDataset

if TYPE_CHECKING:
    import numpy as np

    from harness.data.verified_sources import Source

State = Literal["verified", "absent", "damaged"]
DOWNLOAD_SECONDS = 300.0  # what a run may spend on a download before it takes the stand-in


@dataclass(frozen=True, slots=True)
class ResolvedDataset:
    """A dataset found, verified and decoded: small and picklable, for workers to open and for records to name."""

    name: str  # the one asked for
    used: str  # the one it is: another than `name` only for the stand-in
    origin: Literal["files", "keras", "scikit-learn", "bundled"]
    folder: Path  # of the .npy files
    sha256: str  # of the whole content
    reason: str = ""  # why there is a stand-in

    @property
    def stand_in(self) -> bool:
        """Whether these are other data than those asked for."""
        return self.used != self.name

    @property
    def description(self) -> str:
        """Say in one line which data these are."""
        text = f"{self.used} ({find_dataset(self.used).summary})"
        return f"{text}, stand-in for {self.name}" if self.stand_in else text


class Images(NamedTuple):
    """The four arrays of an image dataset: uint8 images (n, 28, 28) and uint8 classes (n,)."""

    x_train: "np.ndarray"
    y_train: "np.ndarray"
    x_test: "np.ndarray"
    y_test: "np.ndarray"


class Table(NamedTuple):
    """A table, not split: float64 features (rows, features), and for each row a float64 target or an int32 class.

    target_names: of the classes, or the one name of the number that is to be predicted.
    """

    x: "np.ndarray"
    y: "np.ndarray"
    feature_names: tuple[str, ...]
    target_names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DatasetLocation:
    """One place where a dataset may lie, and what is there."""

    dataset: str
    source: Literal["files", "keras", "scikit-learn", "bundled", "cache"]
    path: Path | None
    state: State
    size: int  # bytes
    fault: str = ""  # what is wrong with a damaged one


def prepare(name: str, *, data_dir: Path | None = None, strict: bool = False) -> ResolvedDataset:
    """Find, verify and decode a dataset; its arrays are then in ``folder``.

    The places, in order: the data folder (``data_dir``, else ``HARNESS_DATA_DIR``), the cache of the library that can
    download it (Keras for images, scikit-learn for tables), a download by that library, and, unless strict, a
    stand-in that comes with scikit-learn: digits for images, diabetes for california-housing.

    DataError: the dataset is damaged where it was found (it is never passed over for the next place), or absent and
    strict. UsageError: the name is not known.
    """
    from harness.data.verified_sources import checked_data_dir, sources

    dataset = find_dataset(name)
    places = sources(dataset, checked_data_dir(data_dir))
    for source in places:
        if source.present:
            return _prepared(name, source)
    try:
        return _prepared(name, _download(dataset, timeout=DOWNLOAD_SECONDS))
    except DataError as error:
        looked = ", ".join(str(source.place) for source in places)
        reason = f"{name} is absent: looked in {looked}; {error}"
    if strict:
        raise DataError(f"{reason} Expected {dataset.files} below --data-dir or HARNESS_DATA_DIR.")
    return _prepared(name, sources(DATASETS[dataset.stand_in], None)[0], reason=reason)


def open_dataset(prepared: ResolvedDataset) -> Images | Table:
    """Return the arrays of a prepared dataset, memory-mapped and read-only; DataError where the files are gone.

    A stand-in has no more features than the table for which it stands in, so that the study's models fit it.
    """
    from harness.data.cache import open_arrays

    dataset = find_dataset(prepared.used)
    arrays = open_arrays(dataset, prepared.folder)
    asked = find_dataset(prepared.name)
    if not isinstance(dataset, TableDataset) or not isinstance(asked, TableDataset):
        return Images(**arrays)
    names = dataset.feature_names[: len(asked.feature_names)]
    return Table(arrays["x"][:, : len(names)], arrays["y"], names, dataset.target_names)


def found_here(prepared: ResolvedDataset) -> ResolvedDataset | None:
    """Return a dataset that was prepared on another machine as this one's cache has it, whole and verified; else None."""
    from harness.data.cache import cache_folder, is_whole

    dataset = find_dataset(prepared.used)
    folder = cache_folder(dataset)
    return replace(prepared, folder=folder) if is_whole(dataset, folder) else None


def kept_here(prepared: ResolvedDataset, arrays: "Mapping[str, np.ndarray]") -> ResolvedDataset:
    """Return a dataset whose arrays came from another machine, in this one's cache; DataError where they are not its arrays."""
    from harness.data.cache import keep
    from harness.data.idx import content_sha256

    dataset = find_dataset(prepared.used)
    wrong = [name for name in dataset.arrays if content_sha256(arrays[name]) != dataset.array_sha256(name)]
    if wrong:
        raise DataError(f"Arrays {', '.join(wrong)} of {prepared.used} did not arrive as they were sent; run it again.")
    return replace(prepared, folder=keep(dataset, arrays))


def arrays_of(prepared: ResolvedDataset) -> "dict[str, np.ndarray]":
    """Return the arrays of a prepared dataset by their names, memory-mapped; DataError where the files are gone."""
    from harness.data.cache import open_arrays

    return open_arrays(find_dataset(prepared.used), prepared.folder)


def is_table(name: str) -> bool:
    """Whether the dataset of that name is a table; the others are images. UsageError where there is none."""
    return isinstance(find_dataset(name), TableDataset)


def survey(data_dir: Path | None = None) -> list[DatasetLocation]:
    """Return every place of every dataset with what is there; each is read in full and verified anew."""
    from harness.data.cache import cache_folder, is_whole
    from harness.data.verified_sources import checked_data_dir, sources

    folder = checked_data_dir(data_dir)
    rows = []
    for dataset in DATASETS.values():
        rows += [_surveyed(source) for source in sources(dataset, folder)]
        cache = cache_folder(dataset)
        state: State = "absent" if not os.path.lexists(cache) else "verified" if is_whole(dataset, cache) else "damaged"
        size = sum(path.stat().st_size for path in cache.glob("*.npy"))
        rows.append(DatasetLocation(dataset.name, "cache", cache, state, size))
    return rows


def fetch(name: str) -> ResolvedDataset:
    """Download a dataset into its library's cache, unless it lies there whole; DataError where that fails."""
    from harness.data.verified_sources import library_home, library_source, sources

    dataset = find_dataset(name)
    if dataset.bundled:
        return _prepared(name, sources(dataset, None)[0])
    there = library_source(dataset, library_home(dataset))
    if _surveyed(there).state == "verified":
        return _prepared(name, there)
    return _prepared(name, _download(dataset, timeout=None))


def _prepared(name: str, source: "Source", *, reason: str = "") -> ResolvedDataset:
    from harness.data.cache import cached

    dataset = source.dataset
    return ResolvedDataset(name, dataset.name, source.origin, cached(source), dataset.content_sha256, reason)


def _download(dataset: AnyDataset, *, timeout: float | None) -> "Source":
    from harness.data.downloads import download

    return download(dataset, timeout=timeout)


def _surveyed(source: "Source") -> DatasetLocation:
    if not source.present:
        return DatasetLocation(source.dataset.name, source.origin, source.place, "absent", 0)
    try:
        source.read()
    except DataError as error:
        return DatasetLocation(source.dataset.name, source.origin, source.place, "damaged", source.size, str(error))
    return DatasetLocation(source.dataset.name, source.origin, source.place, "verified", source.size)
