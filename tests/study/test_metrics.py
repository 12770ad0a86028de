"""Studies of other metrics than accuracy, from the record to what a reader sees."""

import csv
import io
import json
import math
from dataclasses import replace

import pytest
from calling import harness
from measuring import RMSE, regression_record, regression_study
from resulting import store, store_study
from rich.console import Console

from harness import Settings, Study, UsageError, Variant, better_than_control, equivalent_to_control, finishes
from harness.analysis.judging import outcome
from harness.analysis.record_matching import as_declared
from harness.analysis.summary import runs_table, summary_table
from harness.analysis.table_files import write_tables
from harness.cli.terminal.summary import summary_view
from harness.records.record import RecordError, load_records, read_record, write_record
from harness.study.metric_text import format_metric
from harness.study.metrics import ACCURACY, Metric, metric_from_dict

pytestmark = pytest.mark.quick


def rows(*words: object) -> list[dict[str, str]]:
    """Call compare and return its rows, every column."""
    result = harness("compare", *words, "--format", "csv", "--all-columns")
    assert result.exit_code == 0, result.output
    return list(csv.DictReader(io.StringIO(result.stdout)))


def test_a_record_keeps_its_metric(tmp_path):
    found = read_record(write_record(tmp_path, regression_record()))
    assert metric_from_dict(found.metric) == RMSE
    assert metric_from_dict(replace(found, metric={}).metric) is ACCURACY and ACCURACY.to_dict() == {}


@pytest.mark.parametrize("metric", [{"name": "a b", "margin": 0, "higher_is_better": True}, {"name": "x"}, {"mood": 1}])
def test_a_record_with_what_is_no_metric_is_not_trusted(tmp_path, metric):
    path = write_record(tmp_path, regression_record(metric=metric))
    with pytest.raises(RecordError, match="is no record of a trial"):
        read_record(path)


def test_lower_is_better_where_the_metric_says_so():
    found = summary_table(regression_study()).set_index("variant").verdict.fillna("")
    assert found.to_dict() == {"base": "", "deep": "better", "poor": "worse", "alike": "equivalent"}


def test_the_margin_is_the_metrics_own():
    strict = [replace(record, metric=RMSE.to_dict() | {"margin": 1e-6}) for record in regression_study()]
    assert summary_table(strict).set_index("variant").verdict["alike"] == "inconclusive"


def test_the_metric_given_counts_before_that_of_the_records():
    row = summary_table(regression_study(), metric=Metric("loss", margin=0.01, higher_is_better=False)).iloc[0]
    assert row.metric == "test_loss" and row.value == pytest.approx(row.test_loss)


def test_columns_of_accuracy_are_empty_where_the_task_has_none():
    row = summary_table(regression_study()).iloc[1]
    assert math.isnan(row.test_accuracy) and math.isnan(row.test_accuracy_std) and math.isnan(row.delta_test_accuracy)
    assert (row.metric, row.direction) == ("test_rmse", "lower")
    assert row.value == pytest.approx(0.65) and row.delta == pytest.approx(-0.05) and row.ci_high < 0


def test_further_metrics_have_columns_at_the_very_end(tmp_path):
    further = ["train_rmse", "validation_loss", "validation_rmse", "test_rmse"]
    records = regression_study(seeds=2)
    assert list(summary_table(records).columns)[-4:] == further
    runs = runs_table(records, logdir=tmp_path)
    assert list(runs.columns)[-4:] == further and runs.value.equals(runs.test_rmse)


def test_the_best_trade_off_has_the_lowest_error():
    row = summary_table(regression_study()).set_index("variant").pareto
    assert row["deep"] and not row["base"] and not row["poor"]


