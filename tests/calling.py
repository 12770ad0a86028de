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
    """Call the command line in this process; workers are processes of their own all the same.

    A run that asks for no engine trains as a graph, which is ready in a third of the time that XLA takes to compile it. What
    XLA does, and when it is chosen, is for tests/engine, and for tests that ask for `--engine auto`.
    """
    typed = [str(word) for word in words]
    if typed[:1] == ["run"] and "--engine" not in typed:
        typed += ["--engine", "graph"]
    return CliRunner().invoke(main, typed)


@dataclass(frozen=True)
class Finished:
    """A study that has run: its log folder, what was printed, its records by variant (seed 0)."""

    logdir: Path
    result: Result
    records: dict[str, Record]
