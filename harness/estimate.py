"""What a trial will cost, guessed before it runs: for the plan, and so that the longest trials start first."""

import math
from collections.abc import Mapping

from harness.data import Prepared
from harness.datafiles.datasets import find_dataset
from harness.settings import Settings
from harness.variants import Study

# Measured with the compiled epoch on one core of a 2-core server (docs/performance.md): a step's fixed part, and
# what each parameter adds for each sample of a batch of 32.
STEP_SECONDS = 0.5e-4
PARAMETER_SECONDS = 2.3e-9
START_SECONDS = 1.5  # building, compiling, writing
UNKNOWN_PARAMETERS = 100_000
UNKNOWN_SAMPLES = 60_000
PIXELS = 28 * 28


def estimate_seconds(study: Study, settings: Settings, data: Mapping[str, Prepared]) -> float:
    """Return a rough number of seconds for one trial: parameters × samples × epochs, and a fixed part."""
    prepared = data.get(settings.dataset)
    samples = find_dataset(prepared.used).train_count if prepared else UNKNOWN_SAMPLES
    samples = min(samples, settings.samples or samples)
    steps = math.ceil(samples / settings.batch_size) * settings.epochs
    parameters = dense_parameters(settings) if study.build is None else UNKNOWN_PARAMETERS
    return START_SECONDS + steps * (STEP_SECONDS + PARAMETER_SECONDS * parameters * settings.batch_size / 32)


def dense_parameters(settings: Settings) -> int:
    """Return the number of parameters of the course's dense network on 28×28 images.

    >>> dense_parameters(Settings(hidden=(128,)))
    101770
    """
    widths = (PIXELS if settings.flatten else 28, *settings.hidden, settings.outputs)
    return sum((inputs + 1) * units for inputs, units in zip(widths, widths[1:]))
