"""What of a study's command cannot work, whatever its script does; found out before anything runs."""

from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.runs.plan import Plan
from harness.study import BASE, Command, values_of

_OF_A_SHELL = frozenset(("|", "||", "&&", ">", ">>", "<", "2>", "2>&1", "&>"))


def require_command(plan: Plan) -> None:
    """Raise UsageError for a command that is meant for a shell, leaves its metrics elsewhere, or names no script of its own."""
    study = plan.study
    command = study.command
    if command is None or not plan.trials:
        return
    who = f"Study {study.name!r}: the command"
    if signs := [word for word in command.words if word in _OF_A_SHELL]:
        raise UsageError(
            f"{who} has {signs[0]!r}, which is for a shell, and none reads it; its output is kept as output.txt. Expected one "
            f"program with its arguments, or sh -c '...'."
        )
    if command.kind != "last_lines" and not command.names_folder:
        left = command.json or command.csv or "event files"
        raise UsageError(
            f"{who} does not name {{folder}}, where its {left} would be looked for; expected it in the command, as in --out "
            f"{{folder}}, or working_folder = '{{folder}}' for a script that writes where it runs, or last_lines."
        )
    for name in study.names:
        if plan.count(name) and study.expectation(name).finishes:
            fault = _missing_script(command, values_of(study.settings(name)), study.file.parent)
            if fault:
                what = "the base" if name == BASE else f"variant {name!r}"
                raise UsageError(f"{who} of {what}: {fault}")


def _missing_script(command: Command, settings: dict[str, Any], home: Path) -> str:
    """Say that the script which a Python is to run is not there; empty where it is, or where that cannot be told."""
    values = settings | {"seed": 0, "folder": "", "threads": 1, "gpu": "", "study": str(home)}
    program, script, *_ = (*command.arguments(values), "", "")
    if not Path(program).name.startswith("python") or not script.endswith(".py") or script.startswith("-"):
        return ""
    if command.runs_in_folder and not Path(script).is_absolute():
        return f"{script!r} is not found in {{folder}}, where it runs; expected {{study}}/{script}."
    place = home / command.place(command.working_folder, values)
    return "" if (place / script).is_file() else f"{script!r} is not found in {place}; expected the path of a script."
