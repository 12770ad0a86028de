"""Calling the harness, and what is left of a study that has run."""

from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner, Result

from harness.cli.app import main
from harness.records.record import Record

CLASSIC = (  # the variants that need no Fashion-MNIST
    "neurons-64 neurons-512 neurons-1024 no-flatten output-5 extra-hidden-layer epochs-15 epochs-30 no-normalization "
    "learning-rate-0.0001 learning-rate-0.01 learning-rate-0.1"
).split()


def harness(*words: object) -> Result:
    """Call the command line in this process; workers are processes of their own all the same."""
    return CliRunner().invoke(main, [str(word) for word in words])


@dataclass(frozen=True)
class Finished:
    """A study that has run: its log folder, what was printed, its records by variant (seed 0)."""

    logdir: Path
    result: Result
    records: dict[str, Record]
