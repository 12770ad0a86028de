"""Charts and tables of a study's page: the numbers in them are those of the records."""

import math
import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given, strategies as st
from plain_records import record
from shown_studies import read_small, store

from harness.errors import UsageError
from harness.report import svg
from harness.report.cost import tradeoff
from harness.report.curves import curves
from harness.report.interactions import interaction_matrix
from harness.report.pivot import pivot
from harness.report.pivot_chart import pivot_chart
from harness.report.study_data import read_study
from harness.report.variant_table import variant_table
from harness.study import finishes

pytestmark = pytest.mark.quick


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6), st.integers(2, 10))
def test_ticks_are_round_few_and_within(low, span, most):
    high = low + span
    found, room = svg.ticks(low, high, most), 1e-6 * span + 1e-9 * abs(low)
    assert len(found) <= most and all(low - room <= value <= high + room for value in found)
    steps = {float(f"{b - a:.5g}") for a, b in pairwise(found)}
    if span > 1e-3 * abs(low):  # else rounding decides
        assert len(steps) <= 2


def test_logarithmic_ticks_are_powers_or_their_parts():
    assert svg.log_ticks(1, 1000) == [1, 10, 100, 1000]
    assert svg.log_ticks(20, 90) == [20, 50] or len(svg.log_ticks(20, 90)) >= 1


def test_a_scale_maps_its_ends_and_ratios():
    assert [svg.Scale(0, 10, 100, 200)(value) for value in (0, 5, 10)] == [100, 150, 200]
    assert [svg.Scale(1, 100, 0, 10, log=True)(value) for value in (1, 10, 100)] == [0, 5, 10]


def test_texts_in_a_chart_are_escaped():
    assert "<script>" not in svg.label("<script>", 0, 0, class_="tick")
    assert '"' not in re.sub(r'="[^"]*"', "", str(svg.chart([], width=1, height=1, name='a "quoted" <name>')))


def test_the_table_says_of_each_variant_what_the_summary_does(tmp_path):
    study = read_small(tmp_path)
    table = variant_table(study)
    base, small, failing, hot = (table.rows[name] for name in ("base", "small", "no-flatten", "hot"))
    assert base["verdict"].text == "the base" and base["difference"].text == ""
    assert small["verdict"].text == "worse" and small["verdict"].style == "worse"
    assert small["difference"].text.startswith("-0.0498 [") and "worse" in small["forest"].text
    assert failing["status"].text == "fails, as expected" and failing["status"].style == "as-meant"
    assert "shapes" in failing["note"].text and failing["forest"].text == ""
    assert hot["status"].text == "diverged" and hot["status"].style == "wrong"
    assert hot["value"].title.startswith("4 of 5 seeds")
    assert [column.key for column in table.columns][:2] == ["variant", "change"]
    assert {"setting_hidden", "setting_flatten", "setting_learning_rate"} <= {column.key for column in table.columns}


def test_a_broken_claim_and_an_expected_divergence_are_told_apart(tmp_path):
    claimed = finishes(accuracy_at_least=0.99).to_dict()
    nan = {
        "status": "diverged",
        "metrics": {},
        "error": "loss is nan",
        "expects": {"diverges": True},
        "expectation": "diverges",
    }
    records = [record("base", seed, 0.9) for seed in range(5)]
    for seed in range(5):
        records.append(record("meant", seed, position=2, settings={"hidden": [2]}, changes={"hidden": [2]}, **nan))
        records.append(
            record("claims", seed, 0.9, position=3, settings={"hidden": [3]}, changes={"hidden": [3]}, expects=claimed)
        )
    rows = variant_table(read_study(store(tmp_path, *records))).rows
    assert (rows["meant"]["status"].text, rows["meant"]["status"].style) == ("diverges, as expected", "as-meant")
    assert (rows["claims"]["status"].text, rows["claims"]["status"].style) == ("trained, not as the study claims", "wrong")
    assert rows["base"]["status"].style == "" and "0.99" in rows["claims"]["status"].title


def test_an_interval_beyond_the_axis_ends_in_an_arrow_and_never_draws_outside(tmp_path):
    deltas = {"near": 0.001, "nearer": -0.001, "third": 0.0005, "far": -0.5}
    records = [record("base", seed, 0.9) for seed in range(5)]
    for position, (name, delta) in enumerate(deltas.items(), start=1):
        records += [
            record(name, seed, 0.9 + delta + seed / 1e4, position=position, settings={"hidden": [position]},
                   changes={"hidden": [position]}) for seed in range(5)
        ]  # fmt: skip
    table = variant_table(read_study(store(tmp_path, *records)))
    far = str(table.rows["far"]["forest"].text)
    assert "arrow" in far and "arrow" not in table.rows["near"]["forest"].text
    for line in ElementTree.fromstring(far).iter("{http://www.w3.org/2000/svg}line"):
        assert all(0 <= float(line.get(end)) <= 260 for end in ("x1", "x2"))


