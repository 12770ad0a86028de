"""`run`: plan, execute with progress, print the summary; one study after another."""

from collections.abc import Sequence
from contextlib import closing

import click
from rich.console import Console
from rich.markup import escape

from harness.analysis import SUMMARY_FILE, ends, outcome, summary_table
from harness.cli.run_choices import StudyRequest, study_requests
from harness.cli.terminal.plan import plan_table, total_line
from harness.cli.terminal.progress import RunProgress
from harness.cli.terminal.summary import make_console, print_notes, summary_view
from harness.cli.terminal.summary_notes import data_line, fold_lines, undrawn_lines
from harness.errors import MOST_NAMED, UsageError, fault_text, one_line
from harness.records import Record, one_writer
from harness.results import weights_notes
from harness.runs import (
    Interrupts,
    Plan,
    RecordStore,
    RunRequest,
    Workers,
    begin_study,
    execute,
    make_plan,
    must_be_built,
    outdated_records,
    reinstate_displaced,
    require_different,
    require_own_trials,
    require_samples,
    require_trainable,
    require_writable,
    results,
    unused_overrides,
    write_everything,
)

WRONG_STATUS = 2
INTERRUPTED_STATUS = 130


def run_studies(names: Sequence[str], request: RunRequest) -> int:
    """Run studies as the command line asks for it, one after another; return the worst exit status.

    What is wrong with a study, an option or a dataset is an error before anything runs. What goes wrong with one
    study later on does not keep the others from running.
    """
    asked, notices = study_requests(names, request)
    print_notes(notices)
    console = make_console()
    try:
        if request.dry_run:
            return print_plans(asked, request, console)
        return run_study(asked[0], console) if len(asked) == 1 else _run_several(asked, request, console)
    except KeyboardInterrupt:  # while nothing trained
        return INTERRUPTED_STATUS


def _run_several(studies: Sequence[StudyRequest], request: RunRequest, console: Console) -> int:
    with closing(Workers(request)) as workers:
        console.print("Checking what the variants of all studies change, before the first one trains.")
        sound = [plan.study.name for plan in sound_plans(studies, workers)]
        worst = 0 if len(sound) == len(studies) else WRONG_STATUS
        for number, asked in enumerate(studies, start=1):
            console.print(f"\n[bold]{asked.study.name}[/] ({number} of {len(studies)})")
            if asked.study.name not in sound:
                console.print("Not run: see the error above.")
                continue
            try:
                status = run_study(asked, console, workers=workers)
            except UsageError as error:
                click.echo(f"Error: {one_line(error)}", err=True)
                status = WRONG_STATUS
                workers.close()  # they may still be at its trials
            worst = max(worst, status)
            if status == INTERRUPTED_STATUS:
                break
    return worst


def sound_plans(studies: Sequence[StudyRequest], workers: Workers, *, thoroughly: bool = False) -> list[Plan]:
    """Return the plans of the studies that can be run; what is wrong with another is said, or raised if it is the only one.

    thoroughly: whether each variant's arrays are also held against its model, which its trial would do soon enough.
    """
    sound = []
    for asked in studies:
        try:
            plan = make_plan(asked.study, asked.request, asked.data)
            check_effects(plan, workers)
            if thoroughly:
                require_trainable(plan, workers.executor())
        except UsageError as error:
            if len(studies) == 1:
                raise
            click.echo(f"Error: {one_line(error)}", err=True)
            workers.close()  # they may still be at its variants
        else:
            sound.append(plan)
    return sound


def print_plans(studies: Sequence[StudyRequest], request: RunRequest, console: Console) -> int:
    """Print what a run of these studies would do, having checked that each variant changes something; return the status."""
    with closing(Workers(request, most=1)) as workers:
        plans = sound_plans(studies, workers)
    for plan in plans:
        console.print(plan_table(plan, workers=request.workers))
        if plan.cached and plan.study.arrays_from:
            console.print("Not looked at yet: whether the study's functions still give the data of what is recorded.")
    if len(plans) > 1:
        console.print(total_line(plans, workers=request.workers), markup=False)
    return 0 if len(plans) == len(studies) else WRONG_STATUS


