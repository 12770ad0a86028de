"""`new`: a study's file that runs as it stands, to put one's own into."""

import re
import shlex
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

from harness.errors import UsageError
from harness.records import write_atomically
from harness.study import ScriptFlag, check_name, script_flags

_SEEDS = ("seed", "random_seed", "random_state", "rng_seed")
_FOLDERS = (
    "out",
    "output",
    "out_dir",
    "outdir",
    "output_dir",
    "logdir",
    "log_dir",
    "save_dir",
    "workdir",
    "work_dir",
    "folder",
)
_METRICS = {  # how a script that has this in its source tells what it has measured
    r"metrics\.json": '# What it has measured: metrics.json in {folder}, as {"test_accuracy": 0.9} or a list of epochs.',
    "SummaryWriter|TensorBoard|create_file_writer": 'metrics = {events = "*"}  # the event files that it leaves in {folder}',
    r"CSVLogger|DictWriter|csv\.writer|to_csv": 'metrics = {csv = "log.csv"}  # a row an epoch: put its name here',
}
_OTHERWISE = (
    'metrics = {last_lines = "accuracy: {test_accuracy}"}  # of what it prints; or csv = "log.csv", or events = "*" '
    "(TensorBoard's), or without this line metrics.json"
)


def write_study(name: str, *, kind: str, script: str, program: str) -> Path:
    """Write the file of a study of that name into the working folder and return its path; UsageError if it is there already."""
    if name.endswith(".py") and not script:
        name, script = Path(name).stem + "-study", name
    check_name("Study", name)
    path = Path(name.replace("-", "_") + (".toml" if script else ".py"))
    if path.exists():
        raise UsageError(f"File {str(path)!r} is there already; expected the name of a new study.")
    if script:
        text = _of_script(Path(script), path, program)
    else:
        template = (files("harness.cli") / "templates" / f"{kind}.txt").read_text(encoding="utf-8")
        text = Template(template).substitute(name=name, file=path, program=program)
    write_atomically(path.resolve(), text)
    return path


def _of_script(script: Path, path: Path, program: str) -> str:
    try:
        source = script.read_text(encoding="utf-8")
        flags = script_flags(source)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"Script {str(script)!r} cannot be read ({getattr(error, 'strerror', None) or error}).") from None
    except SyntaxError as error:
        raise UsageError(f"Script {str(script)!r} is no Python (line {error.lineno}: {error.msg}).") from None
    seed = next((flag for flag in flags if flag.name in _SEEDS), None)
    folder = next((flag for flag in flags if flag.name in _FOLDERS), None)
    settings = [flag for flag in flags if flag not in (seed, folder) and isinstance(flag.default, (bool, int, float, str))]
    unset = [flag.typed for flag in flags if flag not in (seed, folder, *settings)]
    words = [f"{{{flag.name}:{flag.typed}}}" if flag.switch else f"{flag.typed} {{{flag.name}}}" for flag in settings]
    words += [f"{seed.typed} {{seed}}"] if seed else []
    words += [f"{folder.typed} {{folder}}"] if folder else []
    place = shlex.quote(str(script)) if folder else f"{{study}}/{script}"
    lines = [
        f"# What does each flag of {script.name} do?",
        f"# Run it:  {program} run {path}        look first:  {program} check {path}        see it:  {program} board",
        *([] if seed else [f"# {script.name} has no flag for a seed: what differs between seeds is what it draws by itself."]),
        *([f"# Without a default, and so left out: {', '.join(unset)}."] if unset else []),
        f'question = "What does each flag of {script.name} do?"',
        f"command = {_toml(' '.join(['python', place, *words]))}",
        *([] if folder else ['working_folder = "{folder}"  # it writes where it runs, each trial in a folder of its own']),
        next((line for sign, line in _METRICS.items() if re.search(sign, source)), _OTHERWISE),
        "",
        "# [metric]  # what is judged: accuracy (the script's test_accuracy) without this",
        '# name = "error"',
        "# margin = 0.001  # the smallest difference that matters",
        "# higher_is_better = false",
        "",
        "[base]",
        *(f"{flag.name} = {_toml(flag.default)}" for flag in settings),
        "",
        "[families.flags]  # each value alone, beside the base's others",
        'kind = "one-at-a-time"',
        *(f"{flag.name} = {_toml(values)}" for flag in settings if (values := _others(flag))),
    ]
    return "\n".join(lines) + "\n"


def _others(flag: ScriptFlag) -> list[Any]:
    """Return values to try in the place of a flag's default: the other one, half and double, the other choices."""
    value = flag.default
    if isinstance(value, bool):
        return [not value]
    if flag.choices:
        return [choice for choice in flag.choices if choice != value]
    if isinstance(value, int):
        return sorted({max(1, value // 2), value * 2} - {value})
    return [value / 2, value * 2] if isinstance(value, float) and value else []


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return repr(value)
