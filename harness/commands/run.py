"""`run`: plan, execute with progress, print the summary."""

import tempfile
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from harness.boards import write_study
from harness.data import Prepared, prepare
from harness.terminal.display import make_console, plan_table, summary_view
from harness.errors import MOST_NAMED, UsageError
from harness.execution import execute, reinstate_displaced, write_everything
from harness.executors.local import LocalExecutor
from harness.executors.machine import default_jobs
from harness.fallback import reason
from harness.durability.interrupts import Interrupts
from harness.durability.keeping import Keeper
from harness.durability.locks import one_writer
from harness.outcomes import outcome
from harness.terminal.progress import RunProgress
from harness.provenance import origin
from harness.records import Record
from harness.runner import Options, Plan, make_plan, require_effects, results, selected
from harness.settings import parse, tab_values
from harness.studies import load_study
from harness.tables import SUMMARY_FILE, summary_table
from harness.variants import Study

INTERRUPTED_STATUS = 130
AUTO = "auto"


def run_study(
    name: str,
    *,
    logdir: Path,
    seeds: int,
    jobs: int | None,
    assignments: tuple[str, ...],
    only: tuple[str, ...],
    force: bool,
    dry_run: bool,
    dataset: str,
    data_dir: Path | None,
    engine: str,
    executor: str,
    max_seconds: float | None,
    checkpoint_seconds: float,
) -> int:
    """Run a study as the command line asks for it; return the exit status."""
    whole = load_study(name)
    options = Options(
        logdir=logdir.resolve(),
        seeds=seeds,
        engine=engine,
        force=force,
        checkpoint_seconds=checkpoint_seconds,
        only=only,
        base_changes=_base_changes(whole, assignments, dataset),
        origin={} if dry_run else origin(whole.path),
    )
    study = selected(whole, options)
    console, notices = make_console(), make_console(stderr=True)
    data = prepare_data(study, data_dir=data_dir, strict=dataset != AUTO)
    for notice in stand_in_notices(data):
        notices.print(f"[yellow]Note:[/] {escape(notice)}", soft_wrap=True)
    if dry_run:
        plan = make_plan(whole, options, data)
        check_effects(plan)
        console.print(plan_table(plan))
        return 0
    folder = options.logdir / study.name
    require_writable(folder)
    with one_writer(folder):  # before the plan is made: what another run has just finished must be in it
        plan = make_plan(whole, options, data)
        workers = min(jobs or default_jobs(), max(len(plan.trials), 1))
        return _run_plan(plan, console, jobs=workers, max_seconds=max_seconds)


def check_effects(plan: Plan) -> None:
    """Build the models of a study of one's own in a worker, to see that each variant changes something."""
    if plan.study.build or plan.study.arrays:
        with closing(LocalExecutor(jobs=1)) as executor:
            require_effects(plan, executor)


def _base_changes(study: Study, assignments: tuple[str, ...], dataset: str) -> tuple[tuple[str, Any], ...]:
    changes = dict(parse(assignment, type(study.base)) for assignment in assignments)
    if dataset != AUTO:
        if study.arrays:
            raise UsageError(f"Study {study.name!r} has arrays of its own; --dataset {dataset!r} would have no effect.")
        changes["dataset"] = dataset
    return tuple(changes.items())


def prepare_data(study: Study, *, data_dir: Path | None, strict: bool) -> dict[str, Prepared]:
    """Find and verify each dataset that the study's settings name; DataError (a UsageError) if one is damaged."""
    if study.arrays:
        return {}
    names = dict.fromkeys(study.settings(name).dataset for name in study.names)
    return {name: prepare(name, data_dir=data_dir, strict=strict) for name in names}


def stand_in_notices(data: Mapping[str, Prepared]) -> list[str]:
    """Say which datasets are absent and what takes their place."""
    replaced = [prepared for prepared in data.values() if prepared.stand_in]
    notices = [f"{prepared.reason} Using {prepared.description}." for prepared in replaced]
    if len(replaced) > 1:
        notices.append("One stand-in for several datasets: variants that differ in their dataset alone will show no difference.")
    return notices


