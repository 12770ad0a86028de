import math
from dataclasses import replace

import numpy as np
import pytest
from plain_records import record
from scipy.stats import binomtest

from harness.analysis.comparison import compare_study
from harness.analysis.predictions import write_predictions
from harness.analysis.summary import summary_table
from harness.analysis.verdicts import Verdict
from harness.course.claim_judging import better
from harness.records.attempts import attempt_folder
from harness.records.record import trial_folder
from harness.results.view import format_value
from harness.study.metrics import Metric

pytestmark = pytest.mark.quick

BASE = {seed: 0.9 + 0.001 * seed for seed in range(5)}


def study(**variants: dict[int, float]) -> dict[str, list]:
    groups = {"base": [record("base", seed, value) for seed, value in BASE.items()]}
    for name, values in variants.items():
        groups[name] = [record(name, seed, value) for seed, value in values.items()]
    return groups


def test_a_clear_gain_over_five_seeds_is_better_and_a_clear_loss_worse():
    jitter = [0.0, 0.001, -0.001, 0.0005, 0.0]
    made = study(
        up={seed: BASE[seed] + 0.02 + jitter[seed] for seed in BASE},
        down={seed: BASE[seed] - 0.02 + jitter[seed] for seed in BASE},
    )
    found = compare_study(made)
    assert found["up"].verdict.word == "better" and found["down"].verdict.word == "worse"
    assert found["up"].difference.mean == pytest.approx(0.0201)
    assert found["up"].p_value < 0.05


def test_p_values_are_corrected_over_the_variants_of_the_study():
    values = {seed: BASE[seed] + 0.01 * (1 + seed % 2) for seed in BASE}
    alone = compare_study(study(one=values))["one"]
    among = compare_study(study(one=values, two=values, three=values))["one"]
    assert alone.p_value == alone.difference.p_value
    assert among.p_value == pytest.approx(3 * alone.p_value)


def test_only_seeds_that_both_have_are_paired_and_the_rest_is_named():
    found = compare_study(study(some={3: 0.93, 4: 0.93, 7: 0.99}))["some"]
    assert found.difference.n == 2 and "7" in found.note and "only in the variant" in found.note


def test_a_metric_that_is_not_finite_is_left_out_and_named():
    found = compare_study(study(some={0: math.nan, 1: 0.95, 2: 0.95}))["some"]
    assert found.difference.n == 2 and found.note.startswith("1 of 3 not finite (seed 0)")


def test_fewer_than_five_seeds_give_intervals_but_no_verdict():
    found = compare_study(study(some={0: 0.95, 1: 0.96, 2: 0.95}))["some"]
    assert found.verdict.word == "" and found.difference.low is not None


def test_the_same_values_on_every_seed_are_identical_without_a_p_value():
    found = compare_study(study(same=BASE))["same"]
    assert found.verdict.word == "identical" and found.p_value is None


DIVERGED = {"status": "diverged", "as_expected": False, "metrics": {}, "history": {}}
SEEDS = range(10)


def ten(lost=(), *, better=0.0, values=DIVERGED, name="wide"):
    """Return ten seeds of a variant that is better by so much, of which these ended otherwise."""
    jitter = [0.0, 0.001, -0.001, 0.0005, 0.0002]
    made = {seed: record(name, seed, 0.9 + 0.001 * (seed % 5) + better + jitter[seed % 5 if better else 0]) for seed in SEEDS}
    return [record(name, seed, **values) if seed in lost else made[seed] for seed in SEEDS]


def test_the_gain_of_those_that_survived_is_not_better_where_others_diverged():
    found = compare_study({"base": ten(name="base"), "wide": ten({1, 4, 7}, better=0.02)})["wide"]
    assert found.verdict.word == "inconclusive" and found.note == "3 of 10 diverged (seeds 1, 4, 7)"
    assert found.difference.n == 7


ENDS = [("failed", "failed"), ("timeout", "ran out of time"), ("expected-error", "raised")]


