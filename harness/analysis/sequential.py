"""Tests that are looked at again as seeds are added: what each look may spend of the error, and Holm's rule over them.

A group-sequential test of one hypothesis becomes a p-value: the smallest error in all at which a look so far has
rejected. It may be read after any look, and whoever stops at one errs no more often than who never does. Holm's rule
over such p-values holds the family-wise error under any dependence, whichever variant stops when (Liu and Anderson,
"On adaptive extensions of group sequential trials for clinical investigations", JASA 103 (2008); Maurer and Bretz,
"Multiple testing in group sequential trials using graphical approaches", Statistics in Biopharmaceutical Research 5
(2013)).
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from harness.analysis.t_process import FEWEST_NEW, exit_levels

POCOCK, OBRIEN_FLEMING = "pocock", "obrien-fleming"
# Errors, of one side, at which the levels are integrated; in between they are interpolated.
ERRORS = np.geomspace(1e-9, 0.5, 48)


def _pocock(error: NDArray[np.float64], fraction: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(error * np.log1p((np.e - 1) * fraction))


def _obrien_fleming(error: NDArray[np.float64], fraction: NDArray[np.float64]) -> NDArray[np.float64]:
    from scipy.special import ndtr, ndtri

    return np.asarray(2 * ndtr(ndtri(error / 2) / np.sqrt(fraction)))


SPENDING: Mapping[str, Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]] = {
    POCOCK: _pocock,
    OBRIEN_FLEMING: _obrien_fleming,
}


def spent(error: ArrayLike, looks: Sequence[int], spending: str) -> NDArray[np.float64]:
    """Return the one-sided error that is spent up to and including each look, shape (errors, looks).

    error: in all, shape (errors,). looks: numbers of seeds, the last being all that there may be. Pocock-like:
    α log(1 + (e - 1) t); O'Brien-Fleming-like: 2 - 2 Φ(z(1 - α/2) / √t), at the share t of all seeds. Source: Lan and DeMets,
    "Discrete sequential boundaries for clinical trials", Biometrika 70 (1983).
    """
    fractions = np.asarray(looks, dtype=float) / looks[-1]
    return SPENDING[spending](np.atleast_1d(np.asarray(error, dtype=float))[:, np.newaxis], fractions)


def shares(looks: Sequence[int], spending: str, error: ArrayLike = ERRORS) -> NDArray[np.float64]:
    """Return what each look spends by itself, shape (errors, looks).

    Taken for its level, this errs no more than is wished, whatever the tests and however they depend (Bonferroni).
    """
    return np.diff(spent(error, looks, spending), axis=1, prepend=0.0)


@lru_cache(maxsize=32)
def levels(looks: tuple[int, ...], spending: str) -> NDArray[np.float64]:
    """Return at which one-sided p-value of a t-test each look rejects, shape (ERRORS, looks).

    Where looks follow each other too closely to be integrated, each has what it spends.
    """
    if looks[0] < FEWEST_NEW or any(after - before < FEWEST_NEW for before, after in pairwise(looks)):
        return shares(looks, spending)
    return exit_levels(looks, spent(ERRORS, looks, spending))


def repeated_p(
    p_values: ArrayLike, looks: Sequence[int], spending: str, *, complete: bool = True, discrete: bool = False
) -> NDArray[np.float64]:
    """Return the smallest one-sided error in all at which a look so far has rejected; shape (…,), p_values (…, looks so far).

    looks: of the whole design. NaN: a look without a test. complete: whether each look has all of its seeds, as the levels
    of the t process suppose. discrete: of other tests than t; for these, and where seeds are lacking, Bonferroni's levels hold.
    """
    values = np.asarray(p_values, dtype=float)
    table = levels(tuple(looks), spending) if complete and not discrete else shares(looks, spending)
    found = np.ones(values.shape[:-1])
    for look in range(values.shape[-1]):
        level = np.maximum.accumulate(table[:, look])
        value = np.where(np.isnan(values[..., look]), 1.0, np.clip(values[..., look], 1e-300, 1.0))
        # Below the table the share of the error that a look has is the lowest one's; above it, nothing is rejected.
        logarithm = np.interp(np.log(value), np.log(np.maximum(level, 1e-300)), np.log(ERRORS), right=0.0)
        below = value < level[0]
        error = np.where(below, np.minimum(ERRORS[0], value * ERRORS[0] / max(level[0], 1e-300)), np.exp(logarithm))
        found = np.minimum(found, np.where(value > level[-1], 1.0, error))
    return found


def level_at(error: float, looks: tuple[int, ...], spending: str, *, look: int = -1) -> float:
    """Return the one-sided level of a look of a design that errs so much in all; by default of the last look."""
    table = levels(looks, spending)[:, look]
    return float(np.exp(np.interp(np.log(error), np.log(ERRORS), np.log(np.maximum(table, 1e-300)))))


def weighted_holm(p_values: ArrayLike, weights: ArrayLike) -> NDArray[np.float64]:
    """Return Holm's adjusted p-values of hypotheses that share the error by weight; shape (…, hypotheses) both.

    A hypothesis without a test has the p-value 1 and keeps its share: which ones there are is declared before the first
    look, and what a look shows must not change it. Source: Holm (1979), section 4.
    """
    values = np.asarray(p_values, dtype=float)
    wanted = np.broadcast_to(np.asarray(weights, dtype=float), values.shape)
    order = np.argsort(values / wanted, axis=-1, kind="stable")
    first = np.take_along_axis(values / wanted, order, axis=-1)
    ordered = np.take_along_axis(wanted, order, axis=-1)
    left = np.cumsum(ordered[..., ::-1], axis=-1)[..., ::-1]
    stepped = np.maximum.accumulate(np.minimum(1.0, first * left), axis=-1)
    adjusted = np.empty_like(values)
    np.put_along_axis(adjusted, order, stepped, axis=-1)
    return adjusted
