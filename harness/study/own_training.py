"""What cannot be meant in a study that trains itself, by a function of its own or by a command."""

from typing import TYPE_CHECKING, Any

from harness.errors import UsageError
from harness.study.settings import Settings, differences, values_of
from harness.study.splits import PREFIXES

if TYPE_CHECKING:
    from harness.study.study import Study

_TRIED: dict[str, Any] = {"seed": 0, "folder": "", "threads": 1, "gpu": "", "study": ""}


def check_own_training(study: "Study") -> None:
    """Raise UsageError where a study that trains itself declares what only the harness's training has, or the reverse."""
    who = f"Study {study.name!r}"
    if not study.trains_itself:
        if not isinstance(study.base, Settings):
            expected = "expected harness.Settings; others are for studies with train(settings, trial) or a command"
            raise UsageError(f"{who}: base is {str(study.base)[:80]!r}; {expected}.")
        return
    if study.train is not None and study.command is not None:
        raise UsageError(f"{who} has both train(settings, trial) and a command; expected one.")
    own = "a command" if study.command is not None else "train(settings, trial)"
    if study.train is not None and not callable(study.train):
        raise UsageError(f"{who}: train is {str(study.train)[:80]!r}; expected a function train(settings, trial).")
    for name in ("build", "arrays", "arrange", "datasets", "folds", "callbacks", "phases", "step_seconds"):
        if getattr(study, name) is not None:
            raise UsageError(f"{who} has {own}, which makes its own model and data, and {name} too; expected one of the two.")
    if study.pictures:
        advice = "trial.figure(name, figure) shows its own" if study.train is not None else "leave pictures out"
        raise UsageError(
            f"{who} has {own}, and pictures={study.pictures}, which are of models that the harness trains; {advice}."
        )
    prefix = next((prefix for prefix in PREFIXES if study.metric.name.startswith(prefix)), "")
    if prefix:
        plain = study.metric.name.removeprefix(prefix)
        raise UsageError(f"{who} is judged by {study.metric.name!r} on the test samples; expected its plain name, {plain!r}.")


def check_command(study: "Study", name: str, settings: Any) -> None:
    """Raise UsageError where a study's command cannot be made of some settings, or does not name what these change."""
    command = study.command
    if command is None:
        return
    values = values_of(settings)
    command.check(values)
    for setting in differences(settings, study.base):
        if setting not in command.named():
            raise UsageError(
                f"Variant {name!r} of study {study.name!r} changes {setting}, which the command does not name, so that it "
                f"would train the same; expected {{{setting}}} in it, as in --{setting} {{{setting}}}."
            )
    tried = values | _TRIED
    command.arguments(tried)
    command.variables(tried)
    for text in (command.working_folder, command.json, command.csv, command.events):
        command.place(text, tried)
