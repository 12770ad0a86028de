"""A study with a design: what each look sees, which variants are settled, and what the words allow for."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from plain_records import record

from harness.analysis.comparison import Comparison, compare_study
from harness.analysis.conclusions import conclude
from harness.analysis.design import Design, Looks, looks_up_to
from harness.analysis.settling import GIVEN_UP, GOES_ON, NOT_JUDGED, SETTLED, STUCK, Standing, seeds_wanted
from harness.analysis.summary import summary_table
from harness.errors import UsageError
from harness.records.record import DIVERGED, FAILED, INTERRUPTED, Record
from harness.study.claims import BETTER, EQUIVALENT, IDENTICAL, WORSE
from harness.study.metrics import ACCURACY

pytestmark = pytest.mark.quick

NAMES = ("big", "none", "other")
DESIGN = Design(family=NAMES, metric=ACCURACY.column, margin=ACCURACY.margin)
Group = dict[str, list[Record]]


def study(seeds: int, *, spread: float = 0.004, **shifts: float) -> Group:
    """Return records of a base and of variants that lie so far off it, by values of one and the same seeds."""
    rng = np.random.default_rng(3)
    base, noise = 0.9 + rng.normal(0, 0.002, 100), {name: rng.normal(0, spread, 100) for name in sorted(shifts)}
    groups = {"base": [record("base", seed, base[seed]) for seed in range(seeds)]}
    for name, shift in shifts.items():
        groups[name] = [record(name, seed, base[seed] + shift + noise[name][seed]) for seed in range(seeds)]
    return groups


def judged(groups: Group, design: Design = DESIGN, name: str = "big") -> Comparison:
    return compare_study(groups, design=design)[name]


def standing(found: Comparison) -> Standing:
    assert found.standing is not None
    return found.standing


def test_a_large_effect_is_settled_at_the_first_look_and_a_small_one_goes_on():
    groups = study(5, big=0.05, none=0.004)
    big, small = judged(groups), judged(groups, name="none")
    assert (big.verdict.word, standing(big).word, big.looks) == (BETTER, SETTLED, (5,))
    assert (small.verdict.word, standing(small).word, standing(small).following) == ("inconclusive", GOES_ON, 10)
    assert big.verdict.detail.endswith("over 1 look")


def test_what_the_fixed_test_calls_better_at_the_first_look_the_design_does_not_yet():
    groups = study(5, big=0.005)
    fixed, designed = compare_study(groups)["big"], judged(groups, replace(DESIGN, family=("big",)))
    assert fixed.verdict.word == BETTER and designed.verdict.word == "inconclusive"
    assert designed.p_value > fixed.p_value


def test_a_look_counts_when_all_of_its_seeds_have_ended_on_both_sides():
    groups = study(9, big=0.05)
    assert judged(groups).looks == (5,)
    groups["big"][2] = replace(groups["big"][2], status=INTERRUPTED, as_expected=False)
    found = judged(groups)
    assert (found.looks, found.verdict.word) == ((), "")
    assert "the look at 5 seeds is not complete" in found.verdict.detail


def test_seeds_between_two_looks_are_told_and_not_counted():
    groups, five = study(8, big=0.004), study(5, big=0.004)
    found = judged(groups)
    assert found.difference == judged(five).difference
    assert "seeds 5, 6, 7 not counted before the next look is complete" in found.note


def test_seeds_beyond_the_maximum_are_an_exploration_and_change_no_word():
    design = replace(DESIGN, looks=(5, 10))
    found, ten = judged(study(12, big=0.004), design), judged(study(10, big=0.004), design)
    assert (found.verdict, found.difference) == (ten.verdict, ten.difference)
    assert "seeds 10, 11 not counted: beyond the 10 of the design, exploratory" in found.note


def test_a_variant_that_the_design_was_not_declared_for_gets_no_word_however_large_its_effect():
    found = judged(study(5, big=0.05, late=0.05), name="late")
    assert found.verdict.word == "" and "exploratory" in found.verdict.detail
    assert standing(found).word == NOT_JUDGED


def test_a_variant_that_has_not_run_yet_keeps_its_part_of_the_error():
    alone, declared = judged(study(5, big=0.02), replace(DESIGN, family=("big",))), judged(study(5, big=0.02))
    assert declared.p_value == pytest.approx(3 * alone.p_value, rel=1e-6)


def test_a_later_look_takes_no_rejection_back_while_the_difference_is_large_enough():
    groups = study(10, big=0.05)
    five = judged({name: group[:5] for name, group in groups.items()})
    for seed in range(5, 10):  # all of the effect is in the first five
        groups["big"][seed] = record("big", seed, groups["base"][seed].metrics["test_accuracy"] + (0.09 if seed % 2 else -0.09))
    ten = judged(groups)
    assert compare_study(groups)["big"].p_value > 0.05  # by all ten at once
    assert ten.p_value <= five.p_value and ten.verdict.word == BETTER


def test_a_direction_that_turns_round_is_not_held_against_the_look_before():
    groups = study(10, big=0.05)
    for seed in range(5, 10):
        groups["big"][seed] = record("big", seed, groups["base"][seed].metrics["test_accuracy"] - 0.09)
    found = judged(groups)
    assert found.difference.mean < 0 and found.verdict.word not in (BETTER, WORSE)


def test_no_difference_is_found_over_the_looks_too():
    groups = study(10, spread=0.0005, big=0.0, none=0.0001, other=-0.0001)
    assert {name: judged(groups, name=name).verdict.word for name in NAMES} == dict.fromkeys(NAMES, EQUIVALENT)


def test_what_all_seeds_would_hardly_settle_is_given_up_with_the_chance_that_is_left():
    found = judged(study(10, spread=0.01, big=-0.002, none=0.05, other=0.05))
    assert standing(found).word == GIVEN_UP
    assert "40 would do with a chance of" in found.verdict.detail


def test_at_the_last_look_nothing_goes_on():
    found = judged(study(40, spread=0.02, big=0.003))
    assert standing(found).word == GIVEN_UP and "not settled with all 40 seeds" in found.verdict.detail


def test_a_study_without_any_spread_is_given_up_and_never_called_better():
    groups = study(5)
    groups["big"] = [replace(one, variant="big", position=1, control="base", change="hidden=64", settings={"hidden": [64]},
                             metrics=one.metrics | {"test_accuracy": 0.95}) for one in study(5)["base"]]  # fmt: skip
    groups["base"] = [replace(one, metrics=one.metrics | {"test_accuracy": 0.9}) for one in groups["base"]]
    found = judged(groups)
    assert found.verdict.word == "inconclusive" and "no spread to judge by" in found.verdict.detail
    assert standing(found).word == GIVEN_UP


def test_a_variant_equal_on_all_seeds_is_settled_as_identical():
    groups = study(5, spread=0.0, big=0.0)
    assert (judged(groups).verdict.word, standing(judged(groups)).word) == (IDENTICAL, SETTLED)


def test_a_seed_that_failed_stops_its_variant_with_a_line_and_gives_it_no_word():
    groups = study(5, big=0.05, none=0.0)
    groups["big"][3] = replace(groups["big"][3], status=FAILED, as_expected=False, metrics={}, error="OSError: gone")
    found = judged(groups)
    assert found.verdict.word == "inconclusive" and standing(found).word == STUCK
    assert "seed 3 failed: no further seeds before that is mended" in found.note
    assert standing(judged(groups, name="none")).word == GOES_ON


def test_a_seed_of_the_control_that_failed_stops_all_that_are_held_against_it():
    groups = study(5, big=0.05, none=0.0)
    groups["base"][1] = replace(groups["base"][1], status=FAILED, as_expected=False, metrics={})
    assert {standing(judged(groups, name=name)).word for name in ("big", "none")} == {STUCK}
    assert "seed 1 of the control failed" in judged(groups).note


def test_a_variant_that_diverges_ever_more_often_is_found_worse_over_the_looks():
    groups = study(20, big=0.0)
    groups["big"] = [replace(one, status=DIVERGED, as_expected=False, metrics={}) for one in groups["big"][:19]] + groups[
        "big"
    ][19:]
    found = judged(groups)
    assert found.verdict.word == WORSE and found.verdict.detail.startswith("diverges more often")
    assert judged({name: group[:5] for name, group in groups.items()}).verdict.word != WORSE


def without(groups: Group, seed: int) -> Group:
    lost = {"status": DIVERGED, "as_expected": False, "metrics": {}}
    return groups | {"big": [replace(one, **lost) if one.seed == seed else one for one in groups["big"]]}


def test_a_worse_variant_that_lost_a_seed_of_the_first_look_goes_on_and_is_found_worse():
    groups = study(10, big=-0.02)
    first = judged(without({name: group[:5] for name, group in groups.items()}, 2))
    assert first.difference.n == 4 and (standing(first).word, standing(first).following) == (GOES_ON, 10)
    found = judged(without(groups, 2))
    assert (found.verdict.word, standing(found).word) == (WORSE, SETTLED)
    better = judged(without(study(5, big=0.02), 2))
    assert standing(better).word == GIVEN_UP  # no word but worse is left to it


def test_a_variant_worse_by_its_values_is_told_by_them_though_a_seed_diverged():
    table = summary_table([one for group in without(study(10, big=-0.02), 2).values() for one in group], design=DESIGN)
    row = table.set_index("variant").loc["big"]
    assert row["verdict"] == WORSE and pd.isna(row["completion_p"])  # one seed can show nothing
    assert any("falls by 1.9 points" in said for said in conclude(table.to_dict("records")).sentences)


def test_a_margin_that_was_changed_after_the_declaration_gives_no_word():
    found = judged(study(5, big=0.05), replace(DESIGN, margin=0.001))
    assert (
        found.verdict.word == "" and "the design was declared for test_accuracy with a margin of 0.001" in found.verdict.detail
    )


def test_only_variants_that_go_on_and_the_controls_they_need_get_more_seeds():
    standings = {
        "settled": Standing(SETTLED, seeds=5),
        "open": Standing(GOES_ON, seeds=5, following=10),
        "pair": Standing(GIVEN_UP, seeds=10),
    }
    controls = {"settled": "base", "open": "settled", "pair": "base"}
    wanted = seeds_wanted(standings, controls, ["base", "settled", "open", "pair"])
    assert wanted == {"base": 10, "settled": 10, "open": 10, "pair": 10}
    standings["pair"] = Standing(GIVEN_UP, seeds=5)
    assert seeds_wanted(standings, controls, ["base", *standings])["base"] == 5


@pytest.mark.parametrize(
    ("most", "looks"), [(40, (5, 10, 20, 40)), (30, (5, 10, 20, 30)), (100, (5, 10, 20, 40, 80, 100)), (5, (5,))]
)
def test_looks_double_up_to_the_maximum(most: int, looks: tuple[int, ...]):
    assert looks_up_to(most) == looks


@pytest.mark.parametrize("looks", [(), (4, 8), (5, 5), (10, 5)])
def test_looks_that_no_verdict_can_be_taken_at_are_refused(looks: tuple[int, ...]):
    with pytest.raises(UsageError, match="increasing numbers of seeds"):
        Design(looks)


@pytest.mark.parametrize(
    ("shown", "looks"),
    [
        ((5, 10), (5, 10, 20, 40)),
        ((7, 9), (7, 9, 10, 20, 40)),
        ((5, 40), (5, 40)),
        ((5, 60), (5, 40)),
        ((30, 50), (30, 50, 60)),
    ],
)
def test_a_study_that_was_shown_twice_has_the_design_that_covers_it(shown: tuple[int, ...], looks: tuple[int, ...]):
    found = Looks(None, shown).in_force
    assert found is not None and (found.looks, found.declared, found.family) == (looks, False, ())


def test_a_study_that_was_shown_once_is_judged_by_the_fixed_test():
    assert Looks(None, (5,)).in_force is None
