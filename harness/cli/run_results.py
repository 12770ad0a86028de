"""What a run prints at its end: the table, what it comes to, what was left out, what was not as expected, what to do next."""

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.text import Text

from harness.analysis import (
    EFFECTS_FILE,
    LAST,
    RUNS_FILE,
    SUMMARY_FILE,
    ends,
    judged_by,
    outcome,
    summary_table,
    trials_called,
)
from harness.cli.terminal.conclusion import ConclusionView, next_steps
from harness.cli.terminal.effects import effects_views
from harness.cli.terminal.summary import print_notes, summary_view
from harness.cli.terminal.summary_notes import data_line, fold_lines, real_data_line, titled, undrawn_lines
from harness.errors import MOST_NAMED, fault_text
from harness.records import INTERRUPTED, Record, as_typed, shown, with_addresses
from harness.results import DIFFERENCES_FILE, vary_notes, weights_notes
from harness.runs import Plan, results
from harness.study import counted


def _named(records: Sequence[Record]) -> str:
    names = [f"{record.study}/{record.variant}/seed-{record.seed}" for record in records[:MOST_NAMED]]
    return ", ".join(names) + (", …" if len(records) > MOST_NAMED else "")


def _notes(records: Sequence[Record]) -> list[str]:
    return [*vary_notes(records), *weights_notes(records)]


def print_results(plan: Plan, console: Console, *, problems: Sequence[str] = ()) -> int:
    """Print the study's summary and what was left out of it; return 1 if something is not as expected.

    problems: one line for each thing that could not be stored. A summary that cannot be made is no end: what was trained
    is stored, and can be shown again.
    """
    try:
        status = _print_summary(plan, console)
    except Exception as error:
        said = f"the summary ({fault_text(error)}). What was trained is stored in {shown(plan.folder)}."
        console.print(f"[bold red]Not shown:[/] {escape(said)}")
        status = 1
    return max(print_unstored(problems, console), status)


def print_unstored(problems: Sequence[str], console: Console) -> int:
    """Print one line for each thing that could not be stored; return 1 if there is any."""
    for problem in problems:
        console.print(f"[bold red]Not stored:[/] {escape(with_addresses(problem))}")
    return 1 if problems else 0


def _print_summary(plan: Plan, console: Console) -> int:
    found = results(plan)
    summary = summary_table(found.records, logdir=plan.request.logdir)
    rows = summary.to_dict("records")
    # One that was stopped is no fault of its variant: the same command goes on with it.
    unexpected = ends(plan.declared, (record for record in found.records if record.status != INTERRUPTED))
    claims = outcome(plan.study, rows, changed=bool(plan.request.base_changes))
    faults = [Text.assemble(("Not as expected: ", "bold red"), line) for line in unexpected]
    faults += [Text.assemble(("Broken expectation: ", "bold red"), line) for line in claims.broken]
    console.print(summary_view(summary, title=titled(plan.study, found.records)))
    view = ConclusionView(rows, trials=trials_called(found.records), faults=faults)
    for effects in effects_views(found.records, plan.request.logdir, epoch=LAST):
        console.print(effects)
    console.print(view)
    for line in (data_line(plan.study, found.records), *fold_lines(plan.study), *_notes(found.records)):
        console.print(line, markup=False)
    print_notes(undrawn_lines(plan.study, found.records))
    if line := judged_by(plan.folder, found.records):
        console.print(line, markup=False, soft_wrap=True)
    if plan.cached:
        force = "" if plan.request.until_settled else " (--force trains all)"  # which a design refuses
        console.print(f"{counted(len(plan.cached), 'trial')} recorded already, not trained again{force}.")
        if plan.request.log:
            console.print(f"  For these, --log {' --log '.join(plan.request.log)} logged nothing; it needs --force.")
    if found.stale:
        left_out = counted(len(found.stale), "record")
        console.print(f"{left_out} of other settings, data or versions left out of the tables, and kept:")
        console.print(f"  {_named(found.stale)}.", markup=False)
    for problem in found.problems:
        console.print(f"Set aside: {with_addresses(problem)}", markup=False)
    for line in claims.unjudged:
        console.print(f"Note: {line}", markup=False)
    made = [name for name in (SUMMARY_FILE, RUNS_FILE, EFFECTS_FILE, DIFFERENCES_FILE) if (plan.folder / name).exists()]
    console.print(f"Stored in {as_typed(plan.folder)}: {', '.join(['records', *made])}.", markup=False)
    for step in next_steps(view.conclusion, found.records, plan.folder) if found.records else ():
        console.print(step, soft_wrap=True)
    if line := real_data_line(found.records):
        console.print(line, style="yellow", markup=False, soft_wrap=True)
    return 1 if faults else 0
