"""A trial that a command trains: run with the trial's settings in their places, and measured by what it leaves."""

import math
import os
import re
import shlex
import shutil
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.study import Command, values_of
from harness.training.command_metrics import WHO, read_metrics
from harness.training.command_process import Ended, environment_of, last_lines, run_process
from harness.training.context import Interrupted, TrialContext
from harness.training.live_curves import LiveCurves

ENGINE = "command"
OUTPUT = "output.txt"  # as a worker's own output is named
SHOWN_LINES = 20  # of the output, beside an error
_ERROR = re.compile(r"(?:[A-Za-z_]\w*\.)*([A-Z]\w*(?:Error|Exception|Interrupt|Exit|Warning)|[A-Z]\w*Error\w*): ?(.*)")


class CommandFailed(Exception):
    """A script has ended with another status than 0; of a Python script's own error, a class of that one's name."""


def train_by_command(context: TrialContext) -> None:
    """Train a trial by the study's command; UsageError where what it leaves has not what the study is judged by."""
    command, study = context.study.command, context.study
    assert command is not None
    home = study.file.parent
    folder = context.board.folder / "files"
    folder.mkdir(parents=True, exist_ok=True)
    values = _values(command, context, folder=folder, home=home)
    arguments = _with_program(command.arguments(values))
    context.progress.provenance |= {"engine": ENGINE, "engine_reason": "the study has a command", "ran": shlex.join(arguments)}
    context.progress.provenance |= {} if "seed" in command.named() else {"unseeded": True}
    context.progress.cost["peak_memory_mb"] = math.nan  # the script's is not known, and this process's says nothing of it
    variables = environment_of(command.variables(values), threads=values["threads"])
    place = home / command.place(command.working_folder, values)
    with (context.board.folder / OUTPUT).open("w+b") as output:
        curves = LiveCurves(context, command, folder=folder)
        ended = _run(arguments, context, place=place, variables=variables, output=output, meanwhile=curves.look)
        lines = last_lines(output)
    if ended.stopped:
        raise Interrupted("the command was stopped.")
    if ended.status:
        raise failure(ended.status, lines)
    try:
        curves.end(read_metrics(command, study.metric, folder=folder, lines=lines))
    except UsageError as error:
        error.add_note(_shown(lines))
        raise


def _run(arguments: Sequence[str], context: TrialContext, *, place: Path, **options: Any) -> Ended:
    try:
        return run_process(arguments, folder=place, stop_asked=context.stop_asked, **options)
    except FileNotFoundError:
        missing = f"program {arguments[0]!r}" if place.is_dir() else f"working folder {str(place)!r}"
        raise UsageError(f"{WHO}: {missing} is not found.") from None
    except PermissionError:
        raise UsageError(f"{WHO}: {arguments[0]!r} may not be run; expected a program, as in 'sh {arguments[0]}'.") from None


def _values(command: Command, context: TrialContext, *, folder: Path, home: Path) -> dict[str, Any]:
    """Return what stands for each placeholder; UsageError for {gpu} where there is none."""
    import tensorflow as tf

    threads = tf.config.threading.get_intra_op_parallelism_threads() or os.cpu_count() or 1
    gpu = os.environ.get("CUDA_VISIBLE_DEVICES", "")
    if "gpu" in command.named() and not gpu:
        raise UsageError(f"{WHO} names {{gpu}}, and this machine has none; expected a command without it here.")
    places = {"seed": context.trial.seed, "folder": str(folder.resolve()), "threads": threads, "gpu": gpu, "study": str(home)}
    return {**values_of(context.settings), **places}


def _with_program(arguments: tuple[str, ...]) -> tuple[str, ...]:
    """Return the arguments with the program's whole path, looked for as the script's own environment has it."""
    path = environment_of((), threads=1)["PATH"]
    found = shutil.which(arguments[0], path=path) if os.sep not in arguments[0] else None
    return (found or arguments[0], *arguments[1:])


def failure(status: int, lines: Sequence[str]) -> Exception:
    """Return the error that a script has ended with, its type's name included, so that it can be an expected one.

    It is the last one of its output that reads as Python's do, with the lines behind it; else its last line.
    """
    last = next((place for place in reversed(range(len(lines))) if _ERROR.match(lines[place])), None)
    if status < 0:
        kind, text = "CommandFailed", f"the command was killed by {_signal_name(-status)}"
    elif last is not None and (said := _ERROR.match(lines[last])):
        kind, text = said[1], "\n".join([said[2], *lines[last + 1 :]])
    else:
        kind, text = "CommandFailed", f"the command ended with status {status}: {lines[-1] if lines else 'it wrote nothing'}"
    error: Exception = type(kind, (CommandFailed,), {})(text.strip())
    error.add_note(_shown(lines))
    return error


def _shown(lines: Sequence[str]) -> str:
    return "\n".join([f"Last lines of {OUTPUT}:", *(f"  {line}" for line in lines[-SHOWN_LINES:])])


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
