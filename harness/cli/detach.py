"""`run --detach`: the same command in a process of its own, which goes on without this terminal."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from harness.cli.log_following import Follower
from harness.cli.run_choices import study_requests
from harness.cli.terminal.summary import WIDTH_VARIABLE, make_console
from harness.errors import INTERRUPTED_STATUS, UsageError
from harness.records import command, logdir_words, require_own, writer_of
from harness.runs import STATUS_SUFFIX, TRAINING, RunRequest, read_state, require_writable, run_folder

DETACHED = "HARNESS_DETACHED"  # names the file that takes what a run without a terminal prints
POLL_SECONDS = 0.1
# It imports what this process does; deaf to Ctrl-C, as a shell's background job may be, it would not hear `cancel`.
_CODE = (
    "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); sys.path[:] = {path!r}; "
    "sys.argv[:] = {words!r}; from harness.__main__ import main; main()"
)


def run_detached(names: Sequence[str], request: RunRequest, words: Sequence[str]) -> int:
    """Start the run that the words of the command line ask for, wait until its trials begin, and leave it alone.

    Return 0 once it goes on by itself, else the exit status with which it ended before. UsageError for what is wrong with
    the call; what is wrong with a study is printed by the run itself, here.
    """
    if request.dry_run:
        raise UsageError("--dry-run trains nothing that could be detached; leave out --detach.")
    asked, _ = study_requests(names, request)
    folders = [each.folder for each in asked]
    for folder in folders:
        require_writable(folder)
        if said := writer_of(folder):
            raise UsageError(said)
    console, log = make_console(), _new_log(folders[0])
    process = _start(words, log, width=console.width)
    try:
        begun = _wait(process, folders, Follower(log), console)
    except KeyboardInterrupt:  # before it could be left alone
        process.send_signal(signal.SIGTERM)
        process.wait()
        Follower(log).print_to(console)
        return INTERRUPTED_STATUS
    if not begun:
        return process.returncode
    place = [folders[0].name, *logdir_words(folders[0].parent)]
    click.echo(
        f"Detached: process {process.pid} trains without this terminal. Follow it: {command('attach', *place)}; "
        f"how far it is: {command('status', *place)}; end it: {command('cancel', *place)}"
    )
    return 0


@contextmanager
def status_kept(log: str) -> Iterator[None]:
    """Leave the exit status of what goes on in the meantime beside a detached run's log; without one, do nothing."""
    status: Any = None  # of what ends otherwise, nobody knows
    try:
        yield
    except SystemExit as ended:
        status = ended.code
        raise
    except KeyboardInterrupt:
        status = INTERRUPTED_STATUS
        raise
    finally:
        if log and status is not None:
            with suppress(OSError):  # a full disk: `attach` says that it was cut short
                Path(log).with_suffix(STATUS_SUFFIX).write_text(str(status))


def _new_log(folder: Path) -> Path:
    place = run_folder(folder)
    require_own(place, root=folder.parent)
    place.mkdir(exist_ok=True)
    path = place / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.log"
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666))
    return path


def _start(words: Sequence[str], log: Path, *, width: int) -> "subprocess.Popen[bytes]":
    code = _CODE.format(path=sys.path, words=[sys.argv[0], *words])
    with open(log, "ab") as output:
        return subprocess.Popen(
            [sys.executable, "-u", "-c", code],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            env={**os.environ, DETACHED: str(log), WIDTH_VARIABLE: str(width)},
        )


def _wait(process: "subprocess.Popen[bytes]", folders: Sequence[Path], follower: Follower, console: Console) -> bool:
    """Print what the run prints until its trials begin, and then return True; False if it ends before that."""
    while True:
        ended = process.poll() is not None
        follower.print_to(console)
        if ended:
            follower.print_to(console)
            return False
        for state in filter(None, map(read_state, folders)):
            if state.driver.pid == process.pid and state.driver.is_here and state.phase == TRAINING:
                return True
        time.sleep(POLL_SECONDS)
