"""`list`: the studies there are, and the variants of one."""

from pathlib import Path

from rich.text import Text

from harness.cli.terminal.plan import screen_lines
from harness.cli.terminal.summary import duration, make_console
from harness.cli.terminal.table import Column, Row, Table
from harness.errors import UsageError
from harness.runs import SEEDS, default_jobs, estimate_trials
from harness.study import Metric, Study, counted, load_study, study_files


def print_studies(logdir: Path) -> None:
    """Print every study of experiments/ with its question, its size and about how long it takes."""
    trials, time = f"trials, {SEEDS} seeds", f"≈ time, {counted(default_jobs(), 'worker')}"
    ranked = (("variants", 2), (trials, 3), (time, 1))
    numbers = (Column(heading, justify="right", rank=rank) for heading, rank in ranked)
    rows: list[Row] = []
    for name in study_files():
        try:
            study = load_study(name)
            seconds = estimate_trials(study, {}, folder=logdir / study.name)
        except UsageError as error:
            rows.append((name, Text(str(error), style="red"), "", "", ""))
            continue
        each = study.trials_of(SEEDS)
        size = (str(len(study.names)), str(each * len(study.names)))
        rows.append((name, study.question, *size, duration(each * sum(seconds.values()) / default_jobs())))
    columns = (Column("study"), Column("question", text=True), *numbers)
    make_console().print(Table(columns, rows, title="Studies"))


def print_study(name: str, *, logdir: Path) -> None:
    """Print what a study teaches and is judged by, and of each variant its change, its control and its likely time."""
    study = load_study(name)
    seconds = estimate_trials(study, {}, folder=logdir / study.name)
    families = study.families()
    columns = (
        *(Column("variant"), Column("change", text=True), Column("control", rank=1), Column("expected", text=True, rank=2)),
        Column("≈ s each", justify="right", rank=3),
    )
    rows: list[Row] = []
    family_of = {variant: family for family, variants in families.items() for variant in variants}
    alone = [variant for variant in study.names if variant not in family_of]
    shown = ""
    for variant in (*alone, *family_of):
        family = family_of.get(variant, "")
        change = study.change(variant).removesuffix(f" (vs {study.control(variant)})")
        if family != shown:
            rows.append(f"family {family}:")
        rows.append((variant, change, study.control(variant), str(study.expectation(variant)), f"{seconds[variant]:.1f}"))
        shown = family
    console = make_console()
    console.print(Table(columns, rows, title=study.title))
    for line in _facts(study, seconds):
        console.print(line, markup=False)


def _facts(study: Study, seconds: dict[str, float]) -> list[str]:
    """Say in one line each what a study teaches, what it is judged by, its data, and what all of it takes."""
    data = (
        ", ".join(dict.fromkeys(study.settings(name).dataset for name in study.names))
        if study.needs_dataset
        else f"{study.own_data} of the study's own"
    )
    each, unit = study.trials_of(SEEDS), str(study.folds) if study.folds else f"{SEEDS} seeds"
    whole = each * sum(seconds.values()) / default_jobs()
    lines = [f"Lesson: {study.lesson}"] if study.lesson else []
    count = counted(len(study.names), "variant")
    size = f"{count} (the base included) × {unit} = {counted(each * len(study.names), 'trial')}"
    return [
        *lines,
        *screen_lines(study),
        f"Metric: {_metric(study.metric)}.   Data: {data}.",
        f"Size: {size}; about {duration(whole)} with {counted(default_jobs(), 'worker')}.",
    ]


def _metric(metric: Metric) -> str:
    direction = "higher" if metric.higher_is_better else "lower"
    return f"{metric.words}, {direction} is better, differences below {metric.margin:g} do not matter"
