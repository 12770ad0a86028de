"""How much of the spread of a crossed design comes from each of its factors: an analysis of variance with random effects."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import prod, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

from harness.analysis.statistics import CONFIDENCE, check_confidence

Factors = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Component:
    """The variance that one factor, or several together, adds to a value; never below zero.

    low, high: its interval. share: of the sum of all components; None where there is no spread at all.
    """

    factors: Factors
    variance: float
    low: float
    high: float
    share: float | None

    @property
    def std(self) -> float:
        """Its standard deviation, in the unit of the values."""
        return sqrt(self.variance)


@dataclass(frozen=True, slots=True)
class MeanSquare:
    """The mean square of a set of factors, and its degrees of freedom."""

    value: float
    freedom: int


def variance_components(values: ArrayLike, factors: Sequence[str], *, confidence: float = CONFIDENCE) -> list[Component]:
    """Return the components of a balanced crossed design with one value a cell, single factors first.

    values: one axis a factor, each of at least two levels, finite. All factors are random: their levels are drawn from many.
    The last component, that of all factors together, holds whatever else there is. With the levels n_f, the mean square of a
    set U of factors has the expectation Σ σ²_W · Π n_f over f not in W, for all sets W that hold U: solved from the whole set
    down (Searle, Casella and McCulloch, "Variance components" (1992), section 4.3). Intervals are those for sums and
    differences of mean squares of Ting, Burdick, Graybill, Jeyaratnam and Lu, "Confidence intervals on linear combinations of
    variance components", Journal of Statistical Computation and Simulation 35 (1990).
    """
    check_confidence(confidence)
    table = np.asarray(values, dtype=float)
    if table.ndim != len(factors) or len(factors) < 2 or min(table.shape) < 2 or not np.isfinite(table).all():
        raise ValueError(
            f"values have shape {table.shape} for the factors {', '.join(factors)}; expected finite numbers, "
            "and at least two levels of each of at least two factors."
        )
    axes = range(table.ndim)
    sets = [chosen for size in range(1, table.ndim + 1) for chosen in combinations(axes, size)]
    squares = mean_squares(table)
    found, rows = {}, []
    for chosen in sets:
        others = prod(table.shape[axis] for axis in axes if axis not in chosen)
        # Inclusion and exclusion over the sets that hold it: one of each other factor more changes the sign.
        weights = {
            other: (-1) ** (len(other) - len(chosen)) / others for other in sets if {*chosen} <= {*other}
        }  # fmt: skip
        estimate = sum(weight * squares[other].value for other, weight in weights.items())
        low, high = _interval([(weight, squares[other]) for other, weight in weights.items()], estimate, confidence)
        found[chosen] = max(estimate, 0.0)
        rows.append((chosen, max(low, 0.0), max(high, 0.0)))
    whole = sum(found.values())
    return [
        Component(tuple(factors[axis] for axis in chosen), found[chosen], low, high, found[chosen] / whole if whole else None)
        for chosen, low, high in rows
    ]


def mean_squares(table: NDArray[np.float64]) -> dict[tuple[int, ...], MeanSquare]:
    """Return the mean square of each set of axes of a balanced design with one value a cell."""
    axes = range(table.ndim)
    effects: dict[tuple[int, ...], NDArray[np.float64]] = {(): table.mean(keepdims=True)}
    found = {}
    for size in range(1, table.ndim + 1):
        for chosen in combinations(axes, size):
            averaged = tuple(axis for axis in axes if axis not in chosen)
            within = [below for below in effects if {*below} < {*chosen}]
            effect = table.mean(axis=averaged, keepdims=True) - sum(effects[below] for below in within)
            effects[chosen] = effect
            freedom = prod(table.shape[axis] - 1 for axis in chosen)
            times = prod(table.shape[axis] for axis in averaged)
            found[chosen] = MeanSquare(times * float((effect**2).sum()) / freedom, freedom)
    return found


def _interval(terms: Sequence[tuple[float, MeanSquare]], estimate: float, confidence: float) -> tuple[float, float]:
    """Return the interval for a sum of mean squares with these weights, some of them negative."""
    above = [(weight * square.value, square.freedom) for weight, square in terms if weight > 0]
    below = [(-weight * square.value, square.freedom) for weight, square in terms if weight < 0]
    tail = (1 - confidence) / 2
    down = _reach(above, below, tail)
    up = _reach(below, above, tail)
    return estimate - sqrt(max(down, 0.0)), estimate + sqrt(max(up, 0.0))


def _reach(plus: Sequence[tuple[float, int]], minus: Sequence[tuple[float, int]], tail: float) -> float:
    """Return the squared distance to the lower limit of Σ plus - Σ minus; with both exchanged, to its upper limit.

    The terms of Ting and others: G and H make the limit exact where there is one mean square, G_qr where there are two of
    different signs, and the last sum where there are several of one sign.
    """
    total = sum((_g(freedom, tail) * value) ** 2 for value, freedom in plus)
    total += sum((_h(freedom, tail) * value) ** 2 for value, freedom in minus)
    for value, freedom in plus:
        for other, its in minus:
            ratio = _f_upper(tail, freedom, its)
            cross = ((ratio - 1) ** 2 - (_g(freedom, tail) * ratio) ** 2 - _h(its, tail) ** 2) / ratio
            total += cross * value * other
    for (value, freedom), (other, its) in combinations(plus, 2):
        both = freedom + its
        pair = _g(both, tail) ** 2 * both**2 / (freedom * its)
        pair -= _g(freedom, tail) ** 2 * freedom / its + _g(its, tail) ** 2 * its / freedom
        total += pair * value * other / (len(plus) - 1)
    return total


def _g(freedom: int, tail: float) -> float:
    from scipy.special import chdtri

    return 1 - freedom / float(chdtri(freedom, tail))


def _h(freedom: int, tail: float) -> float:
    from scipy.special import chdtri

    return freedom / float(chdtri(freedom, 1 - tail)) - 1


def _f_upper(tail: float, over: int, under: int) -> float:
    from scipy.special import fdtri

    return float(fdtri(over, under, 1 - tail))


def error_of_mean(components: Sequence[Component], fixed: Sequence[str], seeds: int) -> tuple[float, float]:
    """Return the standard error of a mean over so many trials that move all factors but these, and what these leave in it.

    The trials move the other factors along with their number, each at a level of its own. What the fixed ones have at their one
    level is in the mean whole, however many trials there are: (what is seen between the trials, what is not).
    """
    moved = sum(part.variance for part in components if not {*part.factors} <= {*fixed})
    left = sum(part.variance for part in components if {*part.factors} <= {*fixed})
    return sqrt(moved / seeds), sqrt(left)


def dominant(components: Sequence[Component]) -> Mapping[str, float]:
    """Return the share of each factor by itself, the largest first."""
    alone = {part.factors[0]: part.share or 0.0 for part in components if len(part.factors) == 1}
    return dict(sorted(alone.items(), key=lambda item: -item[1]))