@pytest.mark.parametrize("status", ["diverged", "interrupted", "failed"])
def test_what_was_cut_off_is_neither_a_bargain_nor_the_best(tmp_path, status):
    records = regression_study()
    cut = [
        replace(record, variant="cut", position=9, status=status) for record in regression_study() if record.variant == "deep"
    ]
    cut = [
        replace(record, metrics=dict(record.metrics, test_rmse=0.1), history={"epoch": [1], "train_loss": [0.1]})
        for record in cut
    ]
    for record in [*records, *cut]:
        store(tmp_path, record)
    row = summary_table([*records, *cut]).set_index("variant").pareto
    assert row["deep"] and not row["cut"]
    printed = harness("compare", tmp_path / "r", "--format", "markdown").output
    (line,) = (line for line in printed.splitlines() if line.startswith("| cut"))
    assert "0.1" in line and "**" not in line


def test_a_study_of_one_seed_without_accuracy_has_no_test_of_its_answers(tmp_path):
    row = summary_table(regression_study(seeds=1), logdir=tmp_path).iloc[1]
    assert math.isnan(row.mcnemar_p) and math.isnan(row.sample_low) and math.isnan(row.test_set_low)


def test_a_metric_that_no_trial_measured_is_named_with_those_that_were():
    row = summary_table([regression_record()], metric=Metric("mape", margin=1, higher_is_better=False)).iloc[0]
    assert row.error == "No trial measured test_mape; measured: test_loss, test_rmse." and math.isnan(row.value)


def test_a_record_is_judged_by_the_metric_that_its_study_has_now():
    study = Study("r", base=Settings(), variants=(), metric=RMSE)
    assert metric_from_dict(as_declared(regression_record(metric={}), study, position=0).metric) == RMSE


def test_a_metric_that_is_renamed_finds_what_was_measured_under_its_alias():
    renamed = replace(RMSE, name="error", aliases=("rmse",))
    record = as_declared(regression_record(), Study("r", base=Settings(), variants=(), metric=renamed), position=0)
    assert record.metrics["test_error"] == record.metrics["test_rmse"]
    assert record.history["validation_error"] == record.history["validation_rmse"]


def test_the_summary_that_a_run_wrote_gives_the_same_table_as_its_records(tmp_path):
    logdir = store(tmp_path, *regression_study())
    write_tables(logdir / "r", load_records(logdir)[0])
    assert rows(logdir / "r" / "summary.csv") == rows(logdir)


def test_the_runs_that_a_run_wrote_keep_metric_and_direction(tmp_path):
    logdir = store(tmp_path, *regression_study())
    write_tables(logdir / "r", load_records(logdir)[0])
    found = rows(logdir / "r" / "runs.csv")
    assert {(row["metric"], row["direction"]) for row in found} == {("test_rmse", "lower")}
    assert float(found[2]["value"]) == pytest.approx(1.2)


@pytest.mark.parametrize(("column", "cell"), [("metric", "=cmd"), ("direction", "sideways")])
def test_a_table_with_another_word_for_its_metric_is_refused(tmp_path, column, cell):
    cells = {"study": "s", "variant": "b", "status": "ok", "test_accuracy": "0.9", "metric": "test_x", "direction": "lower"}
    cells |= {"value": "0.9", column: cell}
    path = tmp_path / "summary.csv"
    path.write_text(",".join(cells) + "\n" + ",".join(cells.values()) + "\n")
    result = harness("compare", path)
    assert result.exit_code == 2 and f"row 2: {column} is {cell!r}" in result.stderr


def test_a_table_from_before_there_were_metrics_is_about_accuracy(tmp_path):
    path = tmp_path / "summary.csv"
    path.write_text("study,variant,status,test_accuracy\ns,base,ok,0.9\n")
    row = rows(path)[0]
    assert (row["metric"], row["direction"], row["value"]) == ("test_accuracy", "higher", "0.9")


def test_compare_shows_the_metric_under_its_own_name_with_the_best_the_lowest(tmp_path):
    result = harness("compare", store(tmp_path, *regression_study()), "--format", "markdown")
    assert "| test rmse | delta test rmse |" in result.stdout and "Of test rmse, lower is better." in result.stdout
    assert "**0.6500 ± 0.00079**" in result.stdout and "-0.05000\\*" in result.stdout


