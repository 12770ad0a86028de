"""Expectations of results: what a study may claim, and which claims its summary breaks."""

import math
import pickle
from dataclasses import replace

import pytest
from resulting import make_record

from harness import (
    Settings,
    Study,
    UsageError,
    Variant,
    better_than_control,
    diverges,
    equivalent_to_control,
    finishes,
    raises,
    worse_than_control,
)
from harness.analysis.judging import ends, outcome
from harness.analysis.record_matching import as_declared
from harness.analysis.summary import summary_table

pytestmark = pytest.mark.quick

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
        (
            better_than_control(),
            {},
            "better than its control; the verdict is worse (difference -0.01 [-0.02, -0.005], 5 seeds)",
        ),
        (worse_than_control(), {"verdict": "inconclusive"}, "the verdict is inconclusive"),
        (worse_than_control(), {"verdict": "identical"}, "the verdict is identical"),
    ],
    ids=lambda value: "" if isinstance(value, dict) else str(value),
)
def test_a_claim_that_is_not_shown_is_named_with_what_was_measured(expect, cells, said):
    (line,) = broken(expect, **cells)
    assert said in line


@pytest.mark.parametrize("expect", [worse_than_control(), better_than_control(), equivalent_to_control()], ids=str)
@pytest.mark.parametrize(
    "cells",
    [
        {"seeds": 4, "pairs": 4},
        {"seeds": 1, "pairs": 1, "ci_low": None, "ci_high": None, "sample_low": -0.02, "sample_high": -0.01},
        {"seeds": 1, "pairs": math.nan, "delta": math.nan},
    ],
    ids=["four", "one", "none"],
)
def test_below_the_seeds_of_a_verdict_a_claim_against_the_control_is_not_judged(expect, cells):
    found = outcome(study(expect), [ROW | {"verdict": "", "verdict_detail": "intervals only"} | cells])
    assert found.broken == () and found.unjudged == (f"wide: claim not checked: {expect.claims[0]} (needs 5 seeds).",)
    assert found.open == {("wide", str(expect.claims[0])): "needs 5 seeds"}


def test_a_claim_is_not_judged_where_no_number_of_seeds_gives_a_verdict():
    cells = {"verdict": "", "verdict_detail": "no verdict: tested on fashion, not mnist", "pairs": 5}
    found = outcome(study(worse_than_control()), [ROW | cells])
    assert found.broken == () and "(no verdict: tested on fashion, not mnist)." in found.unjudged[0]


@pytest.mark.parametrize("pairs", [1, 4, math.nan])
@pytest.mark.parametrize("why", ["no verdict: tested on other samples than base", "confounded: differs also in epochs"])
def test_of_few_seeds_as_well_the_reason_is_said_that_more_would_not_change(why, pairs):
    cells = {"verdict": "", "verdict_detail": why, "pairs": pairs, "seeds": 1}
    assert outcome(study(worse_than_control()), [ROW | cells]).open == {("wide", "worse than its control"): why}


def test_a_limit_of_the_mean_is_held_against_however_few_seeds():
    expect = finishes(accuracy_at_least=0.97) & worse_than_control()
    found = outcome(study(expect), [ROW | {"seeds": 1, "pairs": 1, "verdict": ""}])
    assert found.broken == ("wide: expected test accuracy at least 0.97; measured 0.96, the mean of 1 seed.",)
    assert [*found.open] == [("wide", "worse than its control")]


@pytest.mark.parametrize(("seeds", "claims"), [(4, "not judged: better than its control (needs 5 seeds)"), (5, "shown")])
def test_the_summary_judges_claims_by_the_same_rule(seeds, claims):
    records = [replace(make_record("wide", seed), expectation="finishes, better than its control") for seed in range(seeds)]
    row = summary_table([*(make_record(seed=seed) for seed in range(seeds)), *records]).set_index("variant").loc["wide"]
    assert row.claims == claims and row.as_expected


def test_identical_counts_as_equivalent():
    assert broken(equivalent_to_control(), verdict="identical") == ()


