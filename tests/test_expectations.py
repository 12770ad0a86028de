"""Expectations of results: what a study may claim, and which claims its summary breaks."""

import math
import pickle

import pytest
from resulting import make_record

from harness import (
    Settings,
    Study,
    UsageError,
    Variant,
    better_than_control,
    equivalent_to_control,
    finishes,
    raises,
    worse_than_control,
)
from harness.outcomes import ends, outcome

ROW = {
    "variant": "wide",
    "data": "mnist",
    "seeds": 5,
    "test_accuracy": 0.96,
    "test_loss": 0.12,
    "delta": -0.01,
}
ROW |= {"ci_low": -0.02, "ci_high": -0.005, "verdict": "worse"}


def study(expect, *, of_base=finishes()) -> Study:
    return Study("s", base=Settings(), variants=(Variant("wide", hidden=(512,), expect=expect),), expect=of_base)


def broken(expect, **cells) -> tuple[str, ...]:
    return outcome(study(expect), [ROW | cells]).broken


@pytest.mark.parametrize(
    "expect",
    [
        finishes(),
        finishes(accuracy_at_least=0.96, accuracy_at_most=0.96),
        finishes(loss_at_least=0.1, loss_at_most=0.12),
        worse_than_control(),
        finishes(accuracy_at_least=0.9) & worse_than_control(),
    ],
    ids=str,
)
def test_a_claim_that_holds_is_not_named(expect):
    assert broken(expect) == ()


@pytest.mark.parametrize(
    ("expect", "cells", "said"),
    [
        (
            finishes(accuracy_at_least=0.97),
            {},
            "wide: expected test accuracy at least 0.97; measured 0.96, the mean of 5 seeds.",
        ),
        (finishes(accuracy_at_most=0.9), {}, "at most 0.9; measured 0.96"),
        (finishes(loss_at_most=0.1), {}, "test loss at most 0.1; measured 0.12"),
        (finishes(accuracy_at_least=0.97), {"test_accuracy": math.nan}, "no seed measured it"),
        (better_than_control(), {}, "better than its control; the verdict is worse (difference -0.01 [-0.02, -0.005], 5 seeds)"),
        (worse_than_control(), {"verdict": "inconclusive"}, "the verdict is inconclusive"),
        (worse_than_control(), {"verdict": "identical"}, "the verdict is identical"),
        (worse_than_control(), {"verdict": "", "ci_high": 0.001}, "not shown"),
        (
            worse_than_control(),
            {"verdict": "", "delta": math.nan, "ci_low": math.nan},
            "no difference to judge",
        ),
        (equivalent_to_control(), {"verdict": "", "ci_low": -0.004, "ci_high": 0.001}, "not shown"),
    ],
    ids=lambda value: "" if isinstance(value, dict) else str(value),
)
def test_a_claim_that_is_not_shown_is_named_with_what_was_measured(expect, cells, said):
    (line,) = broken(expect, **cells)
    assert said in line


@pytest.mark.parametrize(
    ("expect", "cells"),
    [
        (worse_than_control(), {}),
        (better_than_control(), {"ci_low": 0.001, "ci_high": 0.01}),
        (equivalent_to_control(), {"ci_low": -0.002, "ci_high": 0.002}),
        (worse_than_control(), {"ci_low": None, "ci_high": None, "sample_low": -0.02, "sample_high": -0.01}),
    ],
    ids=lambda value: "" if isinstance(value, dict) else str(value),
)
def test_below_the_seeds_of_a_verdict_the_interval_decides(expect, cells):
    assert broken(expect, verdict="", **cells) == ()


def test_identical_counts_as_equivalent():
    assert broken(equivalent_to_control(), verdict="identical") == ()


def test_each_broken_claim_has_a_line_of_its_own():
    assert len(broken(finishes(accuracy_at_least=0.97, loss_at_most=0.1) & better_than_control())) == 3


def test_the_base_has_expectations_too():
    found = outcome(study(finishes(), of_base=finishes(accuracy_at_least=0.99)), [ROW | {"variant": "base"}])
    assert "base: expected test accuracy at least 0.99" in found.broken[0]


def test_claims_on_a_dataset_are_not_judged_on_its_stand_in():
    found = outcome(study(finishes(accuracy_at_least=0.97)), [ROW | {"data": "digits"}])
    assert not found.broken and found.unjudged == ("wide: what is expected of mnist was not judged on digits.",)


PASSED = make_record("wide", status="unexpected-pass", as_expected=False)


def test_a_trial_that_does_not_fail_as_it_should_is_named_with_what_was_expected():
    found = ends(study(raises("ValueError", or_diverges=True)), [PASSED, make_record("base")])
    assert found == ("wide seed 0: unexpected-pass; it was expected to raise ValueError, or diverge.",)


def test_an_error_that_is_not_expected_is_named_too():
    record = make_record("wide", status="failed", as_expected=False, error="ValueError: no")
    found = ends(study(finishes(accuracy_at_least=0.9)), [record])
    assert found == ("wide seed 0: failed (ValueError: no); it was expected to finish.",)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: finishes(accuracy_at_least=97), "expected a fraction from 0 to 1"),
        (lambda: finishes(loss_at_most=math.nan), "expected a finite number"),
        (lambda: finishes(accuracy_at_least="high"), "expected a fraction"),
        (lambda: raises("ValueError") & worse_than_control(), "no results"),
        (lambda: study(0.97), "expected for example finishes(accuracy_at_least=0.9)"),
        (lambda: study(finishes(), of_base=worse_than_control()), "the base has no control"),
    ],
)
def test_an_expectation_that_makes_no_sense_is_refused(make, said):
    with pytest.raises(UsageError) as caught:
        make()
    assert said in str(caught.value)


def test_an_expectation_survives_pickling_and_reads_as_a_sentence():
    expect = finishes(accuracy_at_least=0.97) & worse_than_control()
    assert pickle.loads(pickle.dumps(expect)) == expect
    assert str(expect) == "finishes, test accuracy at least 0.97, worse than its control"
