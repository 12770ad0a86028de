"""Trials that differ in their epochs alone: the longer one goes on from the shorter one's end, with the same bits."""

from dataclasses import replace
from pathlib import Path

import pytest

from harness.data.resolve import prepare
from harness.records.record import Record
from harness.runs.plan import make_plan
from harness.runs.request import RunRequest
from harness.study.loading import load_study
from harness.training.trial import Trial

pytestmark = pytest.mark.quick

STUDY = """
from harness import Settings, Study, Variant

STUDY = Study("s", base=Settings(dataset="digits", hidden=(8,), epochs=1), question="Do more epochs help?", variants=(
    Variant("longest", epochs=4), Variant("wide", hidden=(9,)), Variant("longer", epochs=2),
    Variant("fast", learning_rate=0.01)))
"""
OWN = STUDY.replace("variants=", "build=lambda settings: None, variants=")
SCORES = ("train_loss", "train_accuracy", "test_loss", "test_accuracy")


def planned(folder: Path, text: str = STUDY) -> list[Trial]:
    path = folder / "s.py"
    path.write_text(text)
    request = RunRequest(logdir=folder / "logs", seeds=2, engine="graph")
    return list(make_plan(load_study(str(path)), request, {"digits": prepare("digits")}).trials)


@pytest.fixture
def trials(tmp_path: Path) -> dict[str, Trial]:
    return {trial.variant: trial for trial in planned(tmp_path) if trial.seed == 0}


def trained(trial: Trial, *, attempt: int, ends: Path | None) -> Record:
    from harness.training.trial_runner import run_trial

    return run_trial(replace(trial, attempt=attempt, warm_start_folder=ends), lambda epoch, values: False)


def test_each_trial_is_tied_to_the_next_shorter_one(trials: dict[str, Trial]) -> None:
    assert trials["longest"].warm_start_from == trials["longer"].trial_id
    assert trials["longer"].warm_start_from == trials["base"].trial_id
    assert not trials["base"].warm_start_from and trials["base"].leaves_warm_start
    assert trials["longer"].leaves_warm_start and not trials["longest"].leaves_warm_start


def test_other_differences_tie_nothing(trials: dict[str, Trial]) -> None:
    for name in ("wide", "fast"):
        assert not trials[name].warm_start_from and not trials[name].leaves_warm_start


def test_a_seed_is_run_whole_before_the_next_and_a_chain_from_its_beginning(tmp_path: Path) -> None:
    order = [(trial.seed, trial.variant) for trial in planned(tmp_path)]
    assert [seed for seed, _ in order] == [0] * 5 + [1] * 5
    chain = [name for seed, name in order if seed == 0 and name in ("base", "longer", "longest")]
    assert chain == ["base", "longer", "longest"]
    assert order[0] == (0, "base")  # most work waits for it


def test_a_study_with_a_model_of_its_own_is_trained_apart(tmp_path: Path) -> None:
    assert not any(trial.warm_start_from or trial.leaves_warm_start for trial in planned(tmp_path, OWN))


@pytest.mark.processes
def test_going_on_gives_what_training_alone_gives(trials: dict[str, Trial], tmp_path: Path) -> None:
    ends = tmp_path / "ends"
    trained(trials["base"], attempt=1, ends=ends)
    trained(trials["longer"], attempt=1, ends=ends)
    together = trained(trials["longest"], attempt=1, ends=ends)
    alone = trained(trials["longest"], attempt=2, ends=None)
    assert together.provenance["continues_from"] == 2 and "continues" not in alone.provenance
    assert {name: together.history[name] for name in SCORES} == {name: alone.history[name] for name in SCORES}
    assert together.first_test_image == alone.first_test_image
    given = sum(together.history["epoch_seconds"][:2]) + sum(together.history["test_seconds"][:2])
    assert together.provenance["earlier_seconds"] == pytest.approx(given)
    assert together.cost["seconds"] > given


@pytest.mark.processes
def test_without_the_shorter_ones_end_all_epochs_are_trained(trials: dict[str, Trial], tmp_path: Path) -> None:
    (tmp_path / "ends").mkdir()
    (tmp_path / "ends" / f"end-{trials['base'].trial_id}.npz").write_bytes(b"torn")
    record = trained(trials["longer"], attempt=1, ends=tmp_path / "ends")
    assert record.status == "ok" and record.epochs == 2 and "continues" not in record.provenance