def test_studies_of_several_metrics_stand_in_one_table_each_row_with_its_own(tmp_path):
    logdir = store_study(store(tmp_path, *regression_study()))
    found = json.loads(harness("compare", logdir, "--format", "json").stdout)
    assert {(row["study"], row["metric"], row["direction"]) for row in found} == {
        ("r", "test_rmse", "lower"), ("s", "test_accuracy", "higher"),
    }  # fmt: skip
    verdicts = [row["verdict"] for row in found]
    assert verdicts == [None, "better", "worse", "equivalent", None, "better", "equivalent", "expected-error"]


def test_a_table_is_sorted_and_filtered_by_the_metrics_name(tmp_path):
    logdir = store(tmp_path, *regression_study())
    words = ("--sort", "test_rmse", "--filter", "test_rmse < 1", "--format", "csv", "--columns", "variant")
    assert harness("compare", logdir, *words).stdout.split() == ["variant", "deep", "base", "alike"]


def test_two_dates_differ_in_the_metric(tmp_path):
    first = store(tmp_path / "first", *regression_study())
    second = store(tmp_path / "second", *regression_study(rmse=0.6))
    base = rows(first, second)[0]
    assert float(base["difference_test_rmse"]) == pytest.approx(-0.1) and "difference_test_rmse_std" not in base


def test_values_of_different_metrics_are_never_subtracted(tmp_path):
    first = store(tmp_path / "first", regression_record())
    second = store(tmp_path / "second", regression_record(metric={"name": "loss", "margin": 0.1, "higher_is_better": False}))
    (row,) = rows(first, second)
    assert row["difference_value"] == "" and "metrics differ in 2: test_rmse, test_loss" in row["note"]
    assert float(row["difference_test_loss"]) == 0


@pytest.mark.parametrize("width", [80, 100, 160])
def test_the_summary_on_the_terminal_speaks_of_the_metric_and_its_direction(width):
    console = Console(width=width)
    with console.capture() as captured:
        console.print(summary_view(summary_table(regression_study()), title="r: how deep?"))
    text = captured.get()
    assert "(test rmse: lower is better)" in text and "0.6500" in text and "-0.05000" in text and "better" in text
    assert "accuracy" not in text and max(map(len, text.splitlines())) <= width
    assert "[-0.05139, -0.04861]" in text


def study(expect) -> Study:
    return Study("r", base=Settings(), variants=(Variant("deep", hidden=(30, 30), expect=expect),), metric=RMSE)


def broken(expect, variant: str = "deep", seeds: int = 5) -> tuple[str, ...]:
    row = next(row for row in summary_table(regression_study(seeds=seeds)).to_dict("records") if row["variant"] == variant)
    return outcome(study(expect), [row | {"variant": "deep", "data": "mnist"}]).broken


def test_expectations_are_about_the_studys_metric():
    assert not broken(finishes(value_at_most=0.66, value_at_least=0.6) & better_than_control())
    (line,) = broken(finishes(value_at_most=0.6))
    assert line == "deep: expected value at most 0.6; measured a test rmse of 0.65, the mean of 5 seeds."


def test_claims_against_the_control_follow_the_direction_and_the_margin_from_five_seeds_on():
    assert not broken(better_than_control()) and not broken(equivalent_to_control(), "alike")
    assert "the verdict is worse (difference +0.5" in broken(better_than_control(), "poor")[0]
    for variant in ("deep", "alike", "poor"):
        assert broken(better_than_control(), variant, seeds=3) == broken(equivalent_to_control(), variant, seeds=3) == ()


def test_a_limit_that_is_no_number_is_refused():
    with pytest.raises(UsageError, match="limit of the value is 'low'; expected a finite number"):
        finishes(value_at_most="low")


@pytest.mark.parametrize(
    ("value", "text"), [(0.99996, "1.000"), (0.00012346, "0.0001235"), (1.5e-7, "1.500e-07"), (-3.0, "-3.000"), (0.0, "0")]
)
def test_a_value_of_any_size_has_four_significant_digits(value, text):
    assert format_metric(value, fraction=False) == text


def test_a_difference_that_is_but_rounding_is_none():
    assert (
        format_metric(4.4e-17, fraction=False, signed=True) == "0"
        and format_metric(-1e-9, fraction=True, signed=True) == "+0.0000"
    )
