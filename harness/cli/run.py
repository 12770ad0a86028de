"""`run`: plan, execute with progress, print the summary; one study after another."""

import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.markup import escape

from harness.analysis import SUMMARY_FILE, ends, outcome, summary_table
from harness.cli.run_request import Request, Task, Workers, make_tasks
from harness.cli.terminal.data_lines import data_line
from harness.cli.terminal.plan import plan_table, total_line
from harness.cli.terminal.progress import RunProgress
from harness.cli.terminal.summary import make_console, print_notes, summary_view
from harness.cli.terminal.undrawn import undrawn_lines
from harness.errors import MOST_NAMED, UsageError, fault_text, one_line
from harness.records import Record, one_writer, reason, require_own, require_own_trial, require_same_folder, trial_folder
from harness.runs import (
    Interrupts,
    Plan,
    RecordStore,
    execute,
    has_own_data,
    must_be_built,
    reinstate_displaced,
    require_effects,
    require_samples,
    results,
    unused_overrides,
    write_everything,
)
from harness.study import Study, hparam_values
from harness.tensorboard import metric_columns, write_study

WRONG_STATUS = 2
INTERRUPTED_STATUS = 130


def run_studies(names: Sequence[str], request: Request) -> int:
    """Run studies as the command line asks for it, one after another; return the worst exit status.

    What is wrong with a study, an option or a dataset is an error before anything runs. What goes wrong with one
    study later on does not keep the others from running.
    """
    tasks = make_tasks(names, request)
    console = make_console()
    try:
        if request.dry_run:
            return print_plans(tasks, request, console)
        return run_task(tasks[0], request, console) if len(tasks) == 1 else _run_tasks(tasks, request, console)
    except KeyboardInterrupt:  # while nothing trained
        return INTERRUPTED_STATUS


def _run_tasks(tasks: Sequence[Task], request: Request, console: Console) -> int:
    with closing(Workers(request)) as workers:
        console.print("Checking what the variants of all studies change, before the first one trains.")
        sound = [task.study.name for task in sound_tasks(tasks, workers)]
        worst = 0 if len(sound) == len(tasks) else WRONG_STATUS
        for number, task in enumerate(tasks, start=1):
            console.print(f"\n[bold]{task.study.name}[/] ({number} of {len(tasks)})")
            if task.study.name not in sound:
                console.print("Not run: see the error above.")
                continue
            try:
                status = run_task(task, request, console, workers=workers)
            except UsageError as error:
                click.echo(f"Error: {one_line(error)}", err=True)
                status = WRONG_STATUS
                workers.close()  # they may still be at its trials
            worst = max(worst, status)
            if status == INTERRUPTED_STATUS:
                break
    return worst


def sound_tasks(tasks: Sequence[Task], workers: Workers) -> list[Task]:
    """Return the tasks that can be run; what is wrong with another is said, or raised where it is the only one."""
    sound = []
    for task in tasks:
        try:
            check_effects(task.plan(), workers)
        except UsageError as error:
            if len(tasks) == 1:
                raise
            click.echo(f"Error: {one_line(error)}", err=True)
            workers.close()  # they may still be at its variants
        else:
            sound.append(task)
    return sound


def print_plans(tasks: Sequence[Task], request: Request, console: Console) -> int:
    """Print what a run of these studies would do, having checked that each variant changes something; return the status."""
    with closing(Workers(request, most=1)) as workers:
        plans = [task.plan() for task in sound_tasks(tasks, workers)]
    for plan in plans:
        console.print(plan_table(plan, workers=request.workers))
        if plan.cached and has_own_data(plan.study):
            console.print("Not looked at yet: whether the study's functions still give the data of what is recorded.")
    if len(plans) > 1:
        console.print(total_line(plans, workers=request.workers), markup=False)
    return 0 if len(plans) == len(tasks) else WRONG_STATUS


def run_task(task: Task, request: Request, console: Console, *, workers: Workers | None = None) -> int:
    """Run one study; return its exit status. UsageError if it cannot be run."""
    require_writable(task.folder)
    with one_writer(task.folder):  # before the plan is made: what another run has just finished must be in it
        with console.status(f"Checking the data of {task.study.name} …"):
            plan = task.checked_plan(max_seconds=request.max_seconds)
        require_own_trials(plan)
        if workers is not None:
            return _run_plan(plan, console, workers)
        with closing(Workers(request, most=len(plan.trials))) as own:
            return _run_plan(plan, console, own)


def check_effects(plan: Plan, workers: Workers) -> None:
    """Raise UsageError where a variant cannot train as it says or changes nothing; a study is looked at once."""
    require_samples(plan)
    if must_be_built(plan) and plan.study.name not in workers.checked:
        effects = require_effects(plan, workers.executor())
        print_notes(unused_overrides(plan, effects, workers.executor()))
        workers.checked.add(plan.study.name)


def require_writable(folder: Path) -> None:
    """Make the study's folder; UsageError if nothing can be written there, or if it is a link to another place."""
    try:
        require_own(folder, root=folder.parent)
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise _unwritable(folder, error) from None


