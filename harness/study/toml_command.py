"""A TOML study's command, and its base: the script's own settings with their values."""

from typing import Any

from harness.errors import UsageError
from harness.study.command import KINDS, Command
from harness.study.own_settings import is_made, made_settings
from harness.study.setting_values import check
from harness.study.settings import values_of
from harness.study.study import Study
from harness.study.toml_file import TomlFile
from harness.study.toml_values import require_known

COMMAND_KEYS = ("command", "metrics", "environment", "working_folder")


def command_of(file: TomlFile) -> Command | None:
    """Return the command that a file declares, with what its metrics are read of; None where it declares none."""
    if "command" not in file.content:
        for key in COMMAND_KEYS[1:]:
            with file.at(key):
                if key in file.content:
                    raise UsageError(f'{key} is of a command; expected command = "python train.py --seed {{seed}}" beside it.')
        return None
    options: dict[str, Any] = {}
    with file.at("command"):
        line = check("command", file.content["command"], str)
    for key in file.table("metrics"):
        with file.at("metrics", key):
            require_known("Key of metrics", key, (*KINDS, "names"))
            if key != "names":
                options[key] = check(key, file.table("metrics")[key], str)
    options["names"] = dict(file.table("metrics", "names"))
    with file.at("environment"):
        options["environment"] = check("environment", file.content.get("environment", []), tuple[str, ...])
    if "working_folder" in file.content:
        with file.at("working_folder"):
            options["working_folder"] = check("working_folder", file.content["working_folder"], str)
    with file.at("command"):
        return Command(line, **options)


def base_of_command(file: TomlFile, like: Study | None) -> Any:
    """Return the settings of the table [base], each of its value's type, on top of those of a study with a command too."""
    values = values_of(like.base) if like is not None and is_made(like.base) else {}
    for name, value in file.table("base").items():
        with file.at("base", name):
            made_settings({name: value}, who="base")
    with file.at("base"):
        return made_settings(values | dict(file.table("base")), who="base")