@pytest.mark.parametrize(("status", "word"), ENDS)
@pytest.mark.parametrize("side", ["base", "wide"])
def test_whatever_keeps_a_seed_of_either_side_from_its_end_leaves_no_better_and_no_equivalent(status, word, side):
    lost = {"base": (), "wide": ()} | {side: {0}}
    for gain in (0.02, 0.0001):
        wide = ten(lost["wide"], better=gain, values=DIVERGED | {"status": status})
        base = ten(lost["base"], values=DIVERGED | {"status": status}, name="base")
        found = compare_study({"base": base, "wide": wide})["wide"]
        assert found.verdict.word == "inconclusive" and f"1 of 10 {word} (seed 0)" in found.note


def test_what_is_worse_where_it_finished_is_worse_where_it_diverged_too():
    found = compare_study({"base": ten(name="base"), "wide": ten({1}, better=-0.02)})["wide"]
    assert found.verdict.word == "worse" and "1 of 10 diverged" in found.note
    found = compare_study({"base": ten({2}, name="base"), "wide": ten({1}, better=-0.02)})["wide"]
    assert found.verdict.word == "inconclusive"


def test_diverging_significantly_more_often_is_worse_by_itself_and_in_the_same_family():
    lost = {0, 1, 2, 3, 4, 5, 6}
    made = {"base": ten(name="base"), "wide": ten(lost, better=0.02)}
    found = compare_study(made)["wide"]
    assert found.verdict.word == "worse" and found.p_values.diverging == pytest.approx(binomtest(0, 7).pvalue)
    others = {f"v{number}": ten(better=0.02, name=f"v{number}") for number in range(9)}
    among = compare_study(made | others)["wide"]
    assert among.p_values.diverging == pytest.approx(binomtest(0, 7).pvalue) and among.verdict.word == "worse"
    likewise = {f"v{number}": ten(better=0.0003, name=f"v{number}") for number in range(9)}
    assert compare_study(made | likewise)["wide"].p_values.diverging >= binomtest(0, 7).pvalue


def test_an_error_or_a_time_limit_is_no_evidence_that_the_variant_is_worse():
    for status in ("failed", "timeout"):
        found = compare_study({"base": ten(name="base"), "wide": ten(set(range(8)), values=DIVERGED | {"status": status})})
        assert found["wide"].verdict.word == "inconclusive" and found["wide"].p_values.diverging is None


def test_where_no_seed_finished_on_both_sides_none_is_called_an_unfair_sample():
    half = set(range(5))
    made = {"base": ten(half, name="base"), "wide": ten(set(SEEDS) - half, better=0.02)}
    found = compare_study(made)["wide"]
    assert found.verdict == Verdict("inconclusive", "no seed finished on both sides") and found.difference is None
    assert better(found).reason == "unfinished"


def test_seeds_that_were_not_run_or_were_interrupted_are_no_failures():
    interrupted = DIVERGED | {"status": "interrupted"}
    made = {"base": ten(name="base"), "wide": ten({9}, better=0.02, values=interrupted)}
    made["wide"] = [found for found in made["wide"] if found.seed != 3]
    found = compare_study(made)["wide"]
    assert found.verdict.word == "better" and found.note == "seed 9 interrupted; seed 3 only in the control"


def test_seeds_that_diverged_on_both_sides_leave_the_others_a_fair_sample():
    found = compare_study({"base": ten({5}, name="base"), "wide": ten({5}, better=0.02)})["wide"]
    assert found.verdict.word == "better" and "in the control 1 of 10 diverged" in found.note


def test_a_metric_that_is_not_finite_for_some_seeds_leaves_no_verdict_on_the_others():
    wide = ten(better=0.02)
    wide[3] = replace(wide[3], metrics={"test_accuracy": math.nan})
    found = compare_study({"base": ten(name="base"), "wide": wide})["wide"]
    assert found.verdict.word == "inconclusive" and found.note == "1 of 10 not finite (seed 3)"


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("size", [1e150, 1e200, 1e305])
def test_values_too_large_for_an_interval_cost_their_own_comparison_alone(size):
    huge = [record("huge", seed, size * (1 + seed)) for seed in range(5)]
    beside = [replace(found, position=2) for found in ten(better=0.02)]
    rows = summary_table([*ten(name="base"), *huge, *beside]).set_index("variant")
    assert rows.verdict["wide"] == "better" and rows.value["huge"] == pytest.approx(3 * size)
    detail = rows.verdict_detail["huge"]
    assert detail.startswith("no verdict: values reach 5e") == math.isnan(rows.delta["huge"]) == (size > 1e150)
    assert len(format_value("value", rows.value["huge"], metric="test_accuracy")) < 12


