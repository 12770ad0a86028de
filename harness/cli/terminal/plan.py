"""What a run would do, drawn for the terminal: each variant's trials, each family's, and what all will cost."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from harness.cli.terminal.summary import duration
from harness.cli.terminal.table import Column, Row, Table
from harness.runs import default_jobs, trial_seconds, wall_seconds
from harness.study import Study, counted, screens_of

if TYPE_CHECKING:
    from harness.runs import Plan

COLUMNS = (
    *(Column("variant"), Column("change", text=True), Column("expected to", text=True, rank=2)),
    *(Column("epochs", justify="right", rank=1), Column("trials", justify="right")),
    *(Column("done", justify="right", rank=4), Column("≈ s each", justify="right", rank=3)),
)


def plan_table(plan: "Plan", *, workers: int) -> Table:
    """Draw what a run would do: trials, what changes, epochs, estimated cost; the families below the variants."""
    study = plan.study
    title = f"Plan of {study.name}: {_trials(plan)}"
    rows: list[Row] = []
    for name in study.names:
        expected = study.expectation(name).asked
        count, done = str(plan.count(name)), str(_done(plan, [name]))
        epochs = str(plan.epochs(name) or "")
        rows.append((name, study.change(name), expected, epochs, count, done, f"{plan.seconds[name]:.0f}"))
    families = study.families()
    if families:
        rows.append("")
    for family, names in families.items():
        # Beside the variants' names, not among them: a family's may be long, and may be broken.
        size = f"{family}: {counted(len(names), 'variant')}, about {duration(_cost(plan, names))} of one core"
        count = str(sum(plan.count(name) for name in names))
        rows.append(("family", size, "", "", count, str(_done(plan, names)), ""))
    return Table(COLUMNS, rows, title=title, caption=plan_caption(plan, workers=workers))


def screen_lines(study: Study) -> list[str]:
    """Say of each screen of a study what it estimates, and what of it is mixed with what."""
    if not any(variant.corner for variant in study.variants):
        return []
    found = screens_of(study)
    return [f"{one.family}: {line}" if len(found) > 1 else line for one in found for line in one.lines]


def _trials(plan: "Plan") -> str:
    """Say how many trials are to be trained: of so many seeds, where each variant has as many."""
    whole, each = counted(len(plan.trials), "trial"), {plan.count(name) for name in plan.study.names}
    if len(each) > 1 or len(plan.trials) < 2:
        return whole
    seeds = counted(each.pop(), "fold" if plan.study.folds else "seed")
    return f"{counted(len(plan.study.names), 'variant')} (the base included) × {seeds} = {whole}"


def plan_caption(plan: "Plan", *, workers: int) -> str:
    """Say how much a run has to do and about how long that takes."""
    line = f"{plan.tally}; {_duration([plan], workers=workers)}."
    whole = sum(plan.seconds[trial.variant] for trial in plan.trials)
    shared = _cost(plan, plan.study.names) < whole * (1 - 1e-9)  # and not by the rounding of a sum alone
    return f"{line} Longer trainings go on from shorter ones, so that together they take less." if shared else line


def total_line(plans: Sequence["Plan"], *, workers: int) -> str:
    """Say what the plans of several studies come to."""
    trials, done = sum(len(plan.trials) for plan in plans), sum(len(plan.cached) for plan in plans)
    return f"Total of {len(plans)} studies: {trials} to train, {done} done already; {_duration(plans, workers=workers)}."


def _duration(plans: Sequence["Plan"], *, workers: int) -> str:
    """Say how long it takes, on one core and with the workers that there may be; more than the machine can run gain nothing."""
    text = f"about {duration(sum(_cost(plan, plan.study.names) for plan in plans))} of one core"
    if workers == 1 or not any(plan.trials for plan in plans):
        return text
    effective_workers = min(workers, default_jobs())
    wall = sum(wall_seconds(plan.trials, plan.seconds, workers=effective_workers) for plan in plans)
    crowded = f", of which this machine runs {effective_workers} at full speed" if effective_workers < workers else ""
    return f"{text}, {duration(wall)} with {workers} workers{crowded}"


def _cost(plan: "Plan", names: Iterable[str]) -> float:
    wanted = set(names)
    each = zip(plan.trials, trial_seconds(plan.trials, plan.seconds), strict=True)
    return sum(seconds for trial, seconds in each if trial.variant in wanted)


def _done(plan: "Plan", names: Iterable[str]) -> int:
    wanted = set(names)
    return sum(record.variant in wanted for record in plan.cached)
