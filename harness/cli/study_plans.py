"""What runs of studies come to, and whether they can be run: before anything trains."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace

import click
from rich.console import Console

from harness.cli.run_choices import StudyRequest
from harness.cli.settled_runs import first_look
from harness.cli.terminal.plan import plan_table, screen_lines, total_line
from harness.cli.terminal.summary import make_console, print_notes
from harness.errors import UsageError, one_line
from harness.runs import (
    Plan,
    RunRequest,
    Workers,
    make_plan,
    must_be_built,
    outdated_records,
    require_command,
    require_different,
    require_samples,
    require_trainable,
    unused_overrides,
)

WRONG_STATUS = 2


def sound_plans(studies: Sequence[StudyRequest], workers: Workers, *, thoroughly: bool = False) -> list[Plan]:
    """Return the plans of the studies that can be run; what is wrong with another is said, or raised if it is the only one.

    thoroughly: whether each variant's arrays are also held against its model, which its trial would do soon enough.
    """
    sound = []
    for asked in studies:
        try:
            plan = make_plan(asked.study, asked.request, asked.data)
            if asked.request.until_settled:
                plan, _ = first_look(plan, make_console() if asked.request.dry_run else None, keep=False)
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


def checked_plan(asked: StudyRequest) -> Plan:
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
