"""Trials of studies that train themselves, run in this process."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from harness.records.record import Record
from harness.runs.plan import make_plan
from harness.runs.request import RunRequest
from harness.study.loading import load_study
from harness.training.trial import Trial

HEAD = "from harness import Command, Metric, Settings, Study, UsageError, Variant, diverges, raises\n"


def planned(path: Path, variant: str = "base", *, seed: int = 0, **options: object) -> Trial:
    """Return a trial of the study of a file, its log folder beside it."""
    study = load_study(str(path))
    request = RunRequest(logdir=path.parent / "logs", seeds=seed + 1, checkpoint_seconds=0.0, **options)
    (request.logdir / study.name).mkdir(parents=True, exist_ok=True)
    plan = make_plan(study, request, {})
    return next(trial for trial in plan.trials if (trial.variant, trial.seed) == (variant, seed))


def ran(trial: Trial, *, attempt: int = 1, stop_after: float = 99, stop: Callable[[], bool] = lambda: False) -> Record:
    """Run one attempt at a trial; stop_after: the epoch after which it is asked to stop."""
    from harness.training.trial_runner import run_trial

    return run_trial(replace(trial, attempt=attempt), lambda epoch, values: epoch >= stop_after, stop)
