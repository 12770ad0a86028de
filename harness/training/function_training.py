"""A trial that the study's own train(settings, trial) trains: seeded, called, and held to what it was to heed."""

from typing import Any

from harness.engine import keras_internals
from harness.errors import UsageError
from harness.models import opened, seed_everything
from harness.study import call, differences, show_value, watch
from harness.training.context import TrialContext
from harness.training.function_checkpoints import ENGINE
from harness.training.function_trial import WHO, FunctionTrial
from harness.training.own_epochs import Diverged


def train_by_function(context: TrialContext) -> None:
    """Train a trial by the study's function; UsageError where it has not heeded what its variant changes.

    Where it asks for data, it is given the dataset that its settings name, in arrays that cannot be written to. Its `log`
    is called straight through: each epoch is kept and shown before the function goes on.
    """
    study, seed = context.study, context.trial.seed
    assert study.train is not None
    context.progress.provenance |= {"engine": ENGINE, "engine_reason": f"the study has {WHO}"}
    keras_internals.reset_uids()
    seed_everything(seed)
    data = _data(context)
    read = set() if data is None else {"dataset"}
    trial = FunctionTrial(context)
    try:
        returned = call(study.train, watch(context.settings, read, shown=False), trial, data=data)
    except Diverged:
        returned = None
    if isinstance(trial.ended, Diverged):
        trial.ended = None
    trial.end(returned)
    _require_heeded(context, read)


def _data(context: TrialContext) -> Any:
    """Return the dataset for a function that asks for it, None for another one."""
    study, prepared = context.study, context.trial.data
    if prepared is None and study.needs_dataset:
        raise UsageError(f"Study {study.name!r} needs dataset {context.settings.dataset!r}; the trial names none.")
    return None if prepared is None else opened(prepared)


def _require_heeded(context: TrialContext, read: set[str]) -> None:
    """Raise UsageError where the function never asked for a setting that the variant changes: it has trained its control."""
    study, name, settings = context.study, context.trial.variant, context.settings
    control = study.control(name)
    unread = [one for one in differences(settings, study.settings(control)) if one not in read] if control else []
    if unread:
        changed = f"{unread[0]}={show_value(getattr(settings, unread[0]))}"
        raise UsageError(
            f"Variant {name!r} of study {study.name!r} changes {changed}, and {WHO} never read settings.{unread[0]}, so that "
            f"it trained what {control!r} does; expected a function that uses it."
        )
    if unheeded := [one for one, _ in context.trial.base_changes if one not in read]:
        context.progress.provenance["settings_unread"] = unheeded
