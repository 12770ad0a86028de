"""What a trial takes of the machine that it runs on, where an executor gives it out."""

import math
from dataclasses import dataclass

from harness.errors import UsageError

MOST_CPUS = 1024


@dataclass(frozen=True, slots=True)
class Resources:
    """What the worker of a trial takes of a node: processor cores, of which each is a thread, and a GPU or a part of one.

    cpus: a whole number, or a part of one core for trials that mostly wait. gpus: at the most 1, as a trial trains on one; 0.5
    lets two trials share a GPU; None: one where the nodes have any. They change no trial's id; other numbers of threads may
    change last digits.
    """

    cpus: float = 1.0
    gpus: float | None = None

    def __post_init__(self) -> None:
        if not _is_amount(self.cpus, least=0.01) or self.cpus > MOST_CPUS or (self.cpus > 1 and self.cpus != int(self.cpus)):
            raise UsageError(
                f"Resources: cpus is {self.cpus!r}; expected a whole number of cores, or a part of one such as 0.5."
            )
        if self.gpus is not None and not (self.gpus == 0 or (_is_amount(self.gpus, least=0.01) and self.gpus <= 1)):
            raise UsageError(
                f"Resources: gpus is {self.gpus!r}; expected 1, a part of one such as 0.5, or 0: a trial trains on one GPU."
            )


def _is_amount(value: object, *, least: float) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value) and value >= least


USUAL = Resources()
