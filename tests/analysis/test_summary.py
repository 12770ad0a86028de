import csv
import math
from dataclasses import replace

import pytest
from plain_records import record

from harness.analysis.summary import runs_table, summary_table
from harness.analysis.table_files import write_tables
from harness.records.record import Record
from harness.study.metrics import Metric

pytestmark = pytest.mark.quick

SUMMARY = (
    "study variant change status seeds epochs parameters train_loss train_accuracy test_loss test_accuracy test_accuracy_std "
    "delta_test_accuracy ci_low ci_high p_value verdict seconds error"
).split()
RUNS = (
    "study variant seed status epochs train_loss train_accuracy test_loss test_accuracy seconds error trial_id logdir"
).split()


@pytest.fixture
def records() -> list[Record]:
    wide = [record("wide", seed, 0.92 + seed / 1000) for seed in (1, 0)]
    broken = record(
        "broken", 0, position=2, status="expected-error", metrics={}, history={}, error="ValueError: shape", control="base"
    )
    return [broken, *wide, record("base", 0, 0.9), record("base", 1, 0.905)]


def test_the_summary_begins_with_the_columns_that_others_rely_on(records):
    assert list(summary_table(records).columns[: len(SUMMARY)]) == SUMMARY


def test_the_runs_begin_with_the_columns_that_others_rely_on(records, tmp_path):
    frame = runs_table(records, logdir=tmp_path)
    assert list(frame.columns[: len(RUNS)]) == RUNS
    assert list(zip(frame.variant, frame.seed, strict=True)) == [
        ("base", 0),
        ("base", 1),
        ("wide", 0),
        ("wide", 1),
        ("broken", 0),
    ]


def test_each_variant_is_a_row_with_means_over_seeds_and_the_paired_difference(records):
    frame = summary_table(records).set_index("variant")
    assert list(frame.index) == ["base", "wide", "broken"]
    assert frame.test_accuracy["wide"] == pytest.approx(0.9205)
    assert frame.delta_test_accuracy["wide"] == pytest.approx(0.018)
    assert frame.seeds["wide"] == 2 and frame.epochs["wide"] == 2
    assert frame.first_test_image_class["base"] == 1 and frame.first_test_image_probability["base"] == 0.7


def test_the_base_is_compared_with_nothing(records):
    row = summary_table(records).iloc[0]
    assert math.isnan(row.delta_test_accuracy) and math.isnan(row.ci_low)


def test_a_failed_seed_is_counted_and_shown(records):
    failed = record("wide", 2, status="failed", as_expected=False, error="ValueError: x", metrics={}, history={})
    row = summary_table([*records, failed]).set_index("variant").loc["wide"]
    assert (row.seeds, row.failed_seeds, row.status, row.error) == (3, 1, "failed", "ValueError: x")


def test_a_cell_with_nothing_to_say_is_empty_in_the_file(records, tmp_path):
    write_tables(tmp_path, records)
    with open(tmp_path / "summary.csv", newline="") as file:
        rows = {row["variant"]: row for row in csv.DictReader(file)}
    assert rows["broken"]["test_accuracy"] == "" and rows["broken"]["epochs"] == ""
    assert rows["broken"]["error"] == "ValueError: shape" and rows["base"]["delta_test_accuracy"] == ""
    assert rows["wide"]["epochs"] == "2"


