"""What several test files share: calling the harness, and one finished study to look at."""

import os
import signal
from dataclasses import dataclass
from pathlib import Path

import pytest
import quick
from click.testing import CliRunner, Result

from harness.cli.app import main
from harness.records.record import Record, load_records

CLASSIC = (  # the variants that need no Fashion-MNIST
    "neurons-64 neurons-512 neurons-1024 no-flatten output-5 extra-hidden-layer epochs-15 epochs-30 no-normalization "
    "learning-rate-0.0001 learning-rate-0.01 learning-rate-0.1"
).split()


# A test run that was started in the background inherits deafness to Ctrl-C, which the tests of it need.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config: pytest.Config) -> None:
    quick.hold_to_it(config)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    return quick.is_left_out(collection_path, config) or None


def harness(*words: object) -> Result:
    """Call the command line in this process; workers are processes of their own all the same."""
    return CliRunner().invoke(main, [str(word) for word in words])


@dataclass(frozen=True)
class Finished:
    """A study that has run: its log folder, what was printed, its records by variant (seed 0)."""

    logdir: Path
    result: Result
    records: dict[str, Record]


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Finished:
    """The ablations on scikit-learn's digits, two epochs, one seed, run once for all tests that only look."""
    logdir = tmp_path_factory.mktemp("finished")
    only = [word for name in CLASSIC for word in ("--only", name)]
    result = harness("run", "ablations", "--logdir", logdir, "--dataset", "digits", "--seeds", 1, "--set", "epochs=2", *only)
    records, _ = load_records(logdir)
    return Finished(logdir, result, {record.variant: record for record in records})


@pytest.fixture
def real_data() -> Path:
    """The folder of the full datasets; without it a test of the real figures cannot be made."""
    folder = os.environ.get("HARNESS_DATA_DIR")
    if not folder:
        pytest.skip("HARNESS_DATA_DIR is not set: the figures of the full data are not tested here")
    return Path(folder)
