"""One part of harness.Data as the engine draws from it."""

from collections.abc import Iterator
from typing import Any

from harness.errors import UsageError


class Feed:
    """One part of the data; `batches` is the number of an epoch's batches, None until it is known."""

    fixed = True  # whether each pass gives the same batches in the same order
    endless = False  # whether a pass has no end

    def __init__(self, name: str, *, steps: int | None = None) -> None:
        self.name, self.steps = name, steps
        self.batches: int | None = steps
        self.example: Any = None  # a batch to look at, so that none need be drawn for it

    def unkept(self) -> str:
        """Say why a training that stopped could not go on with the batches that it would have had; empty where it could."""
        return ""

    def restart(self, index: int) -> None:
        """Draw anew from this epoch on, as where fit is called again behind the epochs before it; 0: nothing was drawn yet."""

    def begin(self, index: int) -> None:
        """Set what an epoch's batches may be drawn from."""

    def first(self) -> Any:
        """Return a batch to look at: the example, or else the first one of a pass; UsageError where there is none."""
        if self.example is not None:
            return self.example
        for batch in self.epoch(0):
            return batch
        raise UsageError(f"{self.name} of Data(...) gives no batch; expected at least one.")

    def epoch(self, index: int) -> Iterator[Any]:
        """Yield the batches of an epoch, counted from 0."""
        raise NotImplementedError
