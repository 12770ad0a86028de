"""What a plan and `list` say of cost: as recorded, else guessed; and what trials that go on from others add."""

import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from calling import harness
from resulting import make_record, store

from harness.data.resolve import prepare
from harness.errors import UsageError
from harness.runs.estimate import estimate_trials, guess_seconds, trial_seconds, wall_seconds
from harness.study.settings import Settings
from harness.study.study import Study, Variant

pytestmark = pytest.mark.quick

HEAD = "study,variant,seed,status,epochs,seconds,engine\n"
STUDY = Study(
    "s",
    base=Settings(dataset="digits"),
    variants=(Variant("long", epochs=10), Variant("wide", hidden=(512,)), Variant("stop", stop_below_loss=0.1)),
)


def estimates(folder: Path, rows: str) -> dict[str, float]:
    (folder / "runs.csv").write_text(HEAD + rows)
    return estimate_trials(STUDY, {}, folder=folder)


def test_the_recorded_seconds_count(tmp_path):
    found = estimates(tmp_path, "s,base,0,ok,5,11,xla\ns,base,1,ok,5,13,xla\ns,long,0,ok,10,20,xla\n")
    assert found["base"] == 12 and found["long"] == 20


@pytest.mark.parametrize(
    ("history", "seconds"),
    [
        ({"epoch_seconds": [4.0, 1.0], "test_seconds": [0.5, 0.5]}, 8 + 8 * 1.5),  # the first includes compiling
        ({"epoch_seconds": [9.0, 0.5], "test_seconds": [0.5, 1.0], "epoch": [1, 2]}, 8 + 8 * 1.5),
        ({"epoch_seconds": [1e-9], "test_seconds": [1.0], "epoch": [2]}, 8 + 8e-9),  # no epoch takes longer than the first
        ({"epoch_seconds": [math.nan, math.nan], "test_seconds": [1.0, 1.0]}, 8),
        ({}, 8),
    ],
)
def test_a_run_of_fewer_epochs_counts_with_the_seconds_of_its_epochs(tmp_path, history, seconds):
    store(tmp_path, replace(make_record(), variant="long", history={"train_loss": [0.5, 0.3], **history}))
    (tmp_path / "s/runs.csv").write_text(HEAD + "s,long,0,ok,2,8,xla\n")
    assert estimate_trials(STUDY, {}, folder=tmp_path / "s")["long"] == seconds


@pytest.mark.parametrize("first", [180.0, math.nan])
def test_of_a_run_of_one_epoch_which_compiled_only_the_others_are_guessed(tmp_path, first):
    store(tmp_path, replace(make_record(), variant="long", history={"epoch_seconds": [first], "test_seconds": [9.0]}))
    (tmp_path / "s/runs.csv").write_text(HEAD + "s,long,0,ok,1,190,xla\n")
    settings = STUDY.settings("long")
    others = guess_seconds(STUDY, settings, {}) - guess_seconds(STUDY, replace(settings, epochs=1), {})
    assert estimate_trials(STUDY, {}, folder=tmp_path / "s")["long"] == pytest.approx(190 + others)


def test_a_test_counts_only_for_the_epochs_that_are_tested(tmp_path):
    study = replace(STUDY, base=replace(STUDY.base, epochs=1_000, log_every=100), variants=())
    store(tmp_path, replace(make_record(), history={"epoch_seconds": [9.0, 0.01], "test_seconds": [9.0, 0.5]}))
    (tmp_path / "s/runs.csv").write_text(HEAD + "s,base,0,ok,2,20,xla\n")
    assert estimate_trials(study, {}, folder=tmp_path / "s")["base"] == pytest.approx(20 + 998 * (0.01 + 0.5 / 100))


def test_a_run_of_fewer_epochs_without_a_record_counts_as_it_is(tmp_path):
    assert estimates(tmp_path, "s,long,0,ok,2,8,xla\n")["long"] == 8


def test_early_stopping_and_estimators_take_what_they_took(tmp_path):
    found = estimates(tmp_path, "s,stop,0,ok,2,9,xla\ns,long,0,ok,1,7,scikit-learn\n")
    assert found["stop"] == 9 and found["long"] == 7


def test_what_is_not_recorded_is_guessed_and_corrected_by_what_is(tmp_path):
    guesses = estimate_trials(STUDY, {}, folder=tmp_path)
    found = estimates(tmp_path, f"s,base,0,ok,5,{10 * guesses['base']},xla\n")
    assert found["wide"] == pytest.approx(10 * guesses["wide"])


