"""Simulated studies, many at once, judged by the functions that judge a study: what `simulate.py` counts."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from harness.analysis import (
    FUTILITY,
    VALUES_SHARE,
    LastLook,
    chance_of_settling,
    level_at,
    repeated_p,
    weighted_holm,
)

Array = NDArray[np.float64]
Draw = Callable[[np.random.Generator, tuple[int, ...]], Array]

ERROR = 0.05
CHUNK = 500_000  # values at a time


@dataclass(frozen=True, slots=True)
class Setting:
    """How the values of simulated studies come about.

    draw: standardized values. shared: of a difference's variance, the control's part, which all variants share.
    unequal: whether the variants' spreads go from 1 to 5. step: to which metrics are rounded, in standard deviations.
    """

    name: str
    draw: Draw
    shared: float = 0.5
    unequal: bool = False
    step: float = 0.0


def _normal(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return rng.standard_normal(shape)


def _heavy(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return np.asarray(rng.standard_t(3, shape) / np.sqrt(3))


def _collapsing(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """One seed in twenty is five standard deviations worse, in the variant or in the control."""
    return np.asarray((rng.standard_normal(shape) - 5 * (rng.random(shape) < 0.05) + 0.25) / np.sqrt(1 + 25 * 0.0475))


SETTINGS = (
    Setting("normal, independent", _normal, shared=0.0),
    Setting("normal, one control", _normal),
    Setting("heavy tails (t, 3 degrees)", _heavy),
    Setting("unequal spreads, 1 to 5", _normal, unequal=True),
    Setting("discrete, steps of half a deviation", _normal, step=0.5),
    Setting("one seed in twenty collapses", _collapsing),
)


@dataclass(frozen=True, slots=True)
class Trials:
    """Many studies: the mean difference and its spread at each look, shape (studies, variants, looks)."""

    looks: tuple[int, ...]
    mean: Array
    std: Array

    def one_sided(self, offset: float = 0.0) -> Array:
        """Return the p-values that the true mean is no higher than the offset."""
        error = self.std / np.sqrt(self.looks)
        with np.errstate(divide="ignore", invalid="ignore"):
            statistic = (self.mean - offset) / error
        found = stdtr(np.array(self.looks) - 1, -statistic)
        return np.where(self.std > 1e-9, found, np.nan)  # without a spread there is no test

    def below(self, offset: float) -> Array:
        """Return the p-values that the true mean is no lower than the offset."""
        return replace(self, mean=-self.mean).one_sided(-offset)


def studies(setting: Setting, effects: Array, looks: tuple[int, ...], count: int, rng: np.random.Generator) -> Iterator[Trials]:
    """Yield so many studies, some at a time; effects: of each variant, in the spread of its own difference."""
    size = max(1, CHUNK // (len(effects) * looks[-1]))
    for begin in range(0, count, size):
        shape = min(size, count - begin), len(effects), looks[-1]
        spreads = np.linspace(1, 5, len(effects)) if setting.unequal else np.ones(len(effects))
        own = np.sqrt(1 - setting.shared) * setting.draw(rng, shape) * spreads[:, np.newaxis]
        control = np.sqrt(setting.shared) * setting.draw(rng, (shape[0], 1, looks[-1]))
        scale = np.sqrt((1 - setting.shared) * spreads**2 + setting.shared)
        own = own + (effects * scale)[:, np.newaxis]
        if setting.step:  # each metric is of a test set, its counts whole
            own, control = (np.round(side / setting.step) * setting.step for side in (own, control))
        values = (own - control) / scale[:, np.newaxis]
        at = np.array(looks)
        sums, squares = (np.cumsum(part, axis=2)[..., at - 1] for part in (values, values**2))
        spread = np.sqrt(np.maximum(squares - sums**2 / at, 0) / (at - 1))
        yield Trials(looks, sums / at, spread)


def differing(trials: Trials, spending: str, look: int) -> Array:
    """Return Holm's p-values after a look that there is no difference in the direction seen, shape (studies, variants)."""
    many = trials.mean.shape[1]
    up, down = (_over_looks(p, trials, spending, look) for p in (trials.one_sided(), trials.below(0.0)))
    direction = np.where(trials.mean[..., look] > 0, up, down)
    return weighted_holm(_whole_family(2 * direction), _weights(many))[..., :many]


def alike(trials: Trials, margin: float, spending: str, look: int) -> Array:
    """Return Holm's p-values after a look that the difference is the margin or more, shape (studies, variants)."""
    many = trials.mean.shape[1]
    sides = (_over_looks(p, trials, spending, look) for p in (trials.one_sided(-margin), trials.below(margin)))
    return weighted_holm(np.maximum(*sides), np.full(many, 1 / many))


def _over_looks(p_values: Array, trials: Trials, spending: str, look: int) -> Array:
    return repeated_p(p_values[..., : look + 1], trials.looks, spending)


