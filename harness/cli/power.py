"""`plan`: what so many seeds of a study can show, and what they cost, before anything trains."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from rich.console import Console

from harness.analysis import (
    Unit,
    detection_probability,
    measured_spreads,
    paired_differences,
    seeds_to_find,
    smallest_found,
    unit_of,
)
from harness.cli.terminal.summary import duration, make_console
from harness.cli.terminal.table import Column, Row, Table
from harness.errors import UsageError
from harness.records import Record, command, load_records, logdir_words, shown
from harness.runs import default_jobs, estimate_trials
from harness.study import Study, counted, load_study

SEEDS = (5, 10, 15, 20, 30, 40)
BAR = 12  # characters of a chance of 100%
OFTEN = "in 4 of 5 studies"  # harness.analysis.power.POWER in words
NOTICED = 5 / 3  # the difference that is looked for where none is named, in margins: half a point of an accuracy


@dataclass(frozen=True, slots=True)
class PowerPlan:
    """What a study's seeds are planned by.

    spreads: by variant, the measured standard deviations of its differences, empty without a pilot. std: the one that counts.
    source: where it is from, in words. seconds: of one seed of all variants, of one worker. unit: by the values of a pilot,
    else as the metric says of itself: an accuracy may be in percent. timed: whether seconds are more than an assumption, which
    they are of a training that only the study's own code knows and that has not run yet.
    """

    name: str  # as it was typed
    study: Study
    std: float
    source: str
    spreads: Mapping[str, float]
    comparisons: int
    seconds: float
    unit: Unit
    timed: bool


def print_power(name: str, *, logdir: Path, see: float | None, std: float | None, jobs: int | None) -> None:
    """Print what 5 to 40 seeds of a study can show; UsageError where that cannot be said."""
    study = load_study(name)
    if study.folds:
        raise UsageError(
            f"Study {study.name!r} trains on {study.folds}, not on seeds: more folds of the same samples tell little."
        )
    plan = make_power_plan(name, study, logdir=logdir, std=std)
    see = see or NOTICED * study.metric.margin
    if not see:
        raise UsageError(f"Study {study.name!r} names no margin; say with --see which difference is to be found.")
    console, workers = make_console(), jobs or default_jobs()
    unit = plan.unit
    console.print(f"What seeds of {study.name} can show", style="bold", markup=False)
    for line in _premises(plan, unit):
        console.print(line, markup=False)
    console.print(power_table(plan, unit, see=see, workers=workers))
    if plan.spreads:
        console.print(_spread_table(plan, unit, see=see))
    _print_end(console, plan, unit, see=see, workers=workers, logdir=logdir)


def make_power_plan(name: str, study: Study, *, logdir: Path, std: float | None) -> PowerPlan:
    """Return what a study is planned by: the spread that is given, else that of its records, else the margin for it."""
    folder = logdir / study.name
    # What is meant to fail is compared with nothing.
    names = [name for name in study.names if study.control(name) and study.expectation(name).finishes]
    pilot = _recorded(study, folder)
    measured = measured_spreads(paired_differences(pilot, study.metric)) if std is None else {}
    spreads = {name: measured[name] for name in names if name in measured}
    if std is not None:
        source = "as --std says"
    elif spreads:
        std = median(spreads.values())
        source = f"the median of {counted(len(spreads), 'comparison')} recorded in {shown(folder)}"
    elif study.metric.margin:
        std = study.metric.margin
        source = f"ASSUMED, as large as the margin; known after {_run(name, '--seeds', '3', logdir=logdir)}, or say --std"
    else:
        raise UsageError(
            f"Study {study.name!r} has neither records in {shown(folder)} nor a margin; "
            "say with --std how its differences vary."
        )
    seconds = sum(estimate_trials(study, {}, folder=folder).values())
    values = [study.metric.of(record.metrics) for group in pilot.values() for record in group if record.finished]
    told = unit_of({"metric": study.metric.column, "value": value} for value in values)
    unit = told if values else Unit(study.metric.words, study.metric.fraction and study.metric.column.endswith("accuracy"))
    timed = bool(values) or not study.trains_itself
    return PowerPlan(name, study, std, source, spreads, max(len(names), 1), seconds, unit, timed)


def _run(name: str, *options: str, logdir: Path) -> str:
    return command("run", name, *options, *logdir_words(logdir))


def _recorded(study: Study, folder: Path) -> dict[str, list[Record]]:
    by_variant: dict[str, list[Record]] = {}
    for record in load_records(folder)[0] if folder.is_dir() else ():
        if record.study == study.name and record.variant in study.names:
            by_variant.setdefault(record.variant, []).append(record)
    return by_variant


def _premises(plan: PowerPlan, unit: Unit) -> list[str]:
    margin = plan.study.metric.margin
    matters = f"; differences below {unit.chosen_amount(margin)} do not matter" if margin else ""
    count = counted(plan.comparisons, "comparison")
    each = plan.seconds / len(plan.study.names)
    untimed = (
        []
        if plan.timed
        else [f"A training takes {duration(each)}: ASSUMED, as none of them has run, and so are the times below."]
    )
    return [
        f"Two seeds of one comparison differ by {unit.amount(plan.std)} (standard deviation): {plan.source}.",
        f"{count}, each judged as strictly as {'all of them ask' if plan.comparisons > 1 else 'one asks'}{matters}.",
        *untimed,
    ]


def power_table(plan: PowerPlan, unit: Unit, *, see: float, workers: int) -> Table:
    """Draw, for each number of seeds, its cost, the chance to find a difference, and the smallest that is found often."""
    columns = (
        *(
            Column("seeds", justify="right"),
            Column("trainings", justify="right", rank=2),
            Column("time", justify="right", rank=1),
        ),
        *(Column(f"chance to find {unit.chosen_amount(see)}"), Column(f"found {OFTEN}", justify="right")),
    )
    probabilities = detection_probability(SEEDS, see, plan.std, margin=plan.study.metric.margin, comparisons=plan.comparisons)
    rows: list[Row] = []
    for seeds, chance in zip(SEEDS, probabilities.tolist(), strict=True):
        smallest = smallest_found(seeds, plan.std, margin=plan.study.metric.margin, comparisons=plan.comparisons)
        trainings = str(seeds * len(plan.study.names))
        bar = f"{'█' * round(BAR * chance):·<{BAR}} {chance:4.0%}"
        rows.append((str(seeds), trainings, _time(plan, seeds, workers), bar, f"{unit.amount(smallest)} and more"))
    return Table(columns, rows)


def _time(plan: PowerPlan, seeds: int, workers: int) -> str:
    return duration(seeds * plan.seconds / min(workers, default_jobs()))


def _spread_table(plan: PowerPlan, unit: Unit, *, see: float) -> Table:
    """Draw how much each comparison varies, and how many seeds it takes by its own spread."""
    columns = (
        Column("variant"),
        Column("spread", justify="right"),
        Column(f"seeds to find {unit.chosen_amount(see)}", justify="right"),
    )
    margin = plan.study.metric.margin
    rows: list[Row] = []
    for name, std in plan.spreads.items():
        needed = seeds_to_find(see, std, margin=margin, comparisons=plan.comparisons)
        rows.append((name, unit.amount(std), "over 1000" if needed is None else str(needed)))
    return Table(columns, rows, title="Each comparison by its own spread, which so few seeds tell roughly")


def _print_end(console: Console, plan: PowerPlan, unit: Unit, *, see: float, workers: int, logdir: Path) -> None:
    needed = seeds_to_find(see, plan.std, margin=plan.study.metric.margin, comparisons=plan.comparisons)
    what = f"To find {unit.chosen_amount(see)} {OFTEN}"
    if needed is None:
        least = unit.chosen_amount(plan.study.metric.margin)
        said = f"{what}, no number of seeds is enough: only what is surely more than {least} counts. --see a larger difference."
    else:
        trainings = counted(needed * len(plan.study.names), "training")
        said = f"{what} takes {counted(needed, 'seed')}: {trainings}, about {_time(plan, needed, workers)}."
    console.print(said, style="bold", markup=False)
    again = _run(plan.name, "--until-settled", logdir=logdir)
    console.print(f"Seeds only where they decide something: {again}", markup=False, soft_wrap=True)
