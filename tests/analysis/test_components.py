"""Variance components of crossed designs: against statsmodels, its REML too, and their intervals by simulation."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.formula.api import mixedlm, ols
from statsmodels.stats.anova import anova_lm

from harness.analysis.components import dominant, error_of_mean, mean_squares, variance_components

pytestmark = pytest.mark.quick


def drawn(random, shape, spreads):
    """Values of a crossed design: spreads: by the axes that an effect has, its standard deviation."""
    values = np.zeros(shape)
    for axes, spread in spreads.items():
        sizes = [size if axis in axes else 1 for axis, size in enumerate(shape)]
        values = values + spread * random.normal(size=sizes)
    return values


def test_the_mean_squares_are_those_of_statsmodels():
    values = drawn(np.random.default_rng(0), (3, 4, 2), {(0,): 2.0, (1,): 1.0, (0, 1): 0.5, (0, 1, 2): 0.3})
    a, b, c = np.indices(values.shape)
    frame = pd.DataFrame({"a": a.ravel(), "b": b.ravel(), "c": c.ravel(), "y": values.ravel()}).astype(
        dict.fromkeys("abc", str)
    )
    table = anova_lm(ols("y ~ a + b + c + a:b + a:c + b:c", frame).fit())
    names = {(0,): "a", (1,): "b", (2,): "c", (0, 1): "a:b", (0, 2): "a:c", (1, 2): "b:c", (0, 1, 2): "Residual"}
    theirs = table["sum_sq"] / table["df"]
    for axes, found in mean_squares(values).items():
        assert found.value == pytest.approx(theirs[names[axes]])
        assert found.freedom == table["df"][names[axes]]


def test_the_components_are_those_of_reml_where_none_is_below_zero():
    values = drawn(np.random.default_rng(1), (6, 5), {(0,): 2.0, (1,): 1.0, (0, 1): 0.5})
    a, b = (index.ravel() for index in np.indices(values.shape))
    frame = pd.DataFrame({"a": a, "b": b, "y": values.ravel(), "all": 1})
    fit = mixedlm("y ~ 1", frame, groups="all", re_formula="0", vc_formula={"a": "0 + C(a)", "b": "0 + C(b)"}).fit(reml=True)
    theirs = dict(zip(fit.model.exog_vc.names, fit.vcomp, strict=True))
    found = {part.factors: part.variance for part in variance_components(values, ("a", "b"))}
    assert found["a",] == pytest.approx(theirs["a"], rel=1e-3) and found["b",] == pytest.approx(theirs["b"], rel=1e-3)
    assert found["a", "b"] == pytest.approx(fit.scale, rel=1e-3)


def test_a_published_two_way_table():
    # By hand: rows of means 2, 4, 6 and columns of 3, 5, with no interaction: all of the spread is theirs.
    found = {part.factors: part for part in variance_components([[1, 3], [3, 5], [5, 7]], ("row", "column"))}
    assert found["row",].variance == pytest.approx(4) and found["column",].variance == pytest.approx(2)
    assert found["row", "column"].variance == pytest.approx(0) and found["row",].share == pytest.approx(2 / 3)


SPREADS = [
    {(0,): 1.0, (1,): 0.5, (2,): 0.2, (0, 1): 0.3, (0, 1, 2): 0.5},
    {(0,): 0.3, (0, 1, 2): 1.0},
    {(0,): 2.0, (1,): 2.0, (0, 1, 2): 0.2},
]


@pytest.mark.parametrize("spreads", SPREADS)
def test_the_intervals_cover_the_true_components(spreads):
    random = np.random.default_rng(2)
    covered = np.zeros(3)
    for _ in range(400):
        parts = variance_components(drawn(random, (4, 4, 4), spreads), "abc")
        for axis in range(3):
            covered[axis] += parts[axis].low <= spreads.get((axis,), 0.0) ** 2 <= parts[axis].high
    assert (covered / 400 > 0.92).all()


def test_estimates_are_right_on_average():
    random = np.random.default_rng(3)
    spreads = {(0,): 1.0, (1,): 0.7, (0, 1): 0.4, (0, 1, 2): 0.5}
    mean = np.mean(
        [[part.variance for part in variance_components(drawn(random, (6, 6, 6), spreads), "abc")] for _ in range(600)], axis=0
    )
    assert mean[0] == pytest.approx(1.0, abs=0.1) and mean[1] == pytest.approx(0.49, abs=0.07)
    assert mean[-1] == pytest.approx(0.25, abs=0.02) and mean[2] < 0.02


def test_values_without_a_spread_have_no_shares():
    assert all(part.share is None and part.high == 0 for part in variance_components(np.ones((3, 3)), "ab"))


@pytest.mark.parametrize("values", [[[1.0, 2.0]], [1.0, 2.0], [[1.0, np.nan], [2.0, 3.0]]])
def test_too_few_levels_and_missing_values_are_refused(values):
    with pytest.raises(ValueError, match="at least two levels of each"):
        variance_components(values, ("a", "b"))


def test_what_stays_fixed_stays_in_the_mean():
    parts = variance_components([[1, 3], [3, 5], [5, 7]], ("init", "order"))
    assert error_of_mean(parts, (), 6) == (pytest.approx(1.0), 0.0)
    assert error_of_mean(parts, ("order",), 4) == (pytest.approx(1.0), pytest.approx(2**0.5))
    assert list(dominant(parts)) == ["init", "order"]
