import math
from dataclasses import replace

import numpy as np
import pytest
from test_tables import record

from harness.evidence.answers import class_answers, first_chances, load_right, save_answers
from harness.evidence.comparison import compare_study
from harness.records import attempt_folder, trial_folder
from harness.tables import summary_table

BASE = {seed: 0.9 + 0.001 * seed for seed in range(5)}


def study(**variants: dict[int, float]) -> dict[str, list]:
    groups = {"base": [record("base", seed, value) for seed, value in BASE.items()]}
    for name, values in variants.items():
        groups[name] = [record(name, seed, value) for seed, value in values.items()]
    return groups


def test_a_clear_gain_over_five_seeds_is_better_and_a_clear_loss_worse():
    jitter = [0.0, 0.001, -0.001, 0.0005, 0.0]
    made = study(
        up={seed: BASE[seed] + 0.02 + jitter[seed] for seed in BASE}, down={seed: BASE[seed] - 0.02 + jitter[seed] for seed in BASE}
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
    assert found.difference.n == 2 and "seeds 0 not finite" in found.note


def test_fewer_than_five_seeds_give_intervals_but_no_verdict():
    found = compare_study(study(some={0: 0.95, 1: 0.96, 2: 0.95}))["some"]
    assert found.verdict.word == "" and found.difference.low is not None


def test_the_same_values_on_every_seed_are_identical_without_a_p_value():
    found = compare_study(study(same=BASE))["same"]
    assert found.verdict.word == "identical" and found.p_value is None


def test_an_expected_error_is_a_verdict_of_its_own():
    made = study() | {"broken": [record("broken", 0, status="expected-error", metrics={}, history={})]}
    found = compare_study(made)["broken"]
    assert found.verdict.word == "expected-error" and found.difference is None and not found.note


def test_a_control_that_failed_leaves_its_variant_uncompared():
    made = study() | {"base": [record("base", 0, status="failed", as_expected=False, metrics={}, history={})]}
    made["wide"] = [record("wide", 0, 0.95)]
    found = compare_study(made)["wide"]
    assert found.difference is None and found.verdict.word == "" and "only in the variant" in found.note


def test_one_seed_is_compared_on_its_test_samples_and_named_as_that(tmp_path):
    labels = np.arange(100) % 10
    for variant, wrong in (("base", 20), ("wide", 5)):
        folder = attempt_folder(trial_folder(tmp_path, "s", variant, 0), 1)
        folder.mkdir(parents=True)
        save_answers(folder, np.where(np.arange(100) < wrong, labels + 1, labels), labels)
    records = [record("base", 0, 0.8, cost={"test_samples": 100}), record("wide", 0, 0.95, cost={"test_samples": 100})]
    row = summary_table(records, logdir=tmp_path).iloc[1]
    assert row.mcnemar_p == pytest.approx(2 * 0.5**15) and row.sample_low > 0
    assert math.isnan(row.p_value) and math.isnan(row.ci_low) and row.verdict == ""
    assert row.test_set_low < 0.95 < row.test_set_high


def test_answers_come_back_as_they_were_kept(tmp_path):
    labels = np.array([3, 1, 2, 0, 9, 8, 7, 6, 5, 4])
    save_answers(tmp_path, np.array([3, 1, 2, 0, 9, 0, 0, 0, 0, 0]), labels)
    assert load_right(tmp_path).tolist() == [True] * 5 + [False] * 5
    assert load_right(tmp_path / "absent") is None


CHANCES = np.array([[0.7, 0.2, 0.1], [0.1, 0.2, 0.7]])


@pytest.mark.parametrize(
    ("outputs", "labels"),
    [
        (CHANCES, np.array([0, 1])),
        (CHANCES, np.array([[0.0], [1.0]])),
        (CHANCES, np.eye(3)[[0, 1]]),
        ([CHANCES, np.zeros((2, 1))], (np.array([0, 1]), np.zeros(2))),  # of several outputs the first
    ],
)
def test_a_class_is_that_of_the_largest_chance(outputs, labels):
    said, truth = class_answers(outputs, labels)
    assert (said.tolist(), truth.tolist()) == ([0, 2], [0, 1])


@pytest.mark.parametrize("shape", [(3,), (3, 1)])
def test_one_output_is_the_chance_of_class_1(shape):
    said, truth = class_answers(np.array([0.2, 0.9, 0.5]).reshape(shape), np.array([0.0, 1.0, 1.0]))
    assert (said.tolist(), truth.tolist()) == ([0, 1, 0], [0, 1, 1])
    assert first_chances(np.array([[0.25]])) == [0.75, 0.25]


@pytest.mark.parametrize(
    ("outputs", "labels"),
    [
        (np.zeros((4, 1)), np.full(4, 0.5)),
        (np.full((4, 1), 2.0), np.zeros(4)),
        (np.zeros((4, 3)), np.full(4, 0.5)),
        (np.zeros((4, 3)), np.zeros((4, 3))),
        (np.zeros((4, 3, 2)), np.zeros(4, int)),
    ],
)
def test_answers_of_another_task_are_no_classes(outputs, labels):
    assert class_answers(outputs, labels) is None


@pytest.mark.parametrize("what", ["source", "tensorflow", "keras", "engine_asked"])
def test_records_made_under_other_conditions_are_not_paired(what):
    made = study(wide={seed: 0.95 for seed in range(5)})
    made["base"] = [replace(found, provenance={what: "new"}) for found in made["base"]]
    made["wide"] = [replace(found, provenance={what: "old"}) for found in made["wide"]]
    found = compare_study(made)["wide"]
    assert found.difference is None and "confounded: was recorded with different" in found.verdict.detail
