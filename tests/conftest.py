"""What the tests of several packages share: one finished study to look at, and machines that lack something."""

import gc
import os
import signal
from pathlib import Path

import pytest
import quick
from calling import CLASSIC, Finished, harness
from resulting import store_study
from tiny_dataset import tiny_arrays, write_idx_files

from harness.data.catalogue import DATASETS
from harness.data.idx import content_sha256
from harness.data.specs import Dataset, PerArray
from harness.records.record import load_records

# A test run that was started in the background inherits deafness to Ctrl-C, which the tests of it need.
signal.signal(signal.SIGINT, signal.default_int_handler)

gc.disable()  # until all tests are collected: nearly all that is loaded meanwhile stays


def pytest_configure(config: pytest.Config) -> None:
    quick.hold_to_it(config)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    return quick.is_left_out(collection_path, config) or None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the quick files last: what several processes run ends in small pieces, with none waiting for another's long file."""
    items.sort(key=lambda item: item.get_closest_marker("quick") is not None)


def pytest_collection_finish() -> None:
    """Leave what is loaded by now, TensorFlow above all, out of each later collection of garbage: it stays anyway."""
    gc.enable()
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Finished:
    """The ablations on scikit-learn's digits, two epochs, one seed, run once for all tests that only look."""
    logdir = tmp_path_factory.mktemp("finished")
    only = [word for name in CLASSIC for word in ("--only", name)]
    result = harness(
        "run",
        "ablations",
        "--logdir",
        logdir,
        "--dataset",
        "digits",
        "--seeds",
        1,
        "--set",
        "epochs=2",
        "--engine",
        "auto",
        *only,
    )
    records, _ = load_records(logdir)
    return Finished(logdir, result, {record.variant: record for record in records})


@pytest.fixture
def real_data() -> Path:
    """The folder of the full datasets; without it a test of the real figures cannot be made."""
    folder = os.environ.get("HARNESS_DATA_DIR")
    if not folder:
        pytest.skip("HARNESS_DATA_DIR is not set: the figures of the full data are not tested here")
    return Path(folder)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder on a machine without data."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HARNESS_DATA_DIR", raising=False)
    return tmp_path


@pytest.fixture(scope="module")
def study_logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seeds of a recorded study."""
    return store_study(tmp_path_factory.mktemp("study") / "logs", seeds=2)


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with neither data nor network: empty caches, no data folder, a proxy that refuses."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.delenv("HARNESS_DATA_DIR", raising=False)
    for name in ("https_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "127.0.0.1")


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> Dataset:
    """A dataset named `tiny`, known to the harness: 12 training and 4 test images, drawn from a fixed seed."""
    dataset = Dataset(
        "tiny",
        summary="16 random images",
        class_names=tuple("0123456789"),
        train_count=12,
        test_count=4,
        sha256=PerArray(**{name: content_sha256(array) for name, array in tiny_arrays().items()}),
    )
    monkeypatch.setitem(DATASETS, "tiny", dataset)
    return dataset


@pytest.fixture
def tiny_dir(tiny: Dataset, tmp_path: Path) -> Path:
    """A data folder that holds `tiny` as four gzipped IDX files."""
    write_idx_files(tmp_path / "data" / tiny.name)
    return tmp_path / "data"