def test_a_variant_that_is_equivalent_shows_its_worst_seed_and_what_so_few_would_not_show():
    row = summary_table([*ten(name="base"), *ten(better=0.0001)]).set_index("variant").loc["wide"]
    worst = min(found.metrics["test_accuracy"] for found in ten(better=0.0001))
    assert row.verdict == "equivalent" and row.worst_value == worst
    assert row.failure_rate_bound == pytest.approx(1 - 0.05**0.1)
    assert f"worst seed {row.worst_value:.4f}" in row.verdict_detail and "up to 26%" in row.verdict_detail


def test_an_interrupted_seed_is_none_of_those_that_an_equivalent_variant_was_seen_in():
    wide = ten({9}, better=0.0001, values=DIVERGED | {"status": "interrupted"})
    row = summary_table([*ten(name="base"), *wide]).set_index("variant").loc["wide"]
    assert row.failure_rate_bound == pytest.approx(1 - 0.05 ** (1 / 9)) and row.verdict_detail.endswith("may not show in 9")
    assert row.pairs_note == "seed 9 interrupted"


def on(records, **data):
    return [replace(found, data={**found.data, **data}) for found in records]


def test_a_variant_on_another_dataset_is_shown_without_a_verdict():
    fashion = [replace(found, change="dataset=fashion", settings={"dataset": "fashion"}) for found in ten(better=-0.1)]
    base = [replace(found, settings={"dataset": "mnist"}) for found in ten(name="base")]
    made = {"base": on(base, used="mnist", name="mnist"), "wide": on(fashion, used="fashion", name="fashion")}
    found = compare_study(made)["wide"]
    assert found.verdict.word == "" and found.verdict.detail == "no verdict: tested on fashion, not mnist"
    assert better(found).reason == "refused" and better(found).detail == found.verdict.detail
    assert found.difference.n == 10 and found.p_value is None


def test_seeds_with_other_test_samples_than_the_controls_are_not_paired_and_named():
    base = [*on(ten(name="base")[:6], test_sha256="aa"), *on(ten(name="base")[6:], test_sha256="bb")]
    found = compare_study({"base": base, "wide": on(ten(better=0.02), test_sha256="aa")})["wide"]
    assert found.difference.n == 6 and "seeds 6, 7, 8, 9 tested on other samples" in found.note


def test_unknown_test_samples_are_taken_to_be_the_same():
    found = compare_study({"base": ten(name="base"), "wide": on(ten(better=0.02), test_sha256="aa")})["wide"]
    assert found.verdict.word == "better"


def test_a_change_that_gives_all_seeds_another_test_set_leaves_no_verdict():
    made = {"base": on(ten(name="base"), test_sha256="aa"), "wide": on(ten(better=0.02), test_sha256="bb")}
    found = compare_study(made)["wide"]
    assert found.verdict.word == "" and "tested on other samples than base" in found.verdict.detail and found.difference.n == 10


@pytest.mark.parametrize(("metric", "word"), [("loss", ""), ("mae", "worse")])
def test_a_variant_with_another_loss_is_not_judged_by_it(metric, word):
    judged_by = Metric(metric, margin=0.001, higher_is_better=False)

    def made(name, loss, better=0.0):
        found = ten(better=better, name=name)
        values = [replace(one, metrics={f"test_{metric}": one.metrics["test_accuracy"]}) for one in found]
        return [replace(one, provenance={"loss": loss}) for one in values]

    def compared(loss):
        return compare_study({"base": made("base", "mse"), "wide": made("wide", loss, 0.02)}, metric=judged_by)["wide"]

    found = compared("huber")
    assert found.verdict.word == word and found.difference.n == 10
    assert ("no verdict: its loss is another measure than that of base (huber, not mse)" in found.verdict.detail) == (not word)
    for same in ("mse", ""):  # what a record does not say is taken to be equal
        assert compared(same).verdict.word == "worse"


