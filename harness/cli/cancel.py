"""`cancel`: a run that goes on elsewhere is asked to stop, as Ctrl-C would ask it, and waited for."""

import os
import signal
import socket
import time
from pathlib import Path

import click

from harness.cli.known_runs import KnownRun, known_runs, nothing, one_run
from harness.errors import INTERRUPTED_STATUS, UsageError
from harness.records import address_of, command, logdir_words, reason, shown, writer_of
from harness.runs import (
    CHECKING,
    RUN_FOLDER,
    STATE_FILE,
    RunState,
    StopRequest,
    ask,
    read_state,
    stop_left_tasks,
    wait_for_left_tasks,
)
from harness.study import counted

POLL_SECONDS = 0.1
PATIENCE_SECONDS = 45.0  # with tasks of Slurm that are to end at once; then their job is cancelled


def cancel(target: str | None, logdir: Path, *, now: bool) -> int:
    """Ask a run to stop, wait until it has, and say how far it came; return 0. UsageError where it cannot be asked.

    now: running trials are ended at once; else they stop at the end of their epoch, which their next attempt goes on from.
    """
    runs = known_runs(target, logdir)
    if not any(run.goes_on for run in runs):
        click.echo(nothing(target or str(logdir), known=bool(runs)))
        return 0
    run = one_run(target, logdir)
    wanted = StopRequest.NOW if now else StopRequest.AFTER_EPOCH
    if run.left:
        stop_left_tasks(run.folder, wanted)
    else:
        _ask(run, wanted)
    how = "running trials are ended at once" if now else "running trials end with their epoch (--now: at once)"
    click.echo(f"Stopping {run.state.study}: {how}.")
    try:
        if run.left:
            wait_for_left_tasks(run.folder, seconds=PATIENCE_SECONDS if now else None)
        state = _ended(run)
    except KeyboardInterrupt:
        click.echo("\nNot waited for; it stops all the same.", err=True)
        return INTERRUPTED_STATUS
    if run.left:
        click.echo(f"{run.left} has stopped. Run {state.study} again with the same options: it goes on from there.")
        return 0
    trials = f"{state.ended} of {counted(state.trials, 'trial')}" if state.phase != CHECKING and state.trials else "any trial"
    after = "after" if state.trials else "before"
    click.echo(f"{state.study} has stopped {after} {trials}. Run it again with the same options: it goes on from there.")
    return 0


def _ask(run: KnownRun, wanted: StopRequest) -> None:
    """Ask by a file, which reaches a driver on any machine; before trials begin nobody reads that, but signals are heard."""
    driver = run.state.driver
    if address_of(run.folder) and driver.host != socket.gethostname() and not writer_of(run.folder):
        there = command("cancel", run.state.study, *logdir_words(run.folder.parent))
        raise UsageError(
            f"The run of {run.state.study} is of {driver.user}, process {driver.pid} on {driver.host}, which hears nothing "
            f"through {shown(run.folder)}. Expected to be asked on that machine: {there}"
        )
    refused = ""
    try:
        ask(run.folder, run.state, wanted)
    except OSError as error:
        refused = reason(error)
    signalled = (run.state.phase == CHECKING or bool(refused) or wanted is StopRequest.NOW) and _signal(run, wanted)
    if refused and not signalled:
        raise UsageError(
            f"The run of {run.state.study} cannot be asked to stop ({refused}): it is of {driver.user}, process {driver.pid} "
            f"on {driver.host}. Expected to be asked by the one who started it."
        )


def _signal(run: KnownRun, wanted: StopRequest) -> bool:
    """Send the driver what its terminal would, if it is this user's, on this machine, and the very process that is meant."""
    driver = run.state.driver
    try:
        # Whoever can write the state could name any process in it; it is believed from this user alone.
        if not driver.is_here or (run.folder / RUN_FOLDER / STATE_FILE).stat().st_uid != os.getuid():
            return False
        os.kill(driver.pid, signal.SIGTERM if wanted is StopRequest.NOW else signal.SIGINT)
    except OSError:
        return False
    return True


def _ended(run: KnownRun) -> RunState:
    """Wait until a run has ended, or is gone, and its study may be run again; return its last state."""
    state = run.state
    while state.is_alive(run.folder) or (state.driver.is_here and writer_of(run.folder)):
        time.sleep(POLL_SECONDS)
        newest = read_state(run.folder)
        if newest is None or newest.run != state.run:  # removed, or another run has begun since
            break
        state = newest
    return state