def require_own_trials(plan: Plan) -> None:
    """Raise UsageError where the folder of a trial, or one above it, is a symbolic link: what it leads to is not ours."""
    try:
        for name in plan.study.names:
            for seed in range(plan.options.seeds):
                require_own_trial(trial_folder(plan.options.logdir, plan.study.name, name, seed))
    except OSError as error:
        raise _unwritable(plan.folder, error) from None


def _unwritable(folder: Path, error: OSError) -> UsageError:
    return UsageError(f"Log folder {str(folder)!r} cannot be written ({reason(error)}). Name another with --logdir.")


def _run_plan(plan: Plan, console: Console, workers: Workers) -> int:
    console.print(f"{plan.tally}.", markup=False)
    with Interrupts() as interrupts:
        status = 0
        problems: tuple[str, ...] = ()
        try:
            problems = _train(plan, console, interrupts, workers)
        except KeyboardInterrupt:
            status = INTERRUPTED_STATUS
        with interrupts.deferred():
            status = max(print_results(plan, console, problems=problems), status)
    return INTERRUPTED_STATUS if interrupts.wish else status


def begin_study(plan: Plan) -> None:
    """Write the study's columns for the HParams tab; UsageError if the disk does not take them."""
    try:
        require_same_folder(plan.folder, plan.home)
        validated = any(plan.study.settings(name).validation for name in plan.study.names)
        metrics = metric_columns(plan.study.metric.name, validation=validated)
        write_study(plan.folder, hyperparameters=_hyperparameters(plan.declared, plan.study), metrics=metrics)
    except OSError as error:
        raise _unwritable(plan.folder, error) from None


def _train(plan: Plan, console: Console, interrupts: Interrupts, workers: Workers) -> tuple[str, ...]:
    if not plan.trials:
        begin_study(plan)
        keeper = RecordStore(plan.folder, plan.fallback, home=plan.home)
        reinstate_displaced(plan, keeper)
        write_everything(plan, keeper)
        return tuple(keeper.problems)
    check_effects(plan, workers)
    begin_study(plan)
    executor = workers.executor()
    with RunProgress(plan, console, jobs=min(workers.count, len(plan.trials))) as progress, interrupts.deferred():
        return execute(plan, executor, progress, wish=lambda: interrupts.wish)


def _hyperparameters(*studies: Study) -> dict[str, list[Any]]:
    """Return each setting's values over all variants: the whole study's too, whose older trials the tab still shows."""
    columns: dict[str, list[Any]] = {}
    for study in studies:
        for name in study.names:
            for setting, value in hparam_values(study.settings(name)).items():
                columns.setdefault(setting, []).append(value)
    return columns


def _named(records: Sequence[Record]) -> str:
    names = [f"{record.study}/{record.variant}/seed-{record.seed}" for record in records[:MOST_NAMED]]
    return ", ".join(names) + (", …" if len(records) > MOST_NAMED else "")


def print_results(plan: Plan, console: Console, *, problems: Sequence[str] = ()) -> int:
    """Print the study's summary and what was left out of it; return 1 if something is not as expected.

    problems: one line for each thing that could not be stored. A summary that cannot be made is no end: what was trained
    is stored, and can be shown again.
    """
    try:
        status = _print_summary(plan, console)
    except Exception as error:
        said = f"the summary ({fault_text(error)}). What was trained is stored in {plan.folder}."
        console.print(f"[bold red]Not shown:[/] {escape(said)}")
        status = 1
    for problem in problems:
        console.print(f"[bold red]Not stored:[/] {escape(problem)}")
    return 1 if problems else status


def _print_summary(plan: Plan, console: Console) -> int:
    found = results(plan)
    summary = summary_table(found.records, logdir=plan.options.logdir)
    console.print(summary_view(summary, title=plan.study.title, width=console.width))
    console.print(data_line(plan.study, found.records), markup=False)
    print_notes(undrawn_lines(plan.study, found.records))
    if plan.cached:
        console.print(f"{len(plan.cached)} trials were recorded already and not trained again (--force trains all).")
        if plan.options.log:
            console.print(f"  For these, --log {' --log '.join(plan.options.log)} logged nothing; it needs --force.")
    if found.stale:
        console.print(f"{len(found.stale)} records of other settings, data or versions were left out of the tables.")
        console.print(f"  Stale, kept as they are: {_named(found.stale)}.", markup=False)
    for problem in found.problems:
        console.print(f"Set aside: {problem}", markup=False)
    unexpected = ends(plan.declared, found.records)
    for line in unexpected:
        console.print(f"[bold red]Not as expected:[/] {escape(line)}")
    claims = outcome(plan.study, summary.to_dict("records"), changed=bool(plan.options.base_changes))
    for line in claims.unjudged:
        console.print(f"Note: {line}", markup=False)
    for line in claims.broken:
        console.print(f"[bold red]Broken expectation:[/] {escape(line)}")
    console.print(
        f"Table: {plan.folder / SUMMARY_FILE}   TensorBoard: python -m harness board --logdir {plan.options.logdir}",
        markup=False,
    )
    return 1 if unexpected or claims.broken else 0