@pytest.mark.parametrize("seeds", [1, 4, 10])
def test_samples_that_each_trial_draws_for_itself_leave_no_verdict_however_many_seeds(seeds):
    def drawn(name, better=0.0):
        made = ten(better=better, name=name)[:seeds]
        return [on([found], test_sha256=f"{name}{seed}")[0] for seed, found in enumerate(made)]

    base, wide = drawn("base"), drawn("wide", 0.02)
    only = replace(record("wide", 11, 0.9), data={"test_sha256": "wide11"})
    lost = replace(record("wide", seeds - 1, **DIVERGED), data={})  # one that never came to its samples
    for group in (wide, [*wide, only], *([[*wide[:-1], lost]] if seeds > 1 else ())):
        found = compare_study({"base": base, "wide": group})["wide"]
        assert (
            found.verdict == Verdict("", "no verdict: tested on other samples than base, or weighted otherwise")
            and found.p_value is None
        )
        assert "tested on" not in found.note and found.sample is None


def test_the_best_epoch_of_a_longer_training_gets_no_verdict():
    longer = [replace(found, history={"test_accuracy": [0.9] * 15}) for found in ten(better=0.02)]
    base = [replace(found, history={"test_accuracy": [0.9] * 5}) for found in ten(name="base")]
    made = {"base": base, "wide": longer}
    found = compare_study(made, epoch="best")["wide"]
    assert found.verdict == Verdict("", "no verdict: a best of 15 epochs has more chances than a best of 5")
    assert found.p_value is None and found.difference.n == 10
    assert compare_study(made)["wide"].verdict.word == "better"
    assert compare_study({"base": base, "wide": ten(better=0.02)}, epoch="last")["wide"].verdict.word == "better"


def test_an_expected_error_is_a_verdict_of_its_own():
    made = study() | {"broken": [record("broken", 0, status="expected-error", metrics={}, history={})]}
    found = compare_study(made)["broken"]
    assert found.verdict.word == "expected-error" and found.difference is None and not found.note


def test_a_control_that_failed_leaves_its_variant_uncompared():
    made = study() | {"base": [record("base", 0, status="failed", as_expected=False, metrics={}, history={})]}
    made["wide"] = [record("wide", 0, 0.95)]
    found = compare_study(made)["wide"]
    assert found.difference is None and found.verdict.word == "" and found.note == "in the control 1 of 1 failed (seed 0)"


def test_one_seed_is_compared_on_its_test_samples_and_named_as_that(tmp_path):
    labels = np.arange(100) % 10
    for variant, wrong in (("base", 20), ("wide", 5)):
        folder = attempt_folder(trial_folder(tmp_path, "s", variant, 0), 1)
        folder.mkdir(parents=True)
        write_predictions(folder, np.where(np.arange(100) < wrong, labels + 1, labels), labels)
    records = [record("base", 0, 0.8, cost={"test_samples": 100}), record("wide", 0, 0.95, cost={"test_samples": 100})]
    row = summary_table(records, logdir=tmp_path).iloc[1]
    assert row.mcnemar_p == pytest.approx(2 * 0.5**15) and row.sample_low > 0
    assert math.isnan(row.p_value) and math.isnan(row.ci_low) and row.verdict == ""
    assert row.test_set_low < 0.95 < row.test_set_high


@pytest.mark.parametrize("what", ["source", "tensorflow", "keras", "engine_asked"])
def test_records_made_under_other_conditions_are_not_paired(what):
    made = study(wide=dict.fromkeys(range(5), 0.95))
    made["base"] = [replace(found, provenance={what: "new"}) for found in made["base"]]
    made["wide"] = [replace(found, provenance={what: "old"}) for found in made["wide"]]
    found = compare_study(made)["wide"]
    assert found.difference is None and "confounded: was recorded with different" in found.verdict.detail
    assert better(found).reason == "refused" and better(found).detail == found.verdict.detail
