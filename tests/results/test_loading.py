import math
from dataclasses import replace

import pytest
from resulting import make_record, store, store_study

import harness
from harness.errors import UsageError
from harness.records.record import trial_folder, write_record
from harness.results.loading import gather_records, load

pytestmark = pytest.mark.quick


def test_load_gives_one_row_a_trial_with_settings_and_costs(tmp_path):
    trials = harness.load(store_study(tmp_path, seeds=2) / "s").trials
    assert list(trials.variant) == ["base", "base", "wide", "wide", "deep", "deep", "broken", "broken"]
    row = trials.set_index(["variant", "seed"]).loc["deep", 1]
    assert (row.setting_hidden, row.setting_epochs, row.cost_parameters, row.control) == ("512-256", 2, 1000, "base")
    assert row.test_accuracy == make_record("deep", 1).metrics["test_accuracy"]


def test_load_gives_one_row_a_trial_and_epoch(tmp_path):
    epochs = harness.load(store_study(tmp_path, seeds=2)).epochs
    assert list(epochs.query("variant == 'wide' and seed == 1").epoch) == [1, 2]
    assert list(epochs.query("variant == 'base' and seed == 0").train_loss) == [0.5, 0.3]
    assert "broken" not in set(epochs.variant)


def test_trials_that_never_trained_have_no_epochs(tmp_path):
    results = load(store(tmp_path, make_record("broken")))
    assert len(results.trials) == 1 and results.epochs.empty and "epoch" in results.epochs.columns


def test_what_is_not_finite_is_nan(tmp_path):
    record = make_record(
        "base", history={"train_loss": [0.5, math.inf]}, metrics={"test_accuracy": math.nan}, cost={"seconds": math.nan}
    )
    results = load(store(tmp_path, record))
    assert math.isnan(results.epochs.train_loss[1]) and math.isnan(results.trials.test_accuracy[0])
    assert math.isnan(results.trials.seconds[0])


def test_a_damaged_record_is_set_aside_with_a_warning(tmp_path):
    store_study(tmp_path, seeds=2)
    trial_folder(tmp_path, "s", "base", 0).joinpath("record.json").write_text("{")
    with pytest.warns(UserWarning, match="base/seed-0"):
        results = load(tmp_path)
    assert len(results.trials) == 7 and len(results.problems) == 1


def test_a_second_record_of_a_trial_is_set_aside_and_that_at_its_own_place_counts(tmp_path):
    store(tmp_path, make_record(accuracy=0.5))
    write_record(tmp_path / "a-copy" / "seed-0", make_record(accuracy=0.9))
    gathered = gather_records(tmp_path)
    assert [record.metrics["test_accuracy"] for record in gathered.records] == [0.5]
    assert len(gathered.problems) == 1 and "a-copy" in gathered.problems[0].split(": a second record")[0]


@pytest.mark.parametrize("name", ["", "absent", "a\x00b", "x" * 300])
def test_a_folder_without_records_is_refused(tmp_path, name):
    with pytest.raises(UsageError, match="expected LOGDIR"):
        load(tmp_path / name)


@pytest.mark.parametrize(
    "values",
    [
        {"metrics": {"test_accuracy": "high"}},
        {"metrics": [1]},
        {"history": {"train_loss": 3}},
        {"cost": {"parameters": 10**400}},
        {"status": "fine"},
        {"seed": "one"},
        {"settings": None},
    ],
    ids=lambda values: next(iter(values)),
)
def test_a_whole_record_of_what_no_trial_leaves_is_set_aside(tmp_path, values):
    store(tmp_path, make_record("wide"))
    write_record(tmp_path / "s" / "base" / "seed-0", replace(make_record(), **values))
    gathered = gather_records(tmp_path)
    assert [record.variant for record in gathered.records] == ["wide"]
    assert len(gathered.problems) == 1 and "is no record of a trial" in gathered.problems[0]


def test_epochs_that_were_not_logged_have_no_row_and_the_others_their_own_number(tmp_path):
    history = {"train_loss": [0.5, 0.3], "test_accuracy": [0.9, 0.95], "epoch": [10, 15], "step": [100, 150]}
    epochs = load(store(tmp_path, make_record(history=history))).epochs
    assert list(epochs.epoch) == [10, 15] and list(epochs.step) == [100, 150]
    assert list(epochs.columns)[:5] == ["study", "variant", "seed", "trial_id", "epoch"]
