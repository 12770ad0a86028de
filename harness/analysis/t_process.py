"""The levels of repeated t-tests: at which p-value each look may reject, so that all looks together err as is wished.

A t statistic that is looked at again as seeds are added has a distribution that is known whatever the spread is. With
R(n) = sum / √(sum of squares) of the first n values, n - 1 degrees of freedom make T = R √(n - 1) / √(n - R²). Of
values around zero, R(n) is independent of their sum of squares, which is complete and sufficient for the spread (Basu,
Sankhya 15 (1955)). So with m more values, R(n + m) = R(n) √B + R' √(1 - B), where B is Beta(n / 2, m / 2) and R' is of
the m values alone: a Markov chain, whose exits are integrated here numerically. Nothing is approximated by a normal
distribution, which five seeds are far from.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

FEWEST_NEW = 4  # seeds between looks: of fewer, the new values' own R is too coarse for the integration
CELLS = 160
NODES = 24  # of the integral over B
LOWEST, HIGHEST = 1e-10, 1 - 1e-7  # p-values between which cells lie


def exit_levels(looks: Sequence[int], spent: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the one-sided nominal level of each look, at which the looks reject with just the error that is spent.

    looks: numbers of values, increasing by at least FEWEST_NEW. spent: shape (designs, looks), the error spent up to and
    including each look. Returns shape (designs, looks). Source of the method: Armitage, McPherson and Rowe, "Repeated
    significance tests on accumulating data", Journal of the Royal Statistical Society A 132 (1969), carried over to t.
    """
    edges = _edges()
    levels = np.empty_like(spent)
    levels[:, 0] = spent[:, 0]
    # The mass of each cell of p-values, of those that have not rejected yet.
    mass = np.repeat(np.diff(edges)[np.newaxis], len(spent), axis=0)
    for look in range(1, len(looks)):
        mass = mass * _share_above(levels[:, look - 1])
        mass = mass @ _transitions(looks[look - 1], looks[look])
        exits = np.concatenate([np.zeros((len(spent), 1)), np.cumsum(mass, axis=1)], axis=1)
        to_spend = spent[:, look] - spent[:, look - 1]
        levels[:, look] = [
            np.exp(np.interp(np.log(error), np.log(np.maximum(exit_, 1e-300)), np.log(np.maximum(edges, 1e-300))))
            for error, exit_ in zip(to_spend, exits, strict=True)
        ]
    return levels


@lru_cache(maxsize=1)
def _edges() -> NDArray[np.float64]:
    """Return the edges of the cells, even in the logarithm of the odds, with all that is beyond them in two more."""
    odds = np.linspace(np.log(LOWEST), -np.log1p(-HIGHEST), CELLS - 1)
    return np.concatenate([[0.0], 1 / (1 + np.exp(-odds)), [1.0]])


def _share_above(levels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return which share of each cell lies above each design's level, shape (designs, cells)."""
    edges = _edges()
    return np.clip((edges[1:] - levels[:, np.newaxis]) / np.diff(edges), 0, 1)


@lru_cache(maxsize=64)
def _transitions(before: int, after: int) -> NDArray[np.float64]:
    """Return from each cell of one look's p-values to each of the next's the probability, shape (cells, cells)."""
    from scipy.special import roots_jacobi, stdtr

    edges, new = _edges(), after - before
    middles = np.sqrt(np.maximum(edges[:-1], edges[1] / 2) * edges[1:])
    middles = np.where(middles > 0.5, (edges[:-1] + edges[1:]) / 2, middles)
    nodes, weights = roots_jacobi(NODES, new / 2 - 1, before / 2 - 1)
    share = ((1 + nodes) / 2)[:, np.newaxis]
    weights = weights / weights.sum()
    reached = np.empty((CELLS, CELLS + 1))
    wanted = _root_sum(edges[1:-1], after)
    for cell, root in enumerate(_root_sum(middles, before)):
        # Of the new values alone, the cosine of their angle to the diagonal: beyond 1 it is out of reach.
        cosine = np.clip((wanted - root * np.sqrt(share)) / np.sqrt((1 - share) * new), -1, 1)
        with np.errstate(divide="ignore"):
            beyond = stdtr(new - 1, -cosine * np.sqrt(new - 1) / np.sqrt(1 - cosine**2))
        reached[cell] = [0.0, *(weights @ beyond), 1.0]
    return np.diff(reached, axis=1)


def _root_sum(p_values: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    """Return R(n) at which a one-sided t-test of n values has these p-values."""
    from scipy.special import stdtrit

    statistic = -stdtrit(n - 1, p_values)
    return np.asarray(np.sqrt(n) * statistic / np.sqrt(statistic**2 + n - 1))
