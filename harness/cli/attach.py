"""`attach`: a run that goes on elsewhere, as if it went on here."""

import time
from pathlib import Path

import click
from rich.console import Console
from rich.live import Live

from harness.cli.known_runs import KnownRun, one_run
from harness.cli.log_following import Follower
from harness.cli.terminal.run_view import ENDS, run_view, said, time_left
from harness.cli.terminal.summary import make_console
from harness.errors import INTERRUPTED_STATUS
from harness.mirror import keep_pulling
from harness.records import command, logdir_words
from harness.runs import STATUS_SUFFIX, RunState, left_tasks, read_state

POLL_SECONDS = 0.25
LAST_LINES = 20  # of what a run has printed before one attaches to it


def attach(target: str | None, logdir: Path) -> int:
    """Show a run until it ends, and return its exit status; 1 where it was cut short.

    Ctrl-C leaves it alone.
    """
    run = one_run(target, logdir)
    console = make_console()
    if run.state.log and not Path(run.state.log).exists():
        console.print(f"What it prints is not there ({run.state.log}); this is how far it is.", markup=False)
    try:
        if run.left:
            return _follow_tasks(run, console)
        with keep_pulling(run.folder):
            run = _follow(run, console) if run.alive else _shown(run, console)
    except KeyboardInterrupt:
        place = [run.state.study, *logdir_words(run.folder.parent)]
        click.echo(f"\nDetached; {run.state.study} goes on. To end it: {command('cancel', *place)}", err=True)
        return INTERRUPTED_STATUS
    status = exit_status(run.state)
    if status is None:
        console.print(f"{run.state.study} was cut short: its driver is {said(run)}. Run it again: it goes on from there.")
        return 1
    if not run.state.log:
        console.print(f"{run.state.study} {ENDS.get(status, f'ended with status {status}')}.")
    return status


def exit_status(state: RunState) -> int | None:
    """Return the exit status of a run that has ended, of several studies that of them all; None where it was cut short."""
    if not state.log:
        return state.status
    try:
        return int(Path(state.log).with_suffix(STATUS_SUFFIX).read_text())
    except (OSError, ValueError):
        return None


def _shown(run: KnownRun, console: Console) -> KnownRun:
    if run.state.log:
        Follower(Path(run.state.log)).print_to(console)
    return run


def _follow(run: KnownRun, console: Console) -> KnownRun:
    """Print what a run prints and show how far it is, until its driver is done; return how it ended."""
    follower = Follower(Path(run.state.log), last=LAST_LINES) if run.state.log else None
    if follower and follower.before:
        console.print(f"… {follower.before} lines before these, in {run.state.log}", markup=False, style="dim")
    with Live(console=console, refresh_per_second=4, transient=True) if console.is_terminal else _Lines(console) as live:
        while True:
            goes_on = _goes_on(run)
            if follower:
                follower.print_to(console)
            if not goes_on:
                return KnownRun(run.folder, run.state, False)
            if isinstance(live, Live):
                live.update(run_view(run))
            elif not follower:
                live.update(run)
            time.sleep(POLL_SECONDS)
            run = _newest(run)


def _follow_tasks(run: KnownRun, console: Console) -> int:
    """Say how far tasks are that go on without a driver, until none does; return 1, as nobody has looked at what they left."""
    said = ""
    while (left := left_tasks(run.folder)) is not None:
        line = f"{run.state.study}, {left}: {left.training} running, {left.waiting} waiting"
        if line != said:
            console.print(line, markup=False)
            said = line
        time.sleep(1.0)
    console.print(f"Its tasks are done. Run {run.state.study} again with the same options: it takes what they stored.")
    return 1


def _goes_on(run: KnownRun) -> bool:
    """Say whether a run's driver is still at work; between two studies a detached one has not left its exit status."""
    between = bool(run.state.log) and run.state.status is not None and exit_status(run.state) is None
    return run.alive or (between and run.state.driver_is_there)


def _newest(run: KnownRun) -> KnownRun:
    """Return the run as it stands now; of several studies that of the one that it is at."""
    for folder in (run.folder, *(run.folder.parent / name for name in run.state.later)):
        state = read_state(folder)
        if state is not None and state.driver == run.state.driver:
            found = KnownRun(folder, state, state.is_alive(folder))
            if found.alive:
                return found
    state = read_state(run.folder)
    same = state is not None and state.run == run.state.run  # else its folder is gone, or another run has begun since
    return KnownRun(run.folder, state if state and same else run.state, False)


class _Lines:
    """In the place of a live display, where there is no terminal: a line for each trial that has ended."""

    def __init__(self, console: Console) -> None:
        self._console, self._ended = console, -1

    def __enter__(self) -> "_Lines":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def update(self, run: KnownRun) -> None:
        """Say how many trials are done, if that has changed."""
        if run.state.ended != self._ended:
            self._ended = run.state.ended
            left = f", {left} left" if (left := time_left(run)) else ""
            self._console.print(f"{run.state.study}: {run.state.ended} of {run.state.trials}{left}", markup=False)
