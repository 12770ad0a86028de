"""What one sees while a run goes on."""

import io
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.console import Console

from harness.cli.terminal.progress import Outlook, RunProgress
from harness.runs.executors.protocol import Progress
from harness.runs.plan import Plan
from harness.runs.request import RunRequest
from harness.study.settings import Settings
from harness.study.study import Study, Variant

pytestmark = pytest.mark.quick

STUDY = Study("s", base=Settings(epochs=5), variants=(Variant("wide", hidden=(512,)),))


def plan(*, seconds: float = 60.0, study: Study = STUDY) -> Plan:
    trials = tuple(SimpleNamespace(trial_id=name, variant=name, seed=0, warm_start_from="") for name in study.names)
    request = RunRequest(logdir=Path("logs"), jobs=1)
    each = dict.fromkeys(study.names, seconds)
    return Plan(study, study, request, {}, trials, (), each, {"missing": len(trials)}, Path("elsewhere"))


def terminal(width: int = 120) -> Console:
    return Console(width=width, file=io.StringIO(), force_terminal=True, color_system=None)


def view(progress: RunProgress, width: int = 120) -> str:
    console = Console(width=width, file=io.StringIO(), color_system=None)
    console.print(progress)
    return console.file.getvalue()


def test_what_stands_beside_the_trials_stands_there_as_long_as_they_train():
    progress = RunProgress(plan(), terminal(), jobs=2, beside=lambda ended: (f"{55 + ended} trainings", "to 20 seeds: small"))
    progress.epoch(Progress("base", 0, 0, {}, "building the model"))
    assert "55 trainings" in view(progress) and "to 20 seeds: small" in view(progress)
    with progress:
        pass
    assert "trainings" not in view(progress)


def test_until_a_worker_is_heard_of_it_says_that_they_start():
    progress = RunProgress(plan(), terminal(), jobs=2)
    assert "Starting 2 workers, loading TensorFlow …" in view(progress)
    progress.epoch(Progress("base", 0, 0, {}, "building the model"))
    assert "Starting" not in view(progress)


def test_each_running_trial_shows_what_it_does():
    progress = RunProgress(plan(), terminal(), jobs=2)
    progress.epoch(Progress("base", 0, 0, {}, "building the model"))
    progress.epoch(Progress("wide", 0, 3, {"train_loss": 0.25, "test_accuracy": 0.97}))
    lines = view(progress).splitlines()
    assert any("base" in line and "building the model" in line for line in lines)
    assert any("wide" in line and "epoch 3 of 5" in line and "loss 0.2500" in line for line in lines)


def test_what_is_left_is_told_from_the_start_and_with_the_studies_that_come_after_it():
    alone = RunProgress(plan(), terminal(), jobs=1)
    assert "about 2 min 0 s left" in view(alone) and "after it" not in view(alone)
    later = Outlook(later=[plan(seconds=600.0, study=replace(STUDY, name="later"))])
    assert "about 2 min 0 s left, 22 min with the study after it" in view(
        RunProgress(plan(), terminal(), jobs=1, outlook=later)
    )


@pytest.mark.parametrize(("executor", "told"), [("ray", "Waiting for Ray to start 1"), ("slurm", "Waiting for Slurm to start")])
def test_who_starts_the_workers_elsewhere_is_named(executor, told):
    elsewhere = replace(plan(), request=RunRequest(logdir=Path("logs"), jobs=1, executor=executor))
    assert told in view(RunProgress(elsewhere, terminal(), jobs=1))


def test_without_a_terminal_it_says_that_workers_start_once():
    console = Console(width=120, file=io.StringIO(), color_system=None)
    with RunProgress(plan(), console, jobs=1):
        pass
    assert console.file.getvalue() == "Starting 1 worker, loading TensorFlow.\n"
