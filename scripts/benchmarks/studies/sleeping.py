"""Trials that only pass the time: what a run of them takes beside that is the executor's doing."""

import time
from dataclasses import dataclass
from typing import Any

from harness import Metric, Settings, Study


@dataclass(frozen=True, slots=True)
class Sleeping(Settings):
    """How long a trial takes, and in how many epochs."""

    sleeps: float = 1.0  # seconds
    epochs: int = 5


def train(settings: Sleeping, trial: Any) -> None:
    """Sleep, and say so after each epoch."""
    for epoch in range(1, settings.epochs + 1):
        time.sleep(settings.sleeps / settings.epochs)
        trial.log(epoch, test_error=1 / epoch)


STUDY = Study("sleeping", base=Sleeping(), train=train, metric=Metric("error", 0.01, False), variants=())
