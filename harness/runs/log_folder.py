"""The folder that a study's run writes to: found to be ours and writable, and begun, before anything trains."""

import tempfile
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.records import reason, require_own, require_own_trial, require_same_folder, trial_folder
from harness.runs.plan import Plan
from harness.study import Study, hparam_values
from harness.tensorboard import metric_columns, write_study


def require_writable(folder: Path) -> None:
    """Make the study's folder; UsageError if nothing can be written there, or if it is a link to another place."""
    try:
        require_own(folder, root=folder.parent)
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise _unwritable(folder, error) from None


def require_own_trials(plan: Plan) -> None:
    """Raise UsageError where the folder of a trial, or one above it, is a symbolic link: what it leads to is not ours."""
    try:
        for name in plan.study.names:
            for seed in range(plan.study.trials_of(plan.request.seeds)):
                require_own_trial(trial_folder(plan.request.logdir, plan.study.name, name, seed))
    except OSError as error:
        raise _unwritable(plan.folder, error) from None


def begin_study(plan: Plan) -> None:
    """Write the study's columns for the HParams tab; UsageError if the disk does not take them."""
    try:
        require_same_folder(plan.folder, plan.home)
        validated = any(getattr(plan.study.settings(name), "validation", None) for name in plan.study.names)
        metrics = metric_columns(plan.study.metric.name, validation=validated)
        write_study(plan.folder, hyperparameters=_hyperparameters(plan.declared, plan.study), metrics=metrics)
    except OSError as error:
        raise _unwritable(plan.folder, error) from None


def _hyperparameters(*studies: Study) -> dict[str, list[Any]]:
    """Return each setting's values over all variants: the whole study's too, whose older trials the tab still shows."""
    columns: dict[str, list[Any]] = {}
    for study in studies:
        for name in study.names:
            for setting, value in hparam_values(study.settings(name)).items():
                columns.setdefault(setting, []).append(value)
    return columns


def _unwritable(folder: Path, error: OSError) -> UsageError:
    return UsageError(f"Log folder {str(folder)!r} cannot be written ({reason(error)}). Name another with --logdir.")
