"""How long a run will still take, by what was recorded or guessed before it and by what its trials have shown since."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from harness.runs.estimate import trial_seconds
from harness.training import Trial

BELIEVED_SECONDS = 5.0
_Key = tuple[str, int]  # a trial by its variant and seed


@dataclass(slots=True)
class Pace:
    """How the seconds that ended trials took compare with those expected of them; one for all studies of a run."""

    expected: float = 0.0
    taken: float = 0.0

    def factor(self, *, crowding: float) -> float:
        """Return by how much expected seconds are to be multiplied; crowding: what to take before any trial has ended.

        A first, short trial says little: it counts as beside BELIEVED_SECONDS that went as expected.
        """
        return (self.taken + BELIEVED_SECONDS * crowding) / (self.expected + BELIEVED_SECONDS)


@dataclass(slots=True)
class _Running:
    """A trial under way: when it began, and when its first and its newest epoch ended, in seconds of the clock."""

    began: float
    first: tuple[int, float] | None = None  # an epoch's number and when it ended
    newest: tuple[int, float] | None = None

    def rest(self, now: float, *, whole: float, epochs: int) -> float:
        """Return the seconds that it still takes; whole: expected of all of it; epochs: planned, 0 where nobody knows."""
        if epochs and self.first and self.newest and self.newest[0] > self.first[0]:
            each = (self.newest[1] - self.first[1]) / (self.newest[0] - self.first[0])
            return max(each * (epochs - self.newest[0]) - (now - self.newest[1]), 0.0)
        return max(whole - (now - self.began), 0.0)


class TimeLeft:
    """Told of what its trials do, it says about how many seconds they still need.

    An ended trial tells how far the expectations are off, a running one with two measured epochs how long its others take.
    """

    def __init__(
        self,
        trials: Sequence[Trial],
        seconds: Mapping[str, float],
        *,
        slots: tuple[int, int],
        epochs: Mapping[str, int],
        pace: Pace,
        clock: Callable[[], float],
    ) -> None:
        """Expect of each trial the seconds of its variant; epochs: planned of each variant, where that is known.

        slots: how many workers there are, and how many of them the machine can run at full speed. clock: seconds.
        """
        each = trial_seconds(tuple(trials), seconds)
        self._whole: dict[_Key, float] = {(one.variant, one.seed): took for one, took in zip(trials, each, strict=True)}
        self._workers = max(min(slots[0], len(trials)), 1)
        self._crowding = max(self._workers / slots[1], 1.0)
        self._epochs, self._pace, self._clock = epochs, pace, clock
        self._running: dict[_Key, _Running] = {}

    def told(self, trial: _Key, epoch: int) -> None:
        """Hear that a trial has begun (epoch 0) or has measured an epoch."""
        now = self._clock()
        running = self._running.setdefault(trial, _Running(now))
        if epoch:
            running.newest = epoch, now
            running.first = running.first or running.newest

    def ended(self, trial: _Key, *, finished: bool) -> None:
        """Hear that a trial has ended; finished: whether it has trained to its end, as only then its time says something."""
        whole, running = self._whole.pop(trial, 0.0), self._running.pop(trial, None)
        if running and finished:
            self._pace.expected += whole
            self._pace.taken += self._clock() - running.began

    def seconds(self) -> float:
        """Return the seconds that all workers together still need for what is left; the longest trial bounds it from below."""
        now, factor = self._clock(), self._pace.factor(crowding=self._crowding)
        rests = [
            self._running[trial].rest(now, whole=whole * factor, epochs=self._epochs.get(trial[0], 0))
            if trial in self._running
            else whole * factor
            for trial, whole in self._whole.items()
        ]
        return max(sum(rests) / self._workers, max(rests, default=0.0))
