"""Time epochs of plain `model.fit` on the network of studies/epochs.py.

Usage: python fit_epochs.py KEY=VALUE EPOCHS SECONDS.json   (hidden=1024 or network=lenet-5, as for run --set)
TensorFlow's own thread counts hold, so `fit` has the whole machine. The first epoch is traced and not counted.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import keras
import numpy as np

from harness.data import open_dataset, prepare
from harness.models import make_model
from harness.study import changed, load_study, parse


class Clock(keras.callbacks.Callback):
    """Keeps how long each epoch took."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []
        self._start = 0.0

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Start the clock."""
        self._start = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Stop the clock."""
        self.seconds.append(time.perf_counter() - self._start)


def fit_seconds(assignment: str, epochs: int) -> list[float]:
    """Train one epoch more than asked for and return the seconds of all but the first."""
    study = load_study(str(Path(__file__).with_name("studies") / "epochs.py"))
    settings = changed(study.base, dict([parse(assignment, type(study.base))]))
    images: Any = open_dataset(prepare(settings.dataset, strict=True))
    model, clock = make_model(study, settings, seed=0), Clock()
    x_train = np.asarray(images.x_train, np.float32) / 255
    y_train = np.asarray(images.y_train)
    model.fit(x_train, y_train, batch_size=settings.batch_size, epochs=epochs + 1, callbacks=[clock], verbose=0)
    return clock.seconds[1:]


if __name__ == "__main__":
    Path(sys.argv[3]).write_text(json.dumps(fit_seconds(sys.argv[1], int(sys.argv[2]))))
