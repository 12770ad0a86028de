"""Where a dataset may lie on this machine, and how each place is read: every array verified by its hash."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from harness.datafiles.datasets import ARRAYS, IDX_FILES, DataError, Dataset
from harness.datafiles.idx import content_sha256, read_idx, require_file

Origin = Literal["files", "keras", "bundled"]


@dataclass(frozen=True, slots=True)
class Source:
    """One place that may hold a dataset; ``files`` are in the order of ``ARRAYS``, or one .npz, or none if bundled."""

    dataset: Dataset
    origin: Origin
    folder: Path | None = None
    files: tuple[Path, ...] = ()

    @property
    def present(self) -> bool:
        """Whether anything of it is there, so that a half is an error instead of being passed over."""
        if self.origin == "bundled" or any(os.path.lexists(path) for path in self.files):
            return True
        # A folder of the dataset's name that cannot be entered, or is none, hides what the user has put there.
        named = self.origin == "files" and os.path.lexists(self.folder)
        return named and not (os.path.isdir(self.folder) and os.access(self.folder, os.X_OK))

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
        """Return the four arrays by name; DataError with file and hashes where the content is not the true one."""
        if self.origin == "bundled":
            return _verified(self.dataset, read_digits(), place="scikit-learn's digits")
        if len(self.files) == 1:
            return _read_npz(self.dataset, self.files[0])
        return {
            array: read_idx(path, shape=self.dataset.shape(array), sha256=getattr(self.dataset.sha256, array))
            for array, path in zip(ARRAYS, self.files, strict=True)
        }


def sources(dataset: Dataset, data_dir: Path | None) -> tuple[Source, ...]:
    """Return the places to look in, the first to be preferred; those of a bundled dataset are scikit-learn alone."""
    if dataset.bundled:
        return (Source(dataset, "bundled"),)
    places = [keras_source(dataset, keras_home())]
    if data_dir is not None:
        places.insert(0, _idx_source(dataset, "files", data_dir / dataset.name))
    return tuple(places)


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


def _verified(dataset: Dataset, arrays: dict[str, np.ndarray], *, place: str) -> dict[str, np.ndarray]:
    for array in ARRAYS:
        found, expected = content_sha256(arrays[array]), getattr(dataset.sha256, array)
        if found != expected:
            raise DataError(f"{place} is damaged: SHA-256 of {array}: found {found}, expected {expected}.")
    return arrays


def _stamp(path: Path) -> list[int]:
    status = path.stat()
    # The change time cannot be set by a user, as the modification time can.
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]