def test_curves_are_means_with_bands_and_every_seed(tmp_path):
    study = read_small(tmp_path)
    found = curves(study, ["base", "small", "no-flatten"], curve="test_accuracy")
    assert [name for name, _ in found.key] == ["base", "small"] and found.curve == "test_accuracy"
    assert found.table[-1][0] == 2 and found.table[-1][1][0].startswith("0.9020 [")
    assert str(found.chart).count('class="seed"') == 10 and str(found.chart).count('class="mark"') == 10
    assert curves(study, ["no-flatten"]) is None
    assert curves(study, ["base"], curve="no_such").curve == "test_accuracy"
    ElementTree.fromstring(str(found.chart))


def test_what_is_counted_in_batches_is_marked_at_its_batches_and_not_drawn_among_epochs(tmp_path):
    batches = {"test_accuracy": [0.5, 0.9, 0.7], "epoch": [1, 2, 3], "step": [50, 100, 150]}
    stepped = {"settings": {"hidden": [1], "steps_per_epoch": 50}, "history": batches}
    whole = record("whole", 0, position=1, settings={"hidden": [2]}, history={"test_accuracy": [0.5, 0.6]})
    study = read_study(store(tmp_path, record("base", 0, **stepped), whole))
    found = curves(study, ["base", "whole"], mark="best")
    assert "best on the test samples (100): 0.9000" in found.chart
    assert (found.counted, found.apart, [step for step, _ in found.table]) == ("batches", ["whole"], [50, 100, 150])
    assert "flops" not in (tradeoff(study) or tradeoff_of_nothing).costs


class tradeoff_of_nothing:
    costs = ()


def test_marks_are_of_the_epoch_asked_for(tmp_path):
    history = {"test_accuracy": [0.5, 0.9, 0.7], "validation_accuracy": [0.9, 0.5, 0.6]}
    study = read_study(store(tmp_path, record("base", 0, 0.7, history=history)))
    told = {mark: str(curves(study, ["base"], mark=mark).chart) for mark in ("last", "best", "validation")}
    assert "last (3): 0.7000" in told["last"]
    assert "best on the test samples (2): 0.9000" in told["best"]
    assert "chosen by validation (1): 0.5000" in told["validation"]


def test_a_loss_over_many_powers_is_drawn_on_a_logarithmic_scale(tmp_path):
    study = read_study(store(tmp_path, record("base", 0, history={"test_loss": [1000.0, 1.0, 0.001]})))
    assert "logarithmic" in curves(study, ["base"], curve="test_loss").chart


def test_the_front_is_of_one_dataset_and_of_the_metrics_direction(tmp_path):
    study = read_small(tmp_path)
    found = tradeoff(study, "parameters")
    assert {name: best for name, _, _, best in found.rows} == {"base": True, "small": True}  # hot: a seed diverged
    other = record("elsewhere", 0, 0.999, position=9, data={"name": "mnist", "used": "mnist"}, settings={"hidden": [1]})
    study = read_study(store(tmp_path, other))
    assert "elsewhere" not in {row[0] for row in tradeoff(study).rows}
    assert tradeoff(study, data="mnist") is None and tradeoff(study, data="nowhere").data == "digits"


def test_what_is_not_compared_is_not_on_the_front_and_is_named(tmp_path):
    study = read_small(tmp_path)
    elsewhere = [
        record("own", seed, 0.99, position=5, data={"name": "digits", "used": "digits", "test_sha256": "ff" * 32},
               settings={"hidden": [5]}, changes={"hidden": [5]}, cost={"seconds": 1.0, "parameters": 1}) for seed in range(5)
    ]  # fmt: skip
    found = tradeoff(read_study(store(tmp_path, *elsewhere)), "parameters")
    assert "own" not in {row[0] for row in found.rows}
    assert any(text.startswith("own (tested on other samples") for text in found.left_out)
    assert "hot (diverged)" in found.left_out and study.base == "base"


def test_a_pivot_holds_what_differs_in_its_two_settings_alone(tmp_path):
    def of(name, position, **settings):
        merged = {"hidden": [128], "rate": 0.1, "depth": 1} | settings
        return [record(name, seed, 0.9 + position / 100, position=position, settings=merged) for seed in range(2)]

    records = [*of("base", 0), *of("wide", 1, hidden=[256]), *of("fast", 2, rate=1.0), *of("both", 3, hidden=[256], rate=1.0)]
    records += [*of("deep", 4, depth=2), *of("wide-again", 5, hidden=[256])]
    found = pivot(read_study(store(tmp_path, *records)))
    assert {found.down, found.across} == {"hidden", "rate"} and found.left_out == ["deep", "wide-again"]
    cells = {
        (side, head): cell and cell.variant for side, row in found.rows for head, cell in zip(found.columns, row, strict=True)
    }
    assert sorted(filter(None, cells.values())) == ["base", "both", "fast", "wide"]
    assert "0.9300" in str(pivot_chart(found, "test accuracy"))
    with pytest.raises(UsageError, match="depht"):
        pivot(read_study(tmp_path / "s"), "depht")
    with pytest.raises(UsageError, match="both down and across"):
        pivot(read_study(tmp_path / "s"), "rate", "rate")


def test_a_study_without_interactions_or_settings_has_no_such_tables(tmp_path):
    study = read_study(store(tmp_path, record("base", 0), record("base", 1)))
    assert interaction_matrix(study) is None and pivot(study) is None and tradeoff(study) is None
    assert math.isnan(float(study.rows[0]["delta"]))
