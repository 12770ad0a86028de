"""Group-sequential tests, held against published boundaries, against simulation and against the plain Holm rule."""

import numpy as np
import pytest
from hypothesis import given, strategies
from scipy import stats

from harness.analysis.sequential import (
    ERRORS,
    OBRIEN_FLEMING,
    POCOCK,
    SPENDING,
    level_at,
    levels,
    repeated_p,
    shares,
    spent,
    weighted_holm,
)
from harness.analysis.statistics import holm

pytestmark = pytest.mark.quick

BY_DEFAULT = (5, 10, 20, 40)
STUDIES = 100_000


def normal_boundaries(spending: str, error: float, looks: int) -> list[float]:
    """Return the one-sided boundaries of z at equally spaced looks, by Armitage, McPherson and Rowe's recursion, for normal
    increments: an integration of its own, which knows of the harness only what each look spends.
    """
    grid = np.linspace(-10, 10, 2001)
    step = grid[1] - grid[0]
    to_spend = np.diff(spent(error, range(1, looks + 1), spending)[0], prepend=0.0)
    density, found = stats.norm.pdf(grid), []
    kernel = stats.norm.pdf(grid[:, np.newaxis] - grid) * step
    for look, error_here in enumerate(to_spend, start=1):
        tail = np.cumsum(density[::-1])[::-1] * step
        sum_at = np.interp(-error_here, -tail, grid) - step / 2
        found.append(sum_at / np.sqrt(look))
        density = kernel @ np.where(grid < sum_at, density, 0.0)
    return found


@pytest.mark.parametrize(
    ("spending", "published"),
    [(OBRIEN_FLEMING, (4.333, 2.963, 2.359, 2.014)), (POCOCK, (2.368, 2.368, 2.358, 2.350))],
)
def test_what_is_spent_gives_lan_and_demets_published_boundaries(spending: str, published: tuple[float, ...]) -> None:
    # Two-sided 5% at four equally spaced looks: Reboussin, DeMets, Kim and Lan, Controlled Clinical Trials 21 (2000).
    assert normal_boundaries(spending, 0.025, 4) == pytest.approx(published, abs=0.003)


@pytest.mark.parametrize("spending", SPENDING)
def test_all_of_the_error_is_spent_at_the_last_look_and_none_of_it_twice(spending: str) -> None:
    assert spent(ERRORS, BY_DEFAULT, spending)[:, -1] == pytest.approx(ERRORS)
    assert (shares(BY_DEFAULT, spending) >= 0).all()
    assert shares(BY_DEFAULT, spending).sum(axis=1) == pytest.approx(ERRORS)


@pytest.mark.parametrize("spending", SPENDING)
@pytest.mark.parametrize("looks", [BY_DEFAULT, (5, 10, 15, 20, 30, 40), (10, 50)])
def test_a_level_never_falls_where_more_error_is_allowed(looks: tuple[int, ...], spending: str) -> None:
    # Else the smallest error at which a look rejects were no p-value.
    significant = ERRORS <= 0.05
    assert (np.diff(levels(looks, spending)[significant], axis=0) >= 0).all()


@pytest.mark.parametrize("spending", SPENDING)
def test_the_levels_of_many_seeds_are_those_of_normal_increments(spending: str) -> None:
    seeds = (400, 800, 1200, 1600)
    nominal = [level_at(0.025, seeds, spending, look=look) for look in range(4)]
    expected = stats.norm.sf(normal_boundaries(spending, 0.025, 4))
    assert nominal == pytest.approx(expected, rel=0.05)


def t_tests(looks: tuple[int, ...], *, seed: int = 0) -> np.ndarray:
    """Return the one-sided p-values of many studies without an effect at each look, shape (studies, looks)."""
    values = np.random.default_rng(seed).standard_normal((STUDIES, looks[-1]))
    p_values = []
    for look in looks:
        upto = values[:, :look]
        statistic = upto.mean(axis=1) / upto.std(axis=1, ddof=1) * np.sqrt(look)
        p_values.append(stats.t.sf(statistic, look - 1))
    return np.stack(p_values, axis=1)


@pytest.mark.parametrize("spending", SPENDING)
@pytest.mark.parametrize("looks", [BY_DEFAULT, (5, 10)])
def test_looking_again_errs_as_often_as_declared_from_five_seeds_on(looks: tuple[int, ...], spending: str) -> None:
    found = repeated_p(t_tests(looks), looks, spending)
    for error in (0.05, 0.01):
        rate, chance = (found <= error).mean(), np.sqrt(error / STUDIES)
        assert error * 0.97 - 3 * chance < rate < error + 3 * chance  # all of it, and no more


def test_looks_too_close_to_be_integrated_have_what_they_spend_and_err_no_more() -> None:
    looks = (5, 6, 8, 10)
    assert levels(looks, POCOCK) == pytest.approx(shares(looks, POCOCK))
    assert (repeated_p(t_tests(looks), looks, POCOCK) <= 0.05).mean() < 0.05


@given(strategies.lists(strategies.floats(0, 1), min_size=2, max_size=4), strategies.sampled_from(sorted(SPENDING)))
def test_a_further_look_never_takes_a_rejection_back(p_values: list[float], spending: str) -> None:
    before, after = (float(repeated_p(p_values[:count], BY_DEFAULT, spending)) for count in (len(p_values) - 1, len(p_values)))
    assert 0 <= after <= before <= 1


@given(strategies.floats(1e-12, 1), strategies.sampled_from(sorted(SPENDING)))
def test_bonferroni_s_levels_are_never_below_the_exact_ones(p_value: float, spending: str) -> None:
    looks = [float("nan"), p_value]
    exact, plain = (float(repeated_p(looks, BY_DEFAULT, spending, complete=complete)) for complete in (True, False))
    assert exact <= plain * 1.02


@given(strategies.lists(strategies.floats(0, 1), min_size=1, max_size=8))
def test_equal_weights_are_the_rule_of_holm(p_values: list[float]) -> None:
    weights = np.full(len(p_values), 1 / len(p_values))
    assert weighted_holm(p_values, weights) == pytest.approx(np.array(holm(p_values), dtype=float), abs=1e-12)


def test_weights_share_the_error_out() -> None:
    # By hand: 0.01 / 0.8 is the smaller ratio, of all the weight; then 0.04 / 0.2 of the weight that is left.
    assert weighted_holm([0.01, 0.04], [0.8, 0.2]) == pytest.approx([0.0125, 0.04])


def test_five_of_forty_seeds_have_next_to_nothing_to_spend_by_obrien_and_fleming() -> None:
    assert level_at(0.025, BY_DEFAULT, OBRIEN_FLEMING, look=0) < 1e-8
    assert level_at(0.025, BY_DEFAULT, POCOCK, look=0) == pytest.approx(0.004864, rel=0.01)
