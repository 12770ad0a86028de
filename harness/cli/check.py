"""`check`: what `run` would look at before it trains, without a log folder."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from harness.cli.run_choices import study_requests
from harness.cli.study_plans import WRONG_STATUS, sound_plans
from harness.cli.terminal.summary import duration, make_console, print_notes
from harness.errors import MOST_NAMED
from harness.runs import SEEDS, Plan, RunRequest, Workers, default_jobs
from harness.study import counted


def check_studies(names: Sequence[str], **options: Any) -> int:
    """Look at studies as a run does before it trains; return the exit status."""
    console = make_console()
    with TemporaryDirectory(prefix="harness-check-") as folder:
        request = RunRequest(logdir=Path(folder), seeds=SEEDS, dry_run=True, **options)
        asked, notices = study_requests(names, request)
        print_notes(notices)
        with console.status("Building every variant ..."), closing(Workers(request, most=1)) as workers:
            plans = sound_plans(asked, workers, thoroughly=True)
            untold = {plan.study.name: _untold(plan, workers) for plan in plans}
    for plan in plans:
        console.print(_sound(plan, untold[plan.study.name]), markup=False)
    return 0 if len(plans) == len(asked) else WRONG_STATUS


def _untold(plan: Plan, workers: Workers) -> list[str]:
    """Return the variants of which nothing but their training tells whether they train otherwise than their controls.

    So it is where a model's own code decides, which no look at the model can see into.
    """
    seen = workers.checked.get(plan.study.name, {})
    told = {name for name, found in seen.items() if found.digest or found.error}
    return [one.name for one in plan.study.variants if seen and not {one.name, one.control} <= told]


def _sound(plan: Plan, untold: Sequence[str]) -> str:
    count = len(plan.study.variants)
    variants = counted(count, "variant")
    each, unit = plan.study.trials_of(SEEDS), str(plan.study.folds) if plan.study.folds else f"{SEEDS} seeds"
    size = f"{count + 1} × {unit} = {counted(each * (count + 1), 'trial')}"
    if plan.study.trains_itself:
        told = "whether each trains otherwise than its control, only its training tells"
        return f"{plan.study.name}: declared soundly. The base and {variants}; {told}. {size}."
    seconds = each * sum(plan.seconds.values()) / default_jobs()
    time = f"about {duration(seconds)} with {counted(default_jobs(), 'worker')}"
    differing = "each trains otherwise than its control"
    if untold:
        differing = f"whether {', '.join(untold[:MOST_NAMED])} trains otherwise than its control, only its training tells"
    return f"{plan.study.name}: sound. The base and {variants}; {differing}. {size}, {time}."