@pytest.mark.parametrize(
    "rows", ["s,base,0,failed,5,99,xla\n", "s,base,0,ok,5,many,xla\n", "s,base,0,ok,5,inf,xla\n", "\0", "x"]
)
def test_failed_and_damaged_rows_say_nothing(tmp_path, rows):
    assert estimates(tmp_path, rows) == estimate_trials(STUDY, {}, folder=tmp_path / "absent")


def guess(**changes: object) -> float:
    return guess_seconds(STUDY, Settings(**{"dataset": "mnist", **changes}), {})


def test_the_guess_grows_with_width_epochs_and_samples_and_heeds_steps_and_validation():
    assert guess() < guess(hidden=(1024,)) and guess() < guess(epochs=6)
    assert guess(samples=600) < guess(samples=6_000) < guess(validation=30_000) < guess()
    assert guess(steps_per_epoch=10) < guess(steps_per_epoch=100) < guess()


def test_a_stand_in_counts_with_its_own_size():
    settings = Settings(dataset="mnist")
    assert guess_seconds(STUDY, settings, {"mnist": prepare("digits")}) < guess()


def test_a_study_of_few_features_costs_less_than_one_of_images():
    points = replace(STUDY, build=print, arrays=print)
    assert guess_seconds(points, Settings(samples=6_000), {}) < guess(samples=6_000)
    assert guess_seconds(points, Settings(samples=600), {}) < guess_seconds(points, Settings(samples=6_000), {})


def test_a_study_may_say_what_its_steps_take():
    slow = replace(STUDY, step_seconds=lambda settings: 0.1 * settings.batch_size)
    settings = Settings(dataset="mnist", batch_size=4, steps_per_epoch=10, epochs=3)
    assert guess_seconds(slow, settings, {}) == pytest.approx(1.5 + 12.0)


@pytest.mark.parametrize("said", [0, -1.0, math.nan, math.inf, "fast", None, True])
def test_nonsense_for_seconds_is_refused_in_one_line(said):
    with pytest.raises(UsageError, match=r"Study 's': step_seconds\(settings\) is .*; expected seconds, such as 0.01."):
        estimate_trials(replace(STUDY, step_seconds=lambda settings: said), {}, folder=Path("absent"))


TRIALS = tuple(
    SimpleNamespace(trial_id=name, variant=name, warm_start_from=before) for name, before in (("a", ""), ("b", "a"), ("c", "z"))
)
SECONDS = {"a": 10.0, "b": 30.0, "c": 5.0}


def test_a_trial_that_goes_on_from_another_costs_only_the_rest():
    assert trial_seconds(TRIALS, SECONDS) == [10.0, 20.0, 5.0]


def test_workers_share_the_time_but_the_longest_trial_bounds_it():
    assert wall_seconds(TRIALS, SECONDS, workers=1) == 35.0
    assert wall_seconds(TRIALS, SECONDS, workers=9) == 30.0


@pytest.mark.processes
def test_the_list_needs_neither_tensorflow_nor_pandas(tmp_path):
    program = (
        "import sys; from harness.cli.app import main\n"
        f"try: main(['list', '--logdir', {str(tmp_path)!r}])\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        "heavy = {'tensorflow', 'keras', 'numpy', 'pandas', 'sklearn'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=600)
    assert finished.returncode == 0, finished.stderr
    assert "ablations" in finished.stdout and "85" in finished.stdout


def test_the_list_takes_the_recorded_times(tmp_path):
    (tmp_path / "ablations").mkdir()
    (tmp_path / "ablations/runs.csv").write_text(HEAD + "ablations,base,0,ok,5,77.7,xla\n")
    assert "77.7" in harness("list", "ablations", "--logdir", tmp_path).output


def test_a_listed_study_says_what_it_teaches_by_what_and_in_which_families(tmp_path):
    (tmp_path / "own.py").write_text(
        "from harness import Metric, Settings, Study, Variant\nSTUDY = Study('own', base=Settings(), question='Why?',\n"
        "    lesson='Wide is slow.', metric=Metric('rmse', margin=0.02, higher_is_better=False),\n"
        "    variants=(Variant('a', hidden=(2,), family='widths'), Variant('b', epochs=9)))\n"
    )
    result = harness("list", tmp_path / "own.py")
    assert "Lesson: Wide is slow." in result.output and "widths" in result.output
    assert "test rmse, lower is better, differences below 0.02 do not matter" in result.output
    assert "3 variants (the base included) × 5 seeds = 15 trials" in result.output