def _whole_family(values: Array) -> Array:
    """Return the p-values of values beside those of completion, where no trial fails."""
    return np.concatenate([np.minimum(values, 1), np.ones_like(values)], axis=-1)


def _weights(many: int) -> Array:
    return np.repeat([VALUES_SHARE / many, (1 - VALUES_SHARE) / many], many)


def far(trials: Trials, p_values: Array, margin: float, look: int) -> NDArray[np.bool_]:
    """Return where a look says better or worse; p_values: those of `differing`."""
    return np.asarray((p_values < ERROR) & (np.abs(trials.mean[..., look]) >= margin))


def near(trials: Trials, p_values: Array, margin: float, look: int) -> NDArray[np.bool_]:
    """Return where a look says equivalent; p_values: those of `alike`."""
    n = trials.looks[look]
    half = stdtrit(n - 1, 0.975) * trials.std[..., look] / np.sqrt(n)
    return np.asarray((p_values < ERROR) & (np.abs(trials.mean[..., look]) + half < margin))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of studies: the share of effects found, of studies with a false word, and trainings a study."""

    power: float
    false: float
    trainings: float
    equivalent: float


def until_settled(batches: Iterator[Trials], found: int, margin: float, spending: str, futility: float = FUTILITY) -> Outcome:
    """Run studies look by look, each variant until it is settled or hopeless; found: how many first variants have an effect."""
    rows = []
    for trials in batches:
        shape = trials.mean.shape[:2]
        going, seeds = np.ones(shape, dtype=bool), np.zeros(shape)
        said, same, control = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool), np.zeros(shape[0])
        mean, std = trials.mean.copy(), trials.std.copy()
        for look, n in enumerate(trials.looks):
            if look:  # a variant that was stopped has no further look
                stopped = ~going
                mean[stopped, look], std[stopped, look] = mean[stopped, look - 1], 0.0
            seeds[going], control[going.any(axis=1)] = n, n
            seen = replace(trials, mean=mean, std=std)
            different, equal = differing(seen, spending, look), alike(seen, margin, spending, look)
            told = far(seen, different, margin, look)
            close = near(seen, equal, margin, look) & ~told
            said, same = said | (told & going), same | (close & going)
            left = np.stack([(each >= ERROR).sum(axis=1) for each in (different, equal)])
            going &= ~told & ~close & (_hope(trials, look, left, margin, spending) >= futility)
        false = said[:, found:].any(axis=1) if found < shape[1] else np.zeros(shape[0], dtype=bool)
        power = said[:, :found].mean(axis=1) if found else np.zeros(shape[0])
        rows.append(np.stack([power, false, seeds.sum(axis=1) + control, same[:, found:].mean(axis=1)], axis=1))
    return Outcome(*np.concatenate(rows).mean(axis=0))


def _hope(trials: Trials, look: int, left: Array, margin: float, spending: str) -> Array:
    """Return the chance of being settled at the last look, by how many hypotheses Holm has left in each study."""
    if look == len(trials.looks) - 1:
        return np.zeros(trials.mean.shape[:2])
    chance = np.empty(trials.mean.shape[:2])
    for unequal, unlike in np.unique(left, axis=1).T:
        rows = (left[0] == unequal) & (left[1] == unlike)
        share = ERROR * VALUES_SHARE / max(unequal, 1) / 2, ERROR / max(unlike, 1)
        last = LastLook(trials.looks[-1], *(level_at(error, trials.looks, spending) for error in share))
        chance[rows] = chance_of_settling(
            trials.mean[rows, :, look], trials.std[rows, :, look] + 1e-12, trials.looks[look], last, margin
        )
    return chance


def fixed(batches: Iterator[Trials], found: int, margin: float) -> Outcome:
    """Judge studies of a fixed number of seeds by Holm's rule, as `harness run --seeds N` does."""
    rows = []
    for trials in batches:
        many = trials.mean.shape[1]
        p_values = np.nan_to_num(2 * np.minimum(trials.one_sided(), trials.below(0.0))[..., 0], nan=1.0)
        told = far(trials, weighted_holm(p_values, np.full(many, 1 / many)), margin, 0)
        none = np.zeros(len(told))
        rows.append(np.stack([told[:, :found].mean(axis=1) if found else none, told[:, found:].any(axis=1)], axis=1))
    power, false = np.concatenate(rows).mean(axis=0)
    return Outcome(power, false, (many + 1) * trials.looks[0], 0.0)


def false_words(batches: Iterator[Trials], margin: float, spending: str, *, equivalence: bool) -> float:
    """Return how many studies have a false word at any of their looks, none of their variants having been stopped."""
    found = []
    for trials in batches:
        wrong = np.zeros(len(trials.mean), dtype=bool)
        for look in range(len(trials.looks)):
            if equivalence:
                told = near(trials, alike(trials, margin, spending, look), margin, look)
            else:
                told = far(trials, differing(trials, spending, look), margin, look)
            wrong |= told.any(axis=1)
        found.append(wrong)
    return float(np.concatenate(found).mean())
