"""Summaries by the last epoch, the best one, and the one that validation chooses."""

import json
import math
from dataclasses import replace

import pytest
from calling import harness
from measuring import RMSE, regression_record, regression_study
from resulting import store, store_study

from harness import UsageError
from harness.analysis.epochs import BEST, LAST, VALIDATION, all_at_epoch, at_epoch, chosen_epoch, epoch_numbers
from harness.analysis.summary import summary_table
from harness.study.metrics import ACCURACY, Metric

pytestmark = pytest.mark.quick


def test_the_last_epoch_leaves_a_record_as_it_is():
    record = regression_record()
    assert at_epoch(record, LAST, RMSE) is record


def test_the_best_epoch_is_the_one_with_the_best_test_value_in_the_metrics_direction():
    record = regression_record(rmse=0.7)
    assert chosen_epoch(record, BEST, RMSE).epoch == 20
    assert at_epoch(record, BEST, RMSE).metrics["test_rmse"] == pytest.approx(0.65)
    upwards = Metric("rmse", margin=0.01, higher_is_better=True)
    assert chosen_epoch(record, BEST, upwards).epoch == 10


def test_the_epoch_that_validation_chooses_is_judged_on_the_test_samples():
    record = at_epoch(regression_record(rmse=0.7), VALIDATION, RMSE)
    assert record.metrics["test_rmse"] == pytest.approx(1.0) and record.metrics["validation_rmse"] == 0.6
    assert record.metrics["train_loss"] == 0.9 and "test_seconds" not in record.metrics


def test_epochs_are_counted_from_one_where_none_was_left_out():
    history = {"train_loss": [3.0, 1.0], "test_rmse": [0.5, math.nan]}
    record = regression_record(history=history)
    assert epoch_numbers(record) == [1, 2] and chosen_epoch(record, BEST, RMSE).epoch == 1


def test_a_value_that_is_not_finite_is_never_the_best():
    record = regression_record(history={"test_rmse": [math.nan, 0.4, math.inf]})
    assert chosen_epoch(record, BEST, RMSE).value == 0.4
    assert math.isnan(chosen_epoch(regression_record(history={}), BEST, RMSE).epoch)


def test_what_rests_on_the_last_epochs_answers_is_left_out_of_another_epoch():
    record = regression_record(cost={"test_samples": 100, "seconds": 1.0}, first_test_image=(0.2, 0.8))
    chosen = at_epoch(record, BEST, RMSE)
    assert "test_samples" not in chosen.cost and chosen.first_test_image == () and chosen.cost["seconds"] == 1.0


def test_without_any_validation_the_choice_by_it_is_refused():
    record = regression_record(history={"test_rmse": [0.5]})
    with pytest.raises(UsageError, match="No trial has validation samples, r/base/seed-0 for one.*validation=N"):
        all_at_epoch([record], VALIDATION)


def test_trials_without_validation_are_named_and_have_no_values():
    without = replace(regression_record(seed=1), history={"test_rmse": [0.5]})
    records, (line,) = all_at_epoch([regression_record(), without], VALIDATION)
    assert "1 of 2 trials have no validation samples, r/base/seed-1" in line
    assert math.isnan(records[1].metrics["test_rmse"])


def test_an_epoch_of_no_such_name_is_answered_with_the_nearest():
    with pytest.raises(UsageError, match="Did you mean 'best'"):
        all_at_epoch([regression_record()], "bset")


def test_the_summary_always_says_what_the_chosen_epochs_would_give():
    row = summary_table(regression_study()).iloc[0]
    assert (row.best_epoch, row.validation_epoch) == (20, 10)
    assert row.best_value == pytest.approx(0.65) and row.value_at_validation == pytest.approx(1.0)
    without = summary_table([regression_record(history={"test_rmse": [0.6, 0.5]})]).iloc[0]
    assert without.best_epoch == 2 and math.isnan(without.value_at_validation)


@pytest.mark.parametrize(
    ("epoch", "value", "said"),
    [("last", 0.70, ""), ("best", 0.65, "an optimistic choice"), ("validation", 1.0, "best on the validation samples")],
)
def test_compare_makes_the_whole_table_by_the_epoch_asked_for_and_says_so(tmp_path, epoch, value, said):
    logdir = store(tmp_path, *regression_study())
    table = harness("compare", logdir, "--epoch", epoch)
    assert said in table.stdout and ("Values of the epoch" in table.stdout) == bool(said)
    written = harness("compare", logdir, "--epoch", epoch, "--format", "csv", "--columns", "variant,value,verdict").stdout
    _, shown, verdict = written.splitlines()[1].split(",")
    assert float(shown) == pytest.approx(value) and verdict == "" and ",better" in written.splitlines()[2]


def test_compare_by_validation_of_a_study_without_any_is_refused(tmp_path):
    result = harness("compare", store_study(tmp_path), "--epoch", "validation")
    assert result.exit_code == 2 and "No trial has validation samples" in result.stderr and not result.stdout


def test_a_study_without_validation_samples_says_so_beside_one_that_has_them(tmp_path):
    store_study(store(tmp_path, *regression_study()))
    words = ("--epoch", "validation", "--format", "json", "--columns", "study,variant,verdict,note")
    found = json.loads(harness("compare", tmp_path, *words).stdout)
    notes = {row["variant"]: row["note"] for row in found if row["study"] == "s"}
    assert notes["base"] == notes["wide"] == "no validation samples" and "5% of a_b" in notes["broken"]
    assert "no validation samples" not in notes["broken"]


def test_a_control_without_validation_samples_is_the_reason_of_its_variants(tmp_path):
    base = [replace(record, history={}) for record in regression_study() if record.variant == "base"]
    store(tmp_path, *regression_study())
    store(tmp_path, *base)
    words = ("--epoch", "validation", "--format", "json", "--columns", "variant,note")
    notes = {row["variant"]: row["note"] for row in json.loads(harness("compare", tmp_path, *words).stdout)}
    assert notes["base"] == "no validation samples" and notes["deep"] == "no validation samples in the control"


def test_a_csv_holds_one_epoch_only(tmp_path):
    path = tmp_path / "summary.csv"
    path.write_text("study,variant,status,test_accuracy\ns,base,ok,0.9\n")
    result = harness("compare", path, "--epoch", "best")
    assert result.exit_code == 2 and "expected a log folder for --epoch best" in result.stderr


def test_accuracy_is_best_where_it_is_highest():
    record = regression_record(history={"test_accuracy": [0.5, 0.9, 0.8]}, metric={})
    assert chosen_epoch(record, BEST, ACCURACY).epoch == 2
