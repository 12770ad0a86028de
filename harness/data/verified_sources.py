"""Where a dataset may lie on this machine, and how each place is read: every array verified by its hash."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from harness.data.bundled import BUNDLED
from harness.data.housing import read_csv, read_scikit_learn
from harness.data.idx import content_sha256, read_idx, require_file
from harness.data.specs import ARRAYS, IDX_FILES, AnyDataset, DataError, Dataset, TableDataset

Origin = Literal["files", "keras", "scikit-learn", "bundled"]
SCIKIT_LEARN_FILE = "cal_housing_py3.pkz"


@dataclass(frozen=True, slots=True)
class Source:
    """One place that may hold a dataset; ``files`` are in the order of ``ARRAYS``, or one for all, or none if bundled."""

    dataset: AnyDataset
    origin: Origin
    folder: Path | None = None
    files: tuple[Path, ...] = ()

    @property
    def present(self) -> bool:
        """Whether anything of it is there, so that a half is an error instead of being passed over."""
        if self.origin == "bundled" or any(os.path.lexists(path) for path in self.files):
            return True
        # A folder of the dataset's name that cannot be entered, or is none, hides what the user has put there.
        if self.origin != "files" or self.folder is None or not os.path.lexists(self.folder):
            return False
        return not (os.path.isdir(self.folder) and os.access(self.folder, os.X_OK))

    @property
    def place(self) -> Path | None:
        """Return its one file, or the folder of several; None if bundled."""
        return self.files[0] if len(self.files) == 1 else self.folder

    @property
    def size(self) -> int:
        """Return how many bytes its files take."""
        return sum(os.path.getsize(path) for path in self.files if os.path.isfile(path))

    def stamps(self) -> dict[str, list[int]]:
        """Return what changes whenever one of the files does: path → size, times and inode."""
        return {str(path.absolute()): _stamp(path) for path in self.files}

    def read(self) -> dict[str, np.ndarray]:
        """Return the arrays by name; DataError with file and hashes where the content is not the true one."""
        dataset = self.dataset
        if self.origin == "bundled":
            return _verified(dataset, BUNDLED[dataset.name](), place=f"scikit-learn's {dataset.name}")
        if isinstance(dataset, TableDataset):
            (path,) = self.files
            read = read_scikit_learn if self.origin == "scikit-learn" else read_csv
            return _verified(dataset, read(path, rows=dataset.rows), place=str(path))
        if len(self.files) == 1:
            return _read_npz(dataset, self.files[0])
        return {
            array: read_idx(path, shape=dataset.shape(array), sha256=dataset.array_sha256(array))
            for array, path in zip(ARRAYS, self.files, strict=True)
        }


def sources(dataset: AnyDataset, data_dir: Path | None) -> tuple[Source, ...]:
    """Return the places to look in, the first to be preferred; those of a bundled dataset are scikit-learn alone."""
    if dataset.bundled:
        return (Source(dataset, "bundled"),)
    places = [library_source(dataset, library_home(dataset))]
    if data_dir is not None:
        places.insert(0, _own_source(dataset, data_dir / dataset.name))
    return tuple(places)


def library_home(dataset: AnyDataset) -> Path:
    """Return the folder of the library that downloads a dataset: Keras for images, scikit-learn for tables."""
    return scikit_learn_home() if isinstance(dataset, TableDataset) else keras_home()


def library_source(dataset: AnyDataset, home: Path) -> Source:
    """Return where its library keeps a dataset that it has downloaded."""
    if isinstance(dataset, TableDataset):
        return Source(dataset, "scikit-learn", home, (home / SCIKIT_LEARN_FILE,))
    return keras_source(dataset, home)


def scikit_learn_home() -> Path:
    """Return scikit-learn's folder by its own rule, without importing it."""
    return Path(os.path.expanduser(os.environ.get("SCIKIT_LEARN_DATA", "~/scikit_learn_data")))


def keras_source(dataset: Dataset, home: Path) -> Source:
    """Return where Keras keeps a dataset that it has downloaded."""
    folder = home / "datasets"
    if dataset.npz_sha256:
        return Source(dataset, "keras", folder, (folder / f"{dataset.name}.npz",))
    return _idx_source(dataset, "keras", folder / dataset.name)


def keras_home() -> Path:
    """Return Keras's folder by Keras's own rule, without importing it."""
    if folder := os.environ.get("KERAS_HOME"):
        return Path(folder)
    home = os.path.expanduser("~")
    return Path(home if os.access(home, os.W_OK) else "/tmp") / ".keras"


def checked_data_dir(data_dir: Path | str | None) -> Path | None:
    """Return the data folder, else that of ``HARNESS_DATA_DIR``, else None; DataError where it is named but absent."""
    named = data_dir or os.environ.get("HARNESS_DATA_DIR")
    if not named:
        return None
    try:
        folder = Path(named).expanduser()
        found = "" if folder.is_dir() else "not a folder" if folder.exists() else "absent"
    except (OSError, ValueError, RuntimeError) as error:  # a NUL byte, a name too long, an unknown ~user
        found = f"not usable ({error})"
    if found:
        raise DataError(f"Data folder {str(named)!r} is {found}; expected a folder with mnist/{IDX_FILES.x_train}.")
    return folder


def _own_source(dataset: AnyDataset, folder: Path) -> Source:
    if isinstance(dataset, TableDataset):
        return Source(dataset, "files", folder, (folder / dataset.file,))
    return _idx_source(dataset, "files", folder)


def _idx_source(dataset: Dataset, origin: Origin, folder: Path) -> Source:
    return Source(dataset, origin, folder, tuple(folder / getattr(IDX_FILES, array) for array in ARRAYS))


def _read_npz(dataset: Dataset, path: Path) -> dict[str, np.ndarray]:
    require_file(path)
    try:
        with path.open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
        # Before it is opened as an archive: a hostile one may claim arrays of any size.
        if found != dataset.npz_sha256:
            raise DataError(f"{path} is damaged: SHA-256 of the file: found {found}, expected {dataset.npz_sha256}.")
        with np.load(path, allow_pickle=False) as archive:
            arrays = {array: archive[array] for array in ARRAYS}
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from None
    return _verified(dataset, arrays, place=str(path))


def _verified(dataset: AnyDataset, arrays: dict[str, np.ndarray], *, place: str) -> dict[str, np.ndarray]:
    for array in dataset.arrays:
        found, expected = content_sha256(arrays[array]), dataset.array_sha256(array)
        if found != expected:
            raise DataError(f"{place} is damaged: SHA-256 of {array}: found {found}, expected {expected}.")
    return arrays


def _stamp(path: Path) -> list[int]:
    status = path.stat()
    # The change time cannot be set by a user, as the modification time can.
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]
