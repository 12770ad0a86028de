"""How a study that trains itself does so, by a function of its own or by a command: without arrays, and without a model."""

from collections.abc import Callable

from harness.study import Study
from harness.training.command_training import train_by_command
from harness.training.context import TrialContext
from harness.training.function_training import train_by_function

OwnTraining = Callable[[TrialContext], None]


def own_training(study: Study) -> OwnTraining | None:
    """Return what carries out a trial of a study that trains itself; None where the harness trains."""
    if study.train is not None:
        return train_by_function
    return train_by_command if study.command is not None else None


def note_undrawn(context: TrialContext) -> None:
    """Say that what is logged on request is drawn of models that the harness trains."""
    if context.trial.log:
        said = "not drawn: the study trains itself, and the harness sees no model"
        context.progress.provenance["pictures"] = dict.fromkeys(context.trial.log, said)
