"""`status`: the runs that a log folder knows of, how far they are, and how they are followed."""

from pathlib import Path

from harness.cli.known_runs import KnownRun, known_runs
from harness.cli.terminal.run_view import runs_table
from harness.cli.terminal.summary import make_console
from harness.records import command, logdir_words


def print_status(target: str | None, logdir: Path) -> int:
    """Print a line for each study whose newest run is known, and the commands that follow and end those that go on."""
    console = make_console()
    runs = known_runs(target, logdir)
    if not runs:
        console.print(f"No run is known in {target or str(logdir)!r}.", markup=False)
        return 0
    console.print(runs_table(runs))
    for run in runs:
        for line in _next_steps(run):
            console.print(line, markup=False, soft_wrap=True)
    return 0


def _next_steps(run: KnownRun) -> list[str]:
    name = run.state.study
    place = [name, *logdir_words(run.folder.parent)]
    if run.goes_on:
        later = f"After {name}, the same run trains {', '.join(run.state.later)}." if run.state.later else ""
        again = f"Running {name} again with the same options goes on with it, and makes its tables." if run.left else ""
        return [
            *filter(None, [later, again]),
            f"Follow {name}: {command('attach', *place)}",
            f"End it: {command('cancel', *place)}",
        ]
    if run.state.status is None:
        return [f"{name} was cut short; run it again with the same options, and it goes on from there."]
    return []
