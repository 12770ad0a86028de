"""What a training draws its batches from, and how many: samples in an order, or whatever gives batches by itself."""

from typing import Any, Protocol

import numpy as np


class Schedule(Protocol):
    """How an epoch is cut into batches, as `harness.engine.batches.BatchSchedule` says for samples."""

    @property
    def steps(self) -> int | None:
        """The number of batches of an epoch, None where it takes all there are."""

    @property
    def epochs_per_call(self) -> int:
        """How many epochs one call may train."""

    def count(self, samples: int, /) -> int:
        """Return how many batches an epoch has."""

    def orders(self, samples: int, seed: int, index: int, epochs: int, /) -> np.ndarray:
        """Return what a program is to train on in these epochs."""


class Drawn(Protocol):
    """A trial's samples, or what else its program draws batches from."""

    @property
    def train(self) -> Any:
        """What is trained on."""

    @property
    def test(self) -> Any:
        """What is measured on."""

    @property
    def validation(self) -> Any:
        """What chooses; false where nothing is held out."""

    @property
    def total(self) -> int:
        """How many there are to train on."""

    def unkept(self) -> str:
        """Say why a training that stopped could not go on with the batches that it would have had; empty where it could."""
