"""Decoded datasets as .npy files in the user's cache folder, so that many processes map one copy."""

import atexit
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np

from harness.data.idx import content_sha256
from harness.data.specs import AnyDataset, DataError
from harness.data.verified_sources import Source

_STAMPS = "verified.json"


def cached(source: Source) -> Path:
    """Return the folder of a source's decoded arrays, decoding them if need be; DataError if the source is damaged.

    A source is verified once, and again whenever one of its files changes. The cached arrays are hashed at every
    call: 55 MB take about 0.05 s, a tenth of decoding them, and a cache that went bad must not pass for the data.
    """
    folder = cache_folder(source.dataset)
    known = _read_stamps(folder)
    try:
        stamps = source.stamps()
    except OSError:
        stamps = None  # a file is missing: reading the source says which
    if stamps is not None and stamps.items() <= known.items() and is_whole(source.dataset, folder):
        return folder
    arrays = source.read()
    if not is_whole(source.dataset, folder):
        folder, known = keep(source.dataset, arrays), {}
    _write_stamps(folder, known | (stamps or {}))
    return folder


def cache_folder(dataset: AnyDataset) -> Path:
    """Return where a dataset's arrays are kept: ``$XDG_CACHE_HOME/harness/NAME-HASH``."""
    root = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if not root.is_absolute():  # the XDG rule
        root = Path(os.path.expanduser("~/.cache"))
    if not root.is_absolute():  # a container's user without a home
        root = Path(tempfile.gettempdir())
    return root / "harness" / f"{dataset.name}-{dataset.content_sha256[:12]}"


def is_whole(dataset: AnyDataset, folder: Path) -> bool:
    """Whether all arrays are there with the content they must have."""
    try:
        arrays = open_arrays(dataset, folder)
    except DataError:
        return False
    return all(content_sha256(array) == dataset.array_sha256(name) for name, array in arrays.items())


def open_arrays(dataset: AnyDataset, folder: Path) -> dict[str, np.ndarray]:
    """Return the arrays of a cache folder, memory-mapped and read-only; DataError where one cannot be opened."""
    arrays = {}
    for name in dataset.arrays:
        path = folder / f"{name}.npy"
        try:
            array = np.load(path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise DataError(f"Cached array {path} cannot be opened ({error}); expected a .npy file.") from None
        expected = dataset.dtype(name)
        if not isinstance(array, np.ndarray) or array.dtype != expected:
            raise DataError(f"Cached array {path} is {getattr(array, 'dtype', 'an archive')}; expected {expected}.")
        arrays[name] = array
    return arrays


def keep(dataset: AnyDataset, arrays: Mapping[str, np.ndarray]) -> Path:
    """Write the arrays to the cache, or to a folder that lasts as long as this process where that is not possible."""
    folder = cache_folder(dataset)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{dataset.name}-", dir=folder.parent))
    except OSError:
        return _kept_for_now(dataset, arrays)
    try:
        _save(draft, arrays)
        _put(dataset, draft, folder)
    except OSError:  # a full disk, for one
        return _kept_for_now(dataset, arrays)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return folder


def _kept_for_now(dataset: AnyDataset, arrays: Mapping[str, np.ndarray]) -> Path:
    try:
        folder = Path(tempfile.mkdtemp(prefix=f"harness-{dataset.name}-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        _save(folder, arrays)
    except OSError as error:
        size = sum(array.nbytes for array in arrays.values()) / 1e6
        raise DataError(
            f"The decoded {dataset.name} can be kept neither in {cache_folder(dataset)} nor in "
            f"{tempfile.gettempdir()} ({error.strerror or error}); expected {size:.0f} MB of space in one of them."
        ) from None
    return folder


def _save(folder: Path, arrays: Mapping[str, np.ndarray]) -> None:
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)


def _put(dataset: AnyDataset, draft: Path, folder: Path) -> None:
    """Rename a complete draft into place, unless another process has been quicker."""
    try:
        draft.rename(folder)
    except OSError:
        if is_whole(dataset, folder):
            return
        # A damaged one goes into the draft's place and away with it: who has mapped its files keeps them.
        aside = draft.with_suffix(".damaged")
        folder.rename(aside)
        draft.rename(folder)
        shutil.rmtree(aside, ignore_errors=True)


def _read_stamps(folder: Path) -> dict[str, list[int]]:
    try:
        stamps = json.loads((folder / _STAMPS).read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return stamps if isinstance(stamps, dict) else {}


def _write_stamps(folder: Path, stamps: Mapping[str, list[int]]) -> None:
    with suppress(OSError):  # a read-only cache: the source is verified again next time
        with tempfile.NamedTemporaryFile("w", dir=folder, suffix=".json", delete=False) as draft:
            json.dump(stamps, draft)
        Path(draft.name).replace(folder / _STAMPS)
