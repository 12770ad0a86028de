"""Runs as they are seen from outside: a table of them, and one of them as it goes on."""

import time
from collections.abc import Sequence

from rich.console import Group
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.text import Text

from harness.cli.known_runs import KnownRun
from harness.cli.terminal.progress import INDENT, rough
from harness.cli.terminal.summary import duration
from harness.cli.terminal.table import Column, Row, Table
from harness.errors import INTERRUPTED_STATUS
from harness.runs import CHECKING, ENDED, RunningTrial, RunState

ENDS = {0: "ended, all as expected", 1: "ended, not as expected", 2: "refused", INTERRUPTED_STATUS: "stopped"}


def runs_table(runs: Sequence[KnownRun]) -> Table:
    """Return a table of runs, one line each."""
    numbers = ("done", "running", "waiting", "failed")
    columns = (
        Column("study"),
        Column("state", text=True),
        *(Column(name, justify="right") for name in numbers),
        Column("left", rank=1),
        Column("where", text=True, rank=2),
        Column("since", rank=3),
    )
    return Table(columns, [_row(run) for run in runs])


def _row(run: KnownRun) -> Row:
    state = run.state
    unheard = run.left.ended if run.left else 0
    done = f"{state.ended + state.recorded + unheard}/{state.trials + state.recorded}" if state.phase != CHECKING else ""
    waiting, running = ("", "") if not run.alive else (str(state.waiting), str(len(state.running)))
    if run.left:
        waiting, running = str(run.left.waiting), str(run.left.training)
    began = time.strftime("%Y-%m-%d %H:%M", time.localtime(state.began))
    return (state.study, said(run), done, running, waiting, str(state.failed or ""), time_left(run), where(state), began)


def said(run: KnownRun) -> str:
    """Say what a run does, or how it ended."""
    state = run.state
    if run.alive:
        return "checks the study" if state.phase == CHECKING else "trains"
    if run.left:
        return f"trains in {run.left}, without its driver"
    if state.phase == ENDED:
        return ENDS.get(state.status or 0, f"ended with status {state.status}")
    return f"gone, last heard of {duration(max(time.time() - state.heard, 0))} ago"


def where(state: RunState) -> str:
    """Say where a run is driven from."""
    executor = "" if state.executor == "local" else f"{state.executor}, "
    return (
        f"{executor}{'detached, ' if state.log else ''}process {state.driver.pid} of {state.driver.user} on {state.driver.host}"
    )


def time_left(run: KnownRun) -> str:
    """Say about how long a run still takes, as far as it knows."""
    left = run.state.seconds_left
    return f"about {rough(left)}" if run.alive and left is not None and left >= 1 else ""


def run_view(run: KnownRun) -> Group:
    """Return a run as it stands now: how many trials are done, what the running ones do."""
    state = run.state
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(style="dim", complete_style="cyan", finished_style="cyan"),
        MofNCompleteColumn(),
    )
    bar.add_task(escape(state.study), total=state.trials or None, completed=state.ended)
    lines = [f"{said(run)}{f', {left} left' if (left := time_left(run)) else ''}"]
    names = {f"{one.variant}  seed {one.seed}": one for one in state.running}
    width = max(map(len, names), default=0)
    lines += [f"{name:{width}}{INDENT}{doing(one)}" for name, one in names.items()]
    return Group(bar, *(Text(f"{INDENT}{line}", no_wrap=True, overflow="ellipsis") for line in lines))


def doing(trial: RunningTrial) -> str:
    """Say what a running trial does."""
    return trial.doing or f"epoch {trial.epoch}{f' of {trial.epochs}' if trial.epochs else ''}"