def read(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def test_the_file_of_the_summary_holds_what_a_reader_of_this_study_needs(records, tmp_path):
    write_tables(tmp_path, records)
    columns = list(read(tmp_path / "summary.csv")[0])
    assert columns[: len(SUMMARY)] == SUMMARY  # others rely on them, empty ones too
    assert {"control", "as_expected", "failed_seeds", "worst_value"} <= {*columns}
    # Nothing chose an epoch by validation, nothing interacts, and accuracy has columns of its own.
    assert not {"validation_epoch", "interaction", "value", "delta", "first_test_image_class"} & {*columns}
    whole = summary_table(records, logdir=tmp_path)
    assert {"validation_epoch", "interaction", "value", "delta", "first_test_image_class"} <= {*whole.columns}


def test_what_single_samples_say_stands_in_a_file_of_its_own(records, tmp_path):
    write_tables(tmp_path, records)
    rows = {row["variant"]: row for row in read(tmp_path / "samples.csv")}
    assert rows["base"]["first_test_image_class"] == "1" and "broken" not in rows


def test_a_file_beside_the_summary_goes_when_it_has_nothing_to_say(records, tmp_path):
    (tmp_path / "interactions.csv").write_text("of a former run\n")
    write_tables(tmp_path, records)
    assert not (tmp_path / "interactions.csv").exists()


def test_a_trial_s_row_has_its_change_the_settings_that_vary_and_its_folder_in_the_log_folder(records, tmp_path):
    deep = [replace(one, settings={"hidden": [64, 32], "learning_rate": 0.1, "epochs": 2}) for one in records[:1]]
    others = [replace(one, settings={"hidden": [64], "learning_rate": 0.01, "epochs": 2}) for one in records[1:]]
    write_tables(tmp_path / "s", [*deep, *others])
    rows = {row["variant"]: row for row in read(tmp_path / "s" / "runs.csv")}
    assert rows["wide"]["change"] == "hidden=64" and rows["wide"]["setting_learning_rate"] == "0.01"
    assert rows["broken"]["setting_hidden"] == "64-32" and "setting_epochs" not in rows["wide"]
    assert rows["wide"]["logdir"] == "s/wide/seed-1"
    (tmp_path / "s/wide/seed-1/attempt-1").mkdir(parents=True)  # where older versions wrote a first attempt
    write_tables(tmp_path / "s", [*deep, *others])
    rows = {row["variant"]: row for row in read(tmp_path / "s" / "runs.csv")}
    assert rows["wide"]["logdir"] == "s/wide/seed-1/attempt-1" and rows["broken"]["logdir"].startswith("s/broken/seed-")


def test_a_metric_other_than_accuracy_keeps_its_columns(records, tmp_path):
    metric = Metric("mae", margin=0.1, higher_is_better=False).to_dict()
    write_tables(tmp_path, [replace(one, metric=metric, metrics={"test_mae": 0.5} | one.metrics) for one in records])
    assert {"metric", "direction", "value", "delta", "test_mae"} <= {*read(tmp_path / "summary.csv")[0]}


def test_a_variant_whose_control_is_not_there_is_not_compared(records):
    alone = [found for found in records if found.variant == "wide"]
    row = summary_table(alone).iloc[0]
    assert math.isnan(row.delta_test_accuracy) and row.test_accuracy == pytest.approx(0.9205)


def test_costs_stand_as_ratios_to_the_control_and_the_best_trade_offs_are_marked():
    base = record(
        "base",
        0,
        0.90,
        cost={"parameters": 100, "flops_per_sample": 1000},
        history={"train_loss": [1.0], "epoch_seconds": [9, 2, 4]},
    )
    costly = record(
        "costly",
        0,
        0.89,
        cost={"parameters": 300, "flops_per_sample": 4000},
        history={"train_loss": [1.0], "epoch_seconds": [9, 6, 6]},
    )
    frame = summary_table([base, costly]).set_index("variant")
    assert frame.parameters_ratio["costly"] == 3 and frame.flops_per_sample_ratio["costly"] == 4
    assert frame.epoch_seconds_ratio["costly"] == 2
    assert frame.pareto["base"] and not frame.pareto["costly"]


def test_a_row_says_where_its_data_do_not_follow_from_the_seed():
    drawn = record("base", 0, provenance={"not_reproducible": "train: other batches"})
    table = summary_table([drawn])
    assert "not reproducible (train: other batches)" in table["pairs_note"][0]