def test_each_broken_claim_has_a_line_of_its_own():
    assert len(broken(finishes(accuracy_at_least=0.97, loss_at_most=0.1) & better_than_control())) == 3


def test_the_base_has_expectations_too():
    found = outcome(study(finishes(), of_base=finishes(accuracy_at_least=0.99)), [ROW | {"variant": "base"}])
    assert "base: expected test accuracy at least 0.99" in found.broken[0]


def test_claims_on_a_dataset_are_not_judged_on_its_stand_in():
    found = outcome(study(finishes(accuracy_at_least=0.97)), [ROW | {"data": "digits"}])
    assert not found.broken and found.unjudged == ("wide: claims not checked: they are about mnist, and it ran on digits.",)


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


def summary_row(**values):
    records = [replace(make_record("wide", seed, accuracy=0.98), **values) for seed in range(5)]
    return summary_table([*(make_record(seed=seed) for seed in range(5)), *records]).set_index("variant").loc["wide"]


def test_a_broken_claim_is_not_as_expected_in_the_summary():
    row = summary_row(expectation="finishes, test accuracy at least 0.99")
    assert not row.as_expected and row.claims.startswith("broken: test accuracy at least 0.99 (measured 0.98")


def test_a_claim_that_is_shown_is_as_expected_in_the_summary():
    row = summary_row(expectation="finishes, test accuracy at least 0.9, better than its control")
    assert row.as_expected and row.claims == "shown"


def test_claims_on_a_stand_in_are_not_judged_in_the_summary():
    row = summary_row(expectation="finishes, test accuracy at least 0.99", data={"name": "mnist", "used": "digits"})
    assert row.as_expected and row.claims == "not judged"


@pytest.mark.parametrize(("used", "status"), [("mnist", "unexpected-pass"), ("digits", "ok")])
def test_what_diverges_on_one_dataset_may_finish_on_its_stand_in(used, status):
    record = replace(make_record("wide"), data={"name": "mnist", "used": used})
    judged = as_declared(record, study(diverges()), position=1)
    assert (judged.status, judged.as_expected) == (status, status == "ok")
    told = outcome(study(diverges()), [ROW | {"status": judged.status, "data": used}]).unjudged
    assert told == (("wide: not checked whether it diverges on mnist: it ran on digits.",) if used == "digits" else ())
    shape_error = study(raises("ValueError", or_diverges=True))
    assert not as_declared(record, shape_error, position=1).as_expected


def test_a_control_on_a_stand_in_leaves_a_claim_against_it_open():
    controls = [replace(make_record(seed=seed), data={"name": "mnist", "used": "digits"}) for seed in range(5)]
    records = [replace(make_record("wide", seed), expectation="finishes, worse than its control") for seed in range(5)]
    assert summary_table([*controls, *records]).set_index("variant").loc["wide"].claims == "not judged"
    rows = [ROW | {"variant": "base", "data": "digits"}, ROW]
    found = outcome(study(better_than_control()), rows)
    assert not found.broken and found.unjudged == ("wide: claims not checked: its control ran on digits, not on mnist.",)


def test_a_base_that_was_changed_leaves_every_claim_open_and_a_variant_from_such_a_run_none():
    changed = {"provenance": {"base_changes": {"epochs": 1}}}
    expected = {"expectation": "finishes, test accuracy at least 0.99"}
    for of_base, of_wide, said in ((changed, {}, "not judged"), ({}, changed, "broken")):
        records = [replace(make_record(seed=seed), **of_base) for seed in range(5)]
        records += [replace(make_record("wide", seed, accuracy=0.98), **of_wide, **expected) for seed in range(5)]
        assert summary_table(records).set_index("variant").loc["wide"].claims.startswith(said)


def test_what_is_not_judged_for_one_reason_is_one_line():
    rows = [ROW | {"variant": "base", "data": "digits"}, ROW | {"data": "digits"}]
    found = outcome(study(worse_than_control(), of_base=finishes(accuracy_at_least=0.9)), rows)
    assert found.unjudged == ("base, wide: claims not checked: they are about mnist, and it ran on digits.",)
    assert {name for name, _ in found.open} == {"base", "wide"}