def run_study(asked: StudyRequest, console: Console, *, workers: Workers | None = None) -> int:
    """Run one study; return its exit status. UsageError if it cannot be run."""
    require_writable(asked.folder)
    with one_writer(asked.folder):  # before the plan is made: what another run has just finished must be in it
        with console.status(f"Checking the data of {asked.study.name} …"):
            plan = _checked_plan(asked)
        require_own_trials(plan)
        if workers is not None:
            return _run_plan(plan, console, workers)
        with closing(Workers(plan.request, most=len(plan.trials))) as own:
            return _run_plan(plan, console, own)


def _checked_plan(asked: StudyRequest) -> Plan:
    """Return what is to be done, having looked whether the study's own functions still give the data of its records."""
    plan = make_plan(asked.study, asked.request, asked.data)
    outdated = outdated_records(plan, notice=lambda line: print_notes([line]))
    return make_plan(asked.study, asked.request, asked.data, outdated=outdated) if outdated else plan


def check_effects(plan: Plan, workers: Workers) -> None:
    """Raise UsageError where a variant cannot train as it says or changes nothing; a study is looked at once."""
    require_samples(plan)
    if must_be_built(plan) and plan.study.name not in workers.checked:
        fingerprints = require_different(plan, workers.executor())
        print_notes(unused_overrides(plan, fingerprints, workers.executor()))
        workers.checked.add(plan.study.name)


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
    return INTERRUPTED_STATUS if interrupts.stop_request else status


def _train(plan: Plan, console: Console, interrupts: Interrupts, workers: Workers) -> tuple[str, ...]:
    if not plan.trials:
        begin_study(plan)
        store = RecordStore(plan.folder, plan.fallback, home=plan.home)
        reinstate_displaced(plan, store)
        write_everything(plan, store)
        return tuple(store.problems)
    check_effects(plan, workers)
    begin_study(plan)
    executor = workers.executor()
    with RunProgress(plan, console, jobs=min(workers.count, len(plan.trials))) as progress, interrupts.deferred():
        return execute(plan, executor, progress, stop_request=lambda: interrupts.stop_request)


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
    summary = summary_table(found.records, logdir=plan.request.logdir)
    console.print(summary_view(summary, title=plan.study.title))
    for line in (data_line(plan.study, found.records), *fold_lines(plan.study), *weights_notes(found.records)):
        console.print(line, markup=False)
    print_notes(undrawn_lines(plan.study, found.records))
    if plan.cached:
        console.print(f"{len(plan.cached)} trials were recorded already and not trained again (--force trains all).")
        if plan.request.log:
            console.print(f"  For these, --log {' --log '.join(plan.request.log)} logged nothing; it needs --force.")
    if found.stale:
        console.print(f"{len(found.stale)} records of other settings, data or versions were left out of the tables.")
        console.print(f"  Stale, kept as they are: {_named(found.stale)}.", markup=False)
    for problem in found.problems:
        console.print(f"Set aside: {problem}", markup=False)
    unexpected = ends(plan.declared, found.records)
    for line in unexpected:
        console.print(f"[bold red]Not as expected:[/] {escape(line)}")
    claims = outcome(plan.study, summary.to_dict("records"), changed=bool(plan.request.base_changes))
    for line in claims.unjudged:
        console.print(f"Note: {line}", markup=False)
    for line in claims.broken:
        console.print(f"[bold red]Broken expectation:[/] {escape(line)}")
    console.print(
        f"Table: {plan.folder / SUMMARY_FILE}   TensorBoard: python -m harness board --logdir {plan.request.logdir}",
        markup=False,
    )
    return 1 if unexpected or claims.broken else 0
