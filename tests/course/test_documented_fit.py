import math

import numpy as np
import pytest
from scipy import stats

from harness.course.documented_fit import Fit, explanations, joint_fit, t_log_density

pytestmark = pytest.mark.quick

ROUNDING = 0.00005


def fit(values: list[float], runs: np.ndarray, *, rounding: float = ROUNDING) -> Fit | None:
    return joint_fit(values, list(np.transpose(runs)), rounding=[rounding] * len(values))


def test_t_log_density_agrees_with_scipy() -> None:
    assert t_log_density(2.5, 4) == pytest.approx(stats.t.logpdf(2.5, 4), rel=1e-12)


@pytest.mark.parametrize("correlation", [0.0, 0.9])
def test_a_further_run_is_refused_in_at_most_5_percent_however_its_figures_depend(correlation: float) -> None:
    rng = np.random.default_rng(1)
    covariance = np.full((8, 8), correlation) + (1 - correlation) * np.eye(8)
    runs = rng.multivariate_normal(np.zeros(8), covariance, size=(1000, 6))
    refused = [not fit(study[5].tolist(), study[:5]).plausible for study in runs]
    assert np.mean(refused) <= 0.05


def test_one_figure_far_out_among_many_is_refused() -> None:
    runs = np.random.default_rng(2).normal(0.5, 0.01, (5, 8))
    values = runs.mean(axis=0).tolist()
    assert fit(values, runs).plausible
    assert not fit([*values[:-1], 0.7], runs).plausible


def test_runs_without_spread_fit_what_rounds_to_them() -> None:
    runs = np.full((3, 2), 0.12344)
    assert fit([0.1234, 0.1234], runs).plausible
    assert not fit([0.1234, 0.1334], runs).plausible


def test_whole_numbers_without_spread_or_rounding_are_comparable() -> None:
    assert fit([3.0], np.full((3, 1), 3.0), rounding=0.0).plausible


def test_two_seeds_are_too_few() -> None:
    assert fit([0.5], np.array([[0.5], [0.6]])) is None


def test_no_figures_are_no_fit() -> None:
    assert joint_fit([], [], rounding=[]) is None


def test_runs_that_allow_anything_have_a_lower_density() -> None:
    rng = np.random.default_rng(4)
    sharp, vague = rng.normal(0.5, 0.01, (5, 6)), rng.normal(0.5, 0.3, (5, 6))
    assert fit([0.5] * 6, vague).plausible
    assert fit([0.5] * 6, sharp).log_density > fit([0.5] * 6, vague).log_density + 10


def test_explanations_are_ordered_by_likelihood() -> None:
    others = {"far": Fit(False, 9.0), "good": Fit(True, 4.0), "best": Fit(True, 5.0), "vague": Fit(True, 1.0)}
    assert explanations(Fit(False, -50.0), others | {"few": None}) == ("best", "good")


@pytest.mark.parametrize("own", [None, Fit(True, -math.inf)])
def test_what_fits_or_is_unknown_needs_no_explanation(own: Fit | None) -> None:
    assert explanations(own, {"other": Fit(True, 5.0)}) == ()


def test_no_explanation_is_given_where_nothing_fits() -> None:
    assert explanations(Fit(False, -50.0), {"other": Fit(False, -40.0)}) == ()
