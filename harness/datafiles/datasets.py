"""The datasets the harness knows: their shapes, class names, file names and the hashes of their true content."""

import hashlib
from dataclasses import dataclass, fields

from harness.errors import UsageError, unknown


class DataError(UsageError):
    """A dataset is absent, damaged or not what it is named."""


@dataclass(frozen=True, slots=True)
class PerArray:
    """One text for each of a dataset's four arrays."""

    x_train: str
    y_train: str
    x_test: str
    y_test: str


ARRAYS = tuple(field.name for field in fields(PerArray))

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

    def shape(self, array: str) -> tuple[int, ...]:
        """Return the shape that one of ``ARRAYS`` must have: (n, 28, 28) for images, (n,) for labels."""
        count = self.train_count if array.endswith("train") else self.test_count
        return (count, 28, 28) if array.startswith("x") else (count,)

    @property
    def content_sha256(self) -> str:
        """Return one hash of the whole content: the hash of the four arrays' hashes."""
        return hashlib.sha256("".join(getattr(self.sha256, array) for array in ARRAYS).encode()).hexdigest()


_DIGIT_NAMES = tuple("0123456789")

STAND_IN = "digits"

DATASETS = {
    dataset.name: dataset
    for dataset in (
        Dataset(
            "mnist",
            summary="60,000 training and 10,000 test images",
            class_names=_DIGIT_NAMES,
            train_count=60_000,
            test_count=10_000,
            sha256=PerArray(
                x_train="ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
                y_train="65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
                x_test="0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
                y_test="ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
            ),
            # The one that keras.datasets.mnist pins.
            npz_sha256="731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
        ),
        Dataset(
            "fashion-mnist",
            summary="60,000 training and 10,000 test images",
            class_names=(
                "T-shirt/top",
                "Trouser",
                "Pullover",
                "Dress",
                "Coat",
                "Sandal",
                "Shirt",
                "Sneaker",
                "Bag",
                "Ankle boot",
            ),
            train_count=60_000,
            test_count=10_000,
            sha256=PerArray(
                x_train="c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
                y_train="bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
                x_test="5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
                y_test="0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
            ),
        ),
        Dataset(
            STAND_IN,
            summary="1,797 UCI images, 8x8 upscaled",
            class_names=_DIGIT_NAMES,
            train_count=1_437,
            test_count=360,
            sha256=PerArray(  # of what sources.read_digits makes of them
                x_train="80f55ebd9cd6e68ed6a3fe4ea128e66e4ae0a60d52da0b45c5fcb6d33cfc3dfd",
                y_train="f8a600b73e2c056aa42316260206e6643bd33e96bd71cfb8e32b94f76fac4f93",
                x_test="459e941649046bb346c292b441fc2173b0b32a07c53174d63c241dbde75d28e5",
                y_test="cf2c8a23974df0c99eb3f36ff34c02acb9be1c84aca7280211ef04bea1135360",
            ),
            bundled=True,
        ),
    )
}

CLASS_NAMES = {name: dataset.class_names for name, dataset in DATASETS.items()}


def find_dataset(name: str) -> Dataset:
    """Return the dataset of that name; UsageError, with the nearest name, where there is none."""
    if name not in DATASETS:
        raise unknown("Dataset", name, DATASETS)
    return DATASETS[name]


def holder_of(sha256: str) -> str:
    """Say which dataset's file has this content hash, or return an empty text: swapped files are a common mistake."""
    for dataset in DATASETS.values():
        for array in ARRAYS:
            if getattr(dataset.sha256, array) == sha256:
                return f"{getattr(IDX_FILES, array)} of {dataset.name}"
    return ""
