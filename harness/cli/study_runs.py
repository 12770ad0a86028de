"""`run`: plan, execute with progress, print the summary; one study after another."""

import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace

import click
from rich.console import Console

from harness.cli.run_choices import StudyRequest, study_requests
from harness.cli.run_results import print_results, print_unstored
from harness.cli.settled_runs import Looks, first_look, note_look
from harness.cli.terminal.plan import plan_caption, plan_table, screen_lines, total_line
from harness.cli.terminal.progress import Outlook, RunProgress
from harness.cli.terminal.summary import duration, make_console, print_notes
from harness.cli.variance import print_variance
from harness.errors import INTERRUPTED_STATUS, UsageError, one_line
from harness.records import one_writer
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
    require_command,
    require_different,
    require_own_trials,
    require_samples,
    require_trainable,
    require_writable,
    unused_overrides,
    write_everything,
)
from harness.study import counted, crossed

WRONG_STATUS = 2


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
    began, ends = time.monotonic(), dict.fromkeys((asked.study.name for asked in studies), WRONG_STATUS)
    with closing(Workers(request)) as workers:
        console.print("Checking what the variants of all studies change, before the first one trains.")
        outlook = Outlook(later=sound_plans(studies, workers))
        plans = {plan.study.name: plan for plan in outlook.later}
        for number, asked in enumerate(studies, start=1):
            console.print(f"\n[bold]{asked.study.name}[/] ({number} of {len(studies)})")
            if asked.study.name not in plans:
                console.print("Not run: see the error above.")
                continue
            outlook.later.remove(plans[asked.study.name])
            try:
                ends[asked.study.name] = run_study(asked, console, workers=workers, outlook=outlook)
            except UsageError as error:
                click.echo(f"Error: {one_line(error)}", err=True)
                workers.close()  # they may still be at its trials
            if ends[asked.study.name] == INTERRUPTED_STATUS:
                return INTERRUPTED_STATUS
    console.print(f"\n{_total(ends, plans, time.monotonic() - began)}", markup=False)
    return max(ends.values())


def _total(ends: Mapping[str, int], plans: Mapping[str, Plan], seconds: float) -> str:
    """Say how all studies of a run ended; ends: the status of each; plans: of those that could be run."""
    trained, done = sum(len(plan.trials) for plan in plans.values()), sum(len(plan.cached) for plan in plans.values())
    trials = counted(trained + done, "trial") + (f" ({done} recorded before)" if done else "")
    bad = [name for name, status in ends.items() if status]
    end = f"not as expected: {', '.join(bad)}" if bad else "all as expected"
    return f"{counted(len(ends), 'study')}, {trials}, {duration(seconds)}; {end}."


def sound_plans(studies: Sequence[StudyRequest], workers: Workers, *, thoroughly: bool = False) -> list[Plan]:
    """Return the plans of the studies that can be run; what is wrong with another is said, or raised if it is the only one.

    thoroughly: whether each variant's arrays are also held against its model, which its trial would do soon enough.
    """
    sound = []
    for asked in studies:
        try:
            plan = make_plan(asked.study, asked.request, asked.data)
            if asked.request.until_settled:
                plan, _ = first_look(plan, make_console(), keep=False)
            plan = checked_effects(plan, workers)
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
    for place, plan in enumerate(plans):
        if place:
            console.print()
        console.print(plan_table(plan, workers=request.workers))
        for line in screen_lines(plan.study):
            console.print(line, markup=False)
        if plan.cached and plan.study.arrays_from:
            console.print("Not looked at yet: whether the study's functions still give the data of what is recorded.")
    if len(plans) > 1:
        console.print(f"\n{total_line(plans, workers=request.workers)}", markup=False)
    return 0 if len(plans) == len(studies) else WRONG_STATUS


def run_study(asked: StudyRequest, console: Console, *, workers: Workers | None = None, outlook: Outlook | None = None) -> int:
    """Run one study; return its exit status. UsageError if it cannot be run.

    workers: those of a run of several studies; outlook: what comes after this one.
    """
    require_writable(asked.folder)
    with one_writer(asked.folder):  # before the plan is made: what another run has just finished must be in it
        with console.status(f"Checking the data of {asked.study.name} …"):
            plan = _checked_plan(asked)
        looks = None
        if plan.request.until_settled:
            plan, looks = first_look(plan, console)
        require_own_trials(plan)
        if workers is not None:
            return _run_plan(plan, console, workers, outlook, looks)
        with closing(Workers(plan.request, most=len(plan.trials))) as own:
            return _run_plan(plan, console, own, outlook, looks)


