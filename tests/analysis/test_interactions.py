"""Two changes together against the sum of what each does alone."""

from dataclasses import replace

import numpy as np
import pytest
from resulting import make_record

from harness.analysis.design import Design
from harness.analysis.interactions import interactions
from harness.analysis.summary import summary_table
from harness.records.record import Record
from harness.study.metrics import ACCURACY, Metric

pytestmark = pytest.mark.quick

SETTINGS = {"epochs": 5, "hidden": [128], "normalize": True}


def design(noise: float = 0.001, effect: float = 0.0, *, seeds: int = 5) -> dict[str, list[Record]]:
    """Return a base, two changes and both together, whose sum is exact but for an effect of both."""
    values = {"base": 0.80, "wide": 0.82, "raw": 0.75, "wide-raw": 0.77 + effect}
    changes = {"wide": ("base", {"hidden": [512]}), "raw": ("base", {"normalize": False})}
    changes |= {"wide-raw": ("wide", {"hidden": [512], "normalize": False}), "base": ("", {})}
    made, random = {}, np.random.default_rng(0)
    for name, value in values.items():
        control, settings = changes[name]
        declared = {"wide": "hidden=512", "raw": "normalize=False", "wide-raw": "normalize=False (vs wide)"}.get(name, "")
        made[name] = [
            replace(
                make_record(seed=seed), variant=name, control=control, change=declared, settings=SETTINGS | settings,
                metrics={"test_accuracy": value + noise * float(random.normal())},
            )
            for seed in range(seeds)
        ]  # fmt: skip
    return made


def word(found: dict) -> str:
    return found["wide-raw"].cells()["interaction_verdict"]


def test_the_interaction_is_the_difference_of_the_differences():
    found = interactions(design(effect=0.1), ACCURACY)
    assert set(found) == {"wide-raw"} and (found["wide-raw"].beside, found["wide-raw"].alone) == ("wide", "raw")
    assert found["wide-raw"].difference.mean == pytest.approx(0.1, abs=0.005)
    assert word(found) == "better beside it"


@pytest.mark.parametrize(
    ("effect", "higher", "said"),
    [
        (0.0, True, "additive"),
        (-0.1, True, "worse beside it"),
        (-0.1, False, "better beside it"),
    ],
)
def test_the_word_follows_from_the_interval_and_the_metrics_direction(effect, higher, said):
    metric = Metric("accuracy", margin=0.01, higher_is_better=higher)
    assert word(interactions(design(effect=effect), metric)) == said


def test_changes_that_add_up_exactly_are_additive_to_the_last_bit():
    found = interactions(design(noise=0.0), ACCURACY)
    assert found["wide-raw"].difference.identical and word(found) == "additive"


def test_few_seeds_give_a_number_and_no_word():
    found = interactions(design(effect=0.1, seeds=2), ACCURACY)
    assert word(found) == "" and found["wide-raw"].difference.n == 2


def test_without_all_four_corners_there_is_none():
    for name in ("wide", "raw"):
        records = design()
        del records[name]
        assert interactions(records, ACCURACY) == {}


def test_corners_that_share_no_seed_have_none():
    records = design()
    records["raw"] = records["raw"][:2]
    records["base"] = records["base"][2:]
    assert interactions(records, ACCURACY) == {}


def test_a_variant_recorded_with_other_settings_than_it_declares_has_none():
    records = design()
    records["raw"] = [replace(record, settings=SETTINGS) for record in records["raw"]]
    assert interactions(records, ACCURACY) == {}


def test_the_summary_has_its_columns_and_other_rows_leave_them_empty():
    table = summary_table([record for group in design(effect=0.1).values() for record in group]).set_index("variant")
    assert table.loc["wide-raw", ["interaction_with", "interaction_alone"]].tolist() == ["wide", "raw"]
    assert table.loc["wide-raw", "interaction_low"] < 0.1 < table.loc["wide-raw", "interaction_high"]
    assert table.loc["wide", "interaction"] != table.loc["wide", "interaction"]


def test_corners_on_different_data_have_none():
    records = design()
    for name in ("raw", "wide-raw"):
        records[name] = [replace(record, data={"name": "mnist", "used": "digits"}) for record in records[name]]
    assert interactions(records, ACCURACY) == {}


def test_layers_removed_one_after_the_other_stand_in_a_square():
    removed = {"base": [], "wide": ["a"], "raw": ["b"], "wide-raw": ["a", "b"]}
    declared = {"base": "", "wide": "remove=a", "raw": "remove=b", "wide-raw": "remove=a,b (vs wide)"}
    records = {
        name: [replace(record, settings=SETTINGS | {"remove": removed[name]}, change=declared[name]) for record in group]
        for name, group in design(effect=0.1).items()
    }
    assert word(interactions(records, ACCURACY)) == "better beside it"


@pytest.mark.parametrize("corner", ["base", "wide", "raw", "wide-raw"])
def test_a_corner_that_diverged_for_some_seeds_leaves_no_word_on_the_others(corner):
    records = design(effect=0.1, seeds=8)
    lost = {"status": "diverged", "as_expected": False, "metrics": {}}
    records[corner] = [replace(record, **lost) if record.seed < 2 else record for record in records[corner]]
    found = interactions(records, ACCURACY)["wide-raw"]
    assert found.verdict.word == "inconclusive" and found.difference.n == 6 and found.p_value is None


def test_corners_tested_on_other_samples_have_none():
    records = design(effect=0.1)
    for name, tested in (("base", "a"), ("wide", "a"), ("raw", "b"), ("wide-raw", "b")):
        records[name] = [replace(record, data={**record.data, "test_sha256": tested}) for record in records[name]]
    assert interactions(records, ACCURACY) == {}


def test_the_best_of_unequally_many_epochs_has_none():
    records = design(effect=0.1)
    for name in ("raw", "wide-raw"):
        records[name] = [replace(record, history={"test_accuracy": [0.8] * 9}) for record in records[name]]
    assert interactions(records, ACCURACY, epoch="best") == {} != interactions(records, ACCURACY)


def test_a_study_with_looks_has_its_interactions_judged_at_them():
    looks = Design(declared=False)
    five, seven = design(effect=0.003, seeds=5), design(effect=0.003, seeds=7)
    seven = {name: [*five[name], *group[5:]] for name, group in seven.items()}
    fixed, designed = interactions(five, ACCURACY)["wide-raw"], interactions(seven, ACCURACY, design=looks)["wide-raw"]
    assert designed.difference == fixed.difference  # the sixth and seventh seed are of no look yet
    assert designed.p_value > fixed.p_value


def test_a_variant_outside_of_a_design_has_no_word_on_what_it_does_beside_others():
    records = design(effect=0.1)
    kept = {"metric": "test_accuracy", "margin": ACCURACY.margin, "family": ("wide", "raw", "wide-raw")}
    assert word(interactions(records, ACCURACY, design=Design(**kept))) == "better beside it"
    for changed in ({"family": ("wide", "raw")}, {"margin": 0.1}):
        found = interactions(records, ACCURACY, design=Design(**{**kept, **changed}))
        assert word(found) == "" and found["wide-raw"].p_value is None
        assert "the design was declared for" in found["wide-raw"].cells()["interaction_detail"]
