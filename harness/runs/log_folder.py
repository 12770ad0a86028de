"""The folder that a study's run writes to: found to be ours and writable, and begun, before anything trains."""

import tempfile
from pathlib import Path

from harness.errors import UsageError
from harness.records import reason, require_own, require_own_trial, require_same_folder, trial_folder
from harness.results import escape_markdown
from harness.runs.plan import Plan
from harness.tensorboard import announce_study


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
    """Say in the study's own run in TensorBoard what is under way; UsageError if the disk does not take it."""
    try:
        require_same_folder(plan.folder, plan.home)
        announce_study(plan.folder, f"{escape_markdown(plan.study.question)}\n\n{plan.tally}.")
    except OSError as error:
        raise _unwritable(plan.folder, error) from None


def _unwritable(folder: Path, error: OSError) -> UsageError:
    return UsageError(f"Log folder {str(folder)!r} cannot be written ({reason(error)}). Name another with --logdir.")