def require_writable(folder: Path) -> None:
    """Make the study's folder; UsageError if nothing can be written there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UsageError(f"Log folder {str(folder)!r} cannot be written ({error.strerror}). Name another with --logdir.") from None


def _run_plan(plan: Plan, console: Console, *, jobs: int, max_seconds: float | None) -> int:
    console.print(f"{plan.tally}.", markup=False)
    with Interrupts() as interrupts:
        status, problems = 0, ()
        try:
            problems = _train(plan, console, interrupts, jobs=jobs, max_seconds=max_seconds)
        except KeyboardInterrupt:
            status = INTERRUPTED_STATUS
        with interrupts.deferred():
            status = max(print_results(plan, console, problems=problems), status)
    return INTERRUPTED_STATUS if interrupts.wish else status


def begin_study(plan: Plan) -> None:
    """Write the study's columns for the HParams tab; UsageError if the disk does not take them."""
    try:
        write_study(plan.folder, hyperparameters=_hyperparameters(plan.whole, plan.study))
    except OSError as error:
        raise UsageError(
            f"Log folder {str(plan.folder)!r} cannot be written ({reason(error)}). Name another with --logdir."
        ) from None


def _train(
    plan: Plan, console: Console, interrupts: Interrupts, *, jobs: int, max_seconds: float | None
) -> tuple[str, ...]:
    if not plan.trials:
        begin_study(plan)
        keeper = Keeper(plan.folder, plan.fallback)
        reinstate_displaced(plan, keeper)
        write_everything(plan, keeper)
        return tuple(keeper.problems)
    with closing(LocalExecutor(jobs=jobs, max_seconds=max_seconds)) as executor:
        require_effects(plan, executor)
        begin_study(plan)
        with RunProgress(plan, console, jobs=jobs) as progress, interrupts.deferred():
            return execute(plan, executor, progress, wish=lambda: interrupts.wish)


def _hyperparameters(*studies: Study) -> dict[str, list[Any]]:
    """Return each setting's values over all variants: the whole study's too, whose older trials the tab still shows."""
    columns: dict[str, list[Any]] = {}
    for study in studies:
        for name in study.names:
            for setting, value in tab_values(study.settings(name)).items():
                columns.setdefault(setting, []).append(value)
    return columns


def _named(records: Sequence[Record]) -> str:
    names = [f"{record.study}/{record.variant}/seed-{record.seed}" for record in records[:MOST_NAMED]]
    return ", ".join(names) + (", …" if len(records) > MOST_NAMED else "")


def print_results(plan: Plan, console: Console, *, problems: Sequence[str] = ()) -> int:
    """Print the study's summary and what was left out of it; return 1 if something is not as expected.

    problems: one line for each thing that could not be stored.
    """
    found = results(plan)
    title = f"{plan.study.name}: {plan.study.question}"
    summary = summary_table(found.records, logdir=plan.options.logdir)
    console.print(summary_view(summary, title=title, width=console.width))
    console.print(f"Data: {', '.join(sorted({record.data.get('description', '') for record in found.records})) or 'none yet'}.", markup=False)
    if plan.done:
        console.print(f"{len(plan.done)} trials were recorded already and not trained again (--force trains all).")
    if found.stale:
        console.print(f"{len(found.stale)} records of other settings, data or versions were left out of the tables.")
        console.print(f"  Stale, kept as they are: {_named(found.stale)}.", markup=False)
    for problem in found.problems:
        console.print(f"Set aside: {problem}", markup=False)
    unexpected = [record for record in found.records if not record.as_expected]
    for record in unexpected:
        console.print(f"[bold red]Not as expected:[/] {record.variant} seed {record.seed}: {record.status} {escape(record.error)}")
    claims = outcome(plan.study, summary.to_dict("records"), changed=bool(plan.options.base_changes))
    for line in claims.unjudged:
        console.print(f"Note: {line}", markup=False)
    for line in claims.broken:
        console.print(f"[bold red]Broken expectation:[/] {escape(line)}")
    console.print(f"Table: {plan.folder / SUMMARY_FILE}   TensorBoard: python -m harness board --logdir {plan.options.logdir}", markup=False)
    for problem in problems:
        console.print(f"[bold red]Not stored:[/] {escape(problem)}")
    return 1 if unexpected or claims.broken or problems else 0
