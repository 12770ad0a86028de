"""A script as a process of its own: what it is given, its output kept in a file, and its end."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psutil

POLL_SECONDS = 0.1  # how soon its end, or a request to stop, is noticed
GRACE_SECONDS = 5.0  # that it has to end by itself, once it was sent what Ctrl-C sends
LAST_BYTES = 100_000  # of the output, that are looked at
LAST_LINES = 100
# An allow-list: whatever else the environment holds may be a secret, or change what the script does.
PASSED = re.compile(
    r"PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_\w+|TZ|TMPDIR|PYTHONPATH|VIRTUAL_ENV|CONDA_PREFIX|LD_LIBRARY_PATH|"
    r"CUDA_\w+|NVIDIA_VISIBLE_DEVICES|XDG_CACHE_HOME|KERAS_HOME|HARNESS_DATA_DIR|SSL_CERT_FILE|TF_ENABLE_ONEDNN_OPTS"
)
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
_CONTROLS = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended."""

    status: int  # its exit status; of one that a signal has ended, the signal's number below 0
    stopped: bool  # it was asked to stop


def environment_of(entries: Sequence[str], *, threads: int) -> dict[str, str]:
    """Return the variables that a script is given: those of the allow-list, and what the study declares (NAME, NAME=value).

    Programs are looked for beside this Python first, so that `python` is this one. Libraries are told how many threads
    they may use: two trials that each take every core wait for each other.
    """
    variables = {name: value for name, value in os.environ.items() if PASSED.fullmatch(name)}
    variables |= dict.fromkeys(THREADS, str(threads)) | {"PYTHONHASHSEED": "0", "PYTHONUNBUFFERED": "1"}
    variables["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), variables.get("PATH", os.defpath)])
    if paths := variables.get("PYTHONPATH"):  # the script runs elsewhere
        variables["PYTHONPATH"] = os.pathsep.join(os.path.abspath(path) for path in paths.split(os.pathsep) if path)
    for entry in entries:
        name, sign, value = entry.partition("=")
        if sign:
            variables[name] = value
        elif name in os.environ:
            variables[name] = os.environ[name]
    return variables


def run_process(
    arguments: Sequence[str],
    *,
    folder: Path,
    variables: Mapping[str, str],
    output: IO[bytes],
    stop_asked: Callable[[], bool],
    meanwhile: Callable[[], None] = lambda: None,
) -> Ended:
    """Run a program in a folder to its end, or until it is to stop; OSError where it cannot be started.

    meanwhile: called again and again while it runs; what it raises ends the program.

    Asked to stop, it is interrupted as by Ctrl-C, and ended with all that it has started where that does not help. It
    stays in this process's group, with which it ends should this process be killed.
    """
    with _hearing_interrupts():
        process = subprocess.Popen(
            list(arguments), cwd=folder, env=dict(variables), stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
    stopped, deadline = False, 0.0
    try:
        while True:
            if (status := process.poll()) is not None:
                return Ended(status, stopped)
            if not stopped and stop_asked():
                stopped, deadline = True, time.monotonic() + GRACE_SECONDS
                process.send_signal(signal.SIGINT)
            if stopped and time.monotonic() > deadline:
                _end_tree(process.pid)
            meanwhile()
            time.sleep(POLL_SECONDS)
    finally:
        if process.returncode is None:
            _end_tree(process.pid)
            process.wait()


def last_lines(output: IO[bytes]) -> list[str]:
    """Return the last lines of an output that are not empty, each as it stood when a terminal would have shown it last."""
    size = output.seek(0, os.SEEK_END)
    output.seek(max(0, size - LAST_BYTES))
    text = _CONTROLS.sub("", output.read().decode("utf-8", "replace")).replace("\b", "")
    lines = [line.rstrip() for line in re.split(r"[\r\n]+", text)]
    return [line for line in lines if line][-LAST_LINES:]


@contextmanager
def _hearing_interrupts() -> Iterator[None]:
    """Let a process that is started now hear Ctrl-C, which a worker is deaf to and would hand down."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _end_tree(pid: int) -> None:
    with suppress(psutil.Error):
        for child in psutil.Process(pid).children(recursive=True):
            with suppress(psutil.Error):
                child.kill()
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
