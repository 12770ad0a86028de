"""What a dataset must be: the names, shapes and types of its arrays, and the hashes of their true content."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, fields

from harness.errors import UsageError


class DataError(UsageError):
    """A dataset is absent, damaged or not what it is named."""


@dataclass(frozen=True, slots=True)
class PerArray:
    """One text for each of an image dataset's four arrays."""

    x_train: str
    y_train: str
    x_test: str
    y_test: str


ARRAYS = tuple(field.name for field in fields(PerArray))
COLUMNS = ("x", "y")  # a table's arrays

IDX_FILES = PerArray(
    x_train="train-images-idx3-ubyte.gz",
    y_train="train-labels-idx1-ubyte.gz",
    x_test="t10k-images-idx3-ubyte.gz",
    y_test="t10k-labels-idx1-ubyte.gz",
)


@dataclass(frozen=True, slots=True)
class Dataset:
    """What a dataset of 28x28 grey images must be; the hashes are SHA-256 of each array's raw IDX content."""

    name: str
    summary: str
    class_names: tuple[str, ...]
    train_count: int
    test_count: int
    sha256: PerArray
    npz_sha256: str = ""  # of the .npz file Keras keeps; empty where Keras keeps the IDX files
    bundled: bool = False  # comes with scikit-learn: needs neither files nor network
    stand_in: str = "digits"  # what takes its place where it is absent
    arrays = ARRAYS
    files = "the four IDX files"  # that the data folder is expected to hold

    def shape(self, array: str) -> tuple[int, ...]:
        """Return the shape that one of ``ARRAYS`` must have: (n, 28, 28) for images, (n,) for labels."""
        count = self.train_count if array.endswith("train") else self.test_count
        return (count, 28, 28) if array.startswith("x") else (count,)

    def dtype(self, array: str) -> str:
        """Return the type that an array must have."""
        return "uint8"

    def array_sha256(self, array: str) -> str:
        """Return the hash that an array's content must have."""
        found: str = getattr(self.sha256, array)
        return found

    @property
    def samples(self) -> int:
        """How many samples there are to train on."""
        return self.train_count

    @property
    def content_sha256(self) -> str:
        """Return one hash of the whole content: the hash of the four arrays' hashes."""
        return _hash_of(self.array_sha256(array) for array in self.arrays)


@dataclass(frozen=True, slots=True)
class TableDataset:
    """What a table must be: float64 features (rows, features), and a target or a class for each row.

    The hashes are SHA-256 of each array as IDX would hold it. A table is not split: that is its study's to do.
    """

    name: str
    summary: str
    feature_names: tuple[str, ...]
    target_names: tuple[str, ...]  # of the classes, or the one of the number that is to be predicted
    rows: int
    x_sha256: str
    y_sha256: str
    y_type: str = "float64"
    file: str = ""  # its name in the data folder; empty where it comes with scikit-learn
    stand_in: str = ""
    arrays = COLUMNS

    @property
    def bundled(self) -> bool:
        """Whether it comes with scikit-learn."""
        return not self.file

    @property
    def files(self) -> str:
        """What the data folder is expected to hold."""
        return f"{self.name}/{self.file}"

    def shape(self, array: str) -> tuple[int, ...]:
        """Return the shape that an array must have: (rows, features) for x, (rows,) for y."""
        return (self.rows, len(self.feature_names)) if array == "x" else (self.rows,)

    def dtype(self, array: str) -> str:
        """Return the type that an array must have."""
        return "float64" if array == "x" else self.y_type

    def array_sha256(self, array: str) -> str:
        """Return the hash that an array's content must have."""
        return self.x_sha256 if array == "x" else self.y_sha256

    @property
    def samples(self) -> int:
        """How many rows there are; a study holds some of them out."""
        return self.rows

    @property
    def content_sha256(self) -> str:
        """Return one hash of the whole content."""
        return _hash_of(self.array_sha256(array) for array in self.arrays)


AnyDataset = Dataset | TableDataset


def _hash_of(hashes: Iterable[str]) -> str:
    return hashlib.sha256("".join(hashes).encode()).hexdigest()
