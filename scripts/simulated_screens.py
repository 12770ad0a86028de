"""Simulated screens beside one part at a time, at the same number of trainings: what `simulate.py` counts of them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr

from harness.analysis import holm
from harness.study import levels_of

Array = NDArray[np.float64]

PARTS = 7
ERROR = 0.05
WAYS = ("one at a time", "screen, 8 variants", 'screen, "clear", 16 variants')


@dataclass(frozen=True, slots=True)
class Truth:
    """What parts do: the first `many` of PARTS have an effect each.

    effect: in spreads of one trial. together: what the first two do beyond the sum of both, in the same unit.
    """

    name: str
    effect: float
    many: int = 2
    together: float = 0.0

    def values(self, changed: Array) -> Array:
        """Return the mean of each variant, given which parts it changes, (variants, parts) of zeros and ones."""
        both = changed[:, 0] * changed[:, 1]
        return np.asarray(self.effect * changed[:, : self.many].sum(axis=1) + self.together * both)


@dataclass(frozen=True, slots=True)
class Found:
    """What one way finds.

    false: the share of studies that call a part better or worse which does nothing, alone or beside others. power: the share of
    the parts with an effect that are called by the right word.
    """

    false: float
    power: float


def compare(truth: Truth, seeds: int, count: int, random: np.random.Generator) -> dict[str, Found]:
    """Return what each way finds with the trainings of eight variants of so many seeds.

    What a seed does to all variants alike falls out of every difference, so that it is left out.
    """
    alone = np.vstack([np.zeros(PARTS), np.eye(PARTS)])
    ways = {
        WAYS[0]: (alone, np.hstack([-np.ones((PARTS, 1)), np.eye(PARTS)]), seeds),
        WAYS[1]: _screen("main", seeds),
        WAYS[2]: _screen("clear", seeds // 2),
    }
    return {name: _found(truth, *way, count, random) for name, way in ways.items()}


def _screen(design: str, seeds: int) -> tuple[Array, Array, int]:
    levels = levels_of(PARTS, design)
    return (levels > 0).astype(float), 2 * levels.T / len(levels), seeds


def _found(truth: Truth, changed: Array, contrasts: Array, seeds: int, count: int, random: np.random.Generator) -> Found:
    values = truth.values(changed)[:, None] + random.standard_normal((count, len(changed), seeds))
    effects = contrasts @ values
    statistic = effects.mean(axis=2) / effects.std(axis=2, ddof=1) * np.sqrt(seeds)
    p_values = 2 * stdtr(seeds - 1, -np.abs(statistic))
    found = np.array([holm(row) for row in p_values.tolist()], dtype=float) < ERROR
    right = found & (effects.mean(axis=2) > 0)
    return Found(false=float(found[:, truth.many :].any(axis=1).mean()), power=float(right[:, : truth.many].mean()))


TRUTHS = (
    *(Truth(f"effects of {effect:g}", effect) for effect in (1.0, 1.5, 2.0)),
    Truth("no effect", 0.0),
    Truth("effects of 1.5, and 1.5 more together", 1.5, together=1.5),
)


def table(count: int, seeds: tuple[int, ...]) -> Iterator[str]:
    """Yield the table of what each way finds, and how often it is wrong, at the cost of eight variants of so many seeds."""
    yield f"| trainings | truth | {' | '.join(WAYS)} |"
    yield "| --- | --- |" + " --- |" * len(WAYS)
    random = np.random.default_rng(17)
    for many in seeds:
        for truth in TRUTHS:
            found = compare(truth, many, count, random)
            cells = (
                f"{one.power:.0%}, {one.false:.1%}" if truth.effect else f"{one.false:.1%} false" for one in found.values()
            )
            yield f"| {8 * many} | {truth.name} | {' | '.join(cells)} |"
