"""What an executor is asked and what it answers."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

from harness.models import VariantFingerprint
from harness.records import Record
from harness.training import Trial


@dataclass(frozen=True, slots=True)
class Progress:
    """What a running trial has told: an epoch that it has finished, or what it has begun to do.

    epoch: the number of the last epoch that was measured, 0 before the first; values: that epoch's. doing: what it does
    until the next message, in words, such as "building the model"; empty: it trains. begun: whether it is under way.
    """

    variant: str
    seed: int
    epoch: int
    values: Mapping[str, float]
    doing: str = ""
    begun: bool = True


@dataclass(frozen=True, slots=True)
class WorkerFailure:
    """A trial that brought no record home: its worker died, overran its time, or was ended."""

    status: str
    error: str
    died: bool = False  # the worker was killed or exited, which says little about the trial: worth another attempt
    seconds: float = 0.0  # that its job ran


class StopRequest(IntEnum):
    """What the user wants of a run that is under way."""

    NONE = 0
    AFTER_EPOCH = 1  # no further trial starts; the running ones stop at the end of their epoch
    NOW = 2


class Executor(Protocol):
    """Runs trials somewhere and gives back what became of each, in the order in which they end."""

    def run(
        self, trials: Sequence[Trial], *, progress: Callable[[Progress], None], stop_request: Callable[[], StopRequest]
    ) -> Iterator[tuple[Trial, Record | WorkerFailure]]:
        """Yield every trial that was started, once, with its record or with the reason why it has none."""
        ...

    def fingerprints(self, trials: Sequence[Trial], *, traced: bool = False) -> list[VariantFingerprint]:
        """Return what each trial's variant comes to, in the order of the trials; traced: as far as only a trace can tell."""
        ...

    def faults(self, trials: Sequence[Trial]) -> list[str]:
        """Return how each trial would fail before it trains anything, empty where it would not."""
        ...

    def close(self) -> None:
        """End all workers at once."""
        ...