def _checked_plan(asked: StudyRequest) -> Plan:
    """Return what is to be done, having looked whether the study's own functions still give the data of its records."""
    plan = make_plan(asked.study, asked.request, asked.data)
    outdated = outdated_records(plan, notice=lambda line: print_notes([line]))
    return make_plan(asked.study, asked.request, asked.data, outdated=outdated) if outdated else plan


def checked_effects(plan: Plan, workers: Workers) -> Plan:
    """Return the plan with the epochs of its variants where phases decide; a study is looked at once.

    UsageError where a variant cannot train as it says or changes nothing.
    """
    require_samples(plan)
    require_command(plan)
    name = plan.study.name
    if must_be_built(plan) and name not in workers.checked:
        fingerprints = require_different(plan, workers.executor())
        print_notes(unused_overrides(plan, fingerprints, workers.executor()))
        workers.checked[name] = fingerprints
    seen = workers.checked.get(name, {}) if plan.study.phases else {}
    return replace(plan, phased={variant: one.epochs for variant, one in seen.items() if one.epochs})


def _run_plan(plan: Plan, console: Console, workers: Workers, outlook: Outlook | None, looks: Looks | None = None) -> int:
    # Nobody counts the trainings of a crossed design beforehand: their cost is said.
    said = plan_caption(plan, workers=workers.count) if crossed(plan.request.vary) else f"{plan.tally}."
    console.print(said, markup=False)
    with Interrupts() as interrupts:
        status, progress, whole = 0, None, plan
        problems: tuple[str, ...] = ()
        try:
            plan = checked_effects(plan, workers) if plan.trials else plan
            whole = plan
            begin_study(plan)
            note_look(plan, ended=False)
            progress = RunProgress(plan, console, jobs=min(workers.count, len(plan.trials)), outlook=outlook)
            problems = _train(plan, progress, interrupts, workers) if plan.trials else _written_again(plan)
            while looks and not interrupts.stop_request and (following := looks.following(plan)):
                console.print(f"{following.tally}.", markup=False)
                plan, done = following, progress.finished
                progress = RunProgress(plan, console, jobs=min(workers.count, len(plan.trials)), outlook=outlook)
                problems = (*problems, *_train(plan, progress, interrupts, workers))
                whole = replace(whole, trials=(*whole.trials, *plan.trials))
                progress.finished += done
        except KeyboardInterrupt:
            status = INTERRUPTED_STATUS
        with interrupts.deferred():
            if not status and not interrupts.stop_request:
                note_look(plan, ended=True)
            if crossed(whole.request.vary):
                status = max(print_variance(whole, console), print_unstored(problems, console), status)
            else:
                status = max(print_results(whole, console, problems=problems), status)
            if status == INTERRUPTED_STATUS or interrupts.stop_request:
                console.print(_stopped(whole, progress.finished if progress else 0), style="bold yellow", markup=False)
    return INTERRUPTED_STATUS if interrupts.stop_request else status


def _stopped(plan: Plan, finished: int) -> str:
    """Say how far a run came that the user has stopped, and how it goes on."""
    on = "Without --force, the same command" if plan.request.force else "The same command"
    return f"You stopped it after {finished} of {counted(len(plan.trials), 'trial')}. {on} goes on from there."


def _train(plan: Plan, progress: RunProgress, interrupts: Interrupts, workers: Workers) -> tuple[str, ...]:
    executor = workers.executor()
    with progress, interrupts.deferred():
        return execute(plan, executor, progress, stop_request=lambda: interrupts.stop_request)


def _written_again(plan: Plan) -> tuple[str, ...]:
    """Make all that is made from records anew, where there is nothing to train."""
    store = RecordStore(plan.folder, plan.fallback, home=plan.home)
    reinstate_displaced(plan, store)
    write_everything(plan, store)
    return tuple(store.problems)
