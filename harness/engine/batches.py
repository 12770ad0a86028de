"""In which order samples are drawn: a pure function of seed and epoch, so that a resumed trial repeats it."""

import math
from dataclasses import dataclass, replace

import numpy as np

DRAWN_AT_ONCE = 100_000  # samples; where a call draws so many, what the call itself costs does not matter


@dataclass(frozen=True, slots=True)
class BatchSchedule:
    """How an epoch is cut into batches: all samples once, or a number of full batches."""

    size: int
    steps: int | None = None  # None: every sample once, the last batch as short as it comes
    shuffle: bool = True  # whether each pass has an order of its own; False: the samples come as they lie
    epochs_per_call: int = 1  # epochs that one call may train, where nobody looks between them

    def drawn(self, samples: int) -> int:
        """Return how many samples an epoch draws."""
        return samples if self.steps is None else self.steps * self.size

    def count(self, samples: int) -> int:
        """Return how many batches an epoch has."""
        return math.ceil(self.drawn(samples) / self.size)

    def together(self, samples: int, *, log_every: int) -> "BatchSchedule":
        """Return these batches with as many epochs in a call as lie between two that are measured, if all are full."""
        drawn = self.drawn(samples)
        most = 1 if drawn % self.size else min(log_every - 1, DRAWN_AT_ONCE // drawn)
        return replace(self, epochs_per_call=max(1, most))

    def orders(self, samples: int, seed: int, index: int, epochs: int) -> np.ndarray:
        """Return the orders of several epochs, one behind the other."""
        return np.concatenate([self.order(samples, seed, number) for number in range(index, index + epochs)])

    def order(self, samples: int, seed: int, index: int) -> np.ndarray:
        """Return the numbers of the samples that an epoch draws, in their order.

        A number of batches is drawn on through one permutation of all samples after another: it goes on where the epoch
        before it stopped, and no sample comes again before all others have come.
        """
        if self.steps is None:
            return self._pass(samples, seed, index)
        drawn = self.drawn(samples)
        first, last = index * drawn, (index + 1) * drawn
        passes = range(first // samples, math.ceil(last / samples))
        rows = np.concatenate([self._pass(samples, seed, number) for number in passes])
        return rows[first - passes.start * samples :][:drawn]

    def _pass(self, samples: int, seed: int, index: int) -> np.ndarray:
        return epoch_order(samples, seed, index) if self.shuffle else np.arange(samples, dtype=np.int32)


def epoch_order(samples: int, seed: int, index: int) -> np.ndarray:
    """Return the order of all samples in a pass through them."""
    return np.random.default_rng((seed, index)).permutation(samples).astype(np.int32)
