"""What a run would do, drawn for the terminal: each variant's trials, each family's, and what all will cost."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from harness.estimate import trial_seconds, wall_seconds
from harness.terminal.display import duration

if TYPE_CHECKING:
    from harness.runner import Plan


def plan_table(plan: "Plan", *, workers: int) -> Table:
    """Draw what a run would do: trials, what changes, epochs, estimated cost; the families below the variants."""
    study = plan.study
    title = f"Plan of {study.name}: {len(plan.trials)} trial{'' if len(plan.trials) == 1 else 's'}"
    table = Table(title=title, caption=plan_caption(plan, workers=workers), title_justify="left")
    for name in ("variant", "change", "expected to"):
        table.add_column(name, overflow="fold")
    for name in ("epochs", "trials", "done", "≈ s each"):
        table.add_column(name, justify="right")
    for name in study.names:
        expected = study.expectation(name).asked
        count, done = str(plan.count(name)), str(_done(plan, [name]))
        epochs = str(study.settings(name).epochs)
        table.add_row(name, escape(study.change(name)), expected, epochs, count, done, f"{plan.seconds[name]:.0f}")
    families = study.families()
    if families:
        table.add_section()
    for family, names in families.items():
        size = f"{len(names)} variants, about {duration(_cost(plan, names))} of one core"
        count = str(sum(plan.count(name) for name in names))
        table.add_row(f"family {family}", size, "", "", count, str(_done(plan, names)), "")
    return table


def plan_caption(plan: "Plan", *, workers: int) -> str:
    """Say how much a run has to do and about how long that takes."""
    return f"{plan.tally}; {_duration([plan], workers=workers)}."


def total_line(plans: Sequence["Plan"], *, workers: int) -> str:
    """Say what the plans of several studies come to."""
    trials, done = sum(len(plan.trials) for plan in plans), sum(len(plan.done) for plan in plans)
    return f"Total of {len(plans)} studies: {trials} to train, {done} done already; {_duration(plans, workers=workers)}."


def _duration(plans: Sequence["Plan"], *, workers: int) -> str:
    text = f"about {duration(sum(_cost(plan, plan.study.names) for plan in plans))} of one core"
    if workers == 1 or not any(plan.trials for plan in plans):
        return text
    wall = sum(wall_seconds(plan.trials, plan.seconds, workers=workers) for plan in plans)
    return f"{text}, {duration(wall)} with {workers} workers"


def _cost(plan: "Plan", names: Iterable[str]) -> float:
    wanted = set(names)
    each = zip(plan.trials, trial_seconds(plan.trials, plan.seconds), strict=True)
    return sum(seconds for trial, seconds in each if trial.variant in wanted)


def _done(plan: "Plan", names: Iterable[str]) -> int:
    wanted = set(names)
    return sum(record.variant in wanted for record in plan.done)
