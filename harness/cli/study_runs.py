"""`run`: plan, execute with progress, print the summary; one study after another."""

import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing
from dataclasses import dataclass, field, replace

import click
from rich.console import Console

from harness.cli.run_choices import StudyRequest, study_requests
from harness.cli.run_results import print_results, print_unstored
from harness.cli.settled_runs import Looks, first_look, note_look
from harness.cli.study_plans import WRONG_STATUS, checked_effects, checked_plan, print_plans, sound_plans
from harness.cli.terminal.plan import plan_caption
from harness.cli.terminal.progress import Outlook, RunProgress
from harness.cli.terminal.standings import standing_board
from harness.cli.terminal.summary import duration, make_console, print_notes
from harness.cli.variance import print_variance
from harness.errors import INTERRUPTED_STATUS, UsageError, one_line
from harness.mirror import hold_study
from harness.runs import (
    SLURM,
    Interrupts,
    Plan,
    RecordStore,
    RunReport,
    RunRequest,
    Watchers,
    Workers,
    begin_study,
    execute,
    reinstate_displaced,
    reported,
    require_no_left_tasks,
    require_own_trials,
    require_writable,
    write_everything,
)
from harness.study import USUAL, counted, crossed


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
    if any(plan.request.until_settled for plan in plans.values()):  # each study has said how many its looks took
        trials = "until settled"
    bad = [name for name, status in ends.items() if status]
    end = f"not as expected: {', '.join(bad)}" if bad else "all as expected"
    return f"{counted(len(ends), 'study')}, {trials}, {duration(seconds)}; {end}."


def run_study(asked: StudyRequest, console: Console, *, workers: Workers | None = None, outlook: Outlook | None = None) -> int:
    """Run one study; return its exit status. UsageError if it cannot be run.

    workers: those of a run of several studies; outlook: what comes after this one.
    """
    require_writable(asked.folder)
    # The lock comes before the plan is made: what another run has just finished must be in it.
    with hold_study(asked.folder) as held, _reported(asked, outlook) as report:
        status = _run_held(asked, console, workers, outlook, report)
        report.end(status)
    return status if held.stored else max(status, 1)


def _run_held(
    asked: StudyRequest, console: Console, workers: Workers | None, outlook: Outlook | None, report: RunReport
) -> int:
    if asked.request.executor != SLURM:
        require_no_left_tasks(asked.folder)
    with console.status(f"Checking the data of {asked.study.name} …"):
        plan = checked_plan(asked)
    looks = None
    if plan.request.until_settled:
        plan, looks = first_look(plan, console)
    require_own_trials(plan)
    most = max(len(plan.trials), len(plan.study.names) if looks else 0)  # a later look may have more to train
    with ExitStack() as stack:
        if workers is None:
            workers = stack.enter_context(closing(Workers(plan.request, most=most)))
        return _run_plan(plan, _Run(console, workers, outlook, report, looks))


@dataclass(frozen=True, slots=True)
class _Run:
    """What a study's run goes by, in each of its looks; looks: of a study that has a design."""

    console: Console
    workers: Workers
    outlook: Outlook | None
    report: RunReport
    looks: Looks | None = None
    shown: list[RunProgress] = field(default_factory=list)  # one a look

    @property
    def finished(self) -> int:
        """How many trials have ended, and were not stopped."""
        return sum(progress.finished for progress in self.shown)

    def train(self, plan: Plan, interrupts: Interrupts) -> tuple[str, ...]:
        """Train a plan's trials, with progress; return what could not be stored."""
        jobs, beside = min(self.workers.count, len(plan.trials)), self._standings
        progress = RunProgress(plan, self.console, jobs=jobs, outlook=self.outlook, beside=beside)
        self.shown.append(progress)
        self.report.training(plan, seconds_left=progress.seconds_left)
        if not plan.trials:
            return _written_again(plan)
        watchers = Watchers(progress, self.report)
        with progress, interrupts.deferred():
            executor = self.workers.executor()
            return execute(plan, executor, watchers, stop_request=lambda: interrupts.ask(self.report.stop_request()))

    def _standings(self, trained: int) -> list[str]:
        return standing_board(self.looks.looked, trained=trained) if self.looks else []


def _reported(asked: StudyRequest, outlook: Outlook | None) -> AbstractContextManager[RunReport]:
    later = [plan.study.name for plan in outlook.later] if outlook else []
    return reported(asked.folder, executor=asked.request.executor, log=asked.request.output, later=later)


def _run_plan(plan: Plan, run: _Run) -> int:
    console, whole = run.console, plan
    # Nobody counts the trainings of a crossed design beforehand: their cost is said.
    said = plan_caption(plan, workers=run.workers.count) if crossed(plan.request.vary) else f"{plan.tally}."
    console.print(said, markup=False)
    print_notes(_unheeded_resources(plan))
    with Interrupts() as interrupts:
        status = 0
        problems: tuple[str, ...] = ()
        try:
            plan = whole = checked_effects(plan, run.workers) if plan.trials else plan
            begin_study(plan)
            problems = (*note_look(plan, ended=False), *run.train(plan, interrupts))
            while run.looks and not interrupts.stop_request and (following := run.looks.following(plan)):
                plan = following
                console.print(f"{plan.tally}.", markup=False)
                whole = replace(whole, trials=(*whole.trials, *plan.trials))
                problems = (*problems, *run.train(plan, interrupts))
        except KeyboardInterrupt:
            status = INTERRUPTED_STATUS
        with interrupts.deferred():
            if not status and not interrupts.stop_request:
                problems = (*problems, *note_look(plan, ended=True))
            if crossed(whole.request.vary):
                status = max(print_variance(whole, console), print_unstored(problems, console), status)
            else:
                status = max(print_results(whole, console, problems=problems), status)
            if status == INTERRUPTED_STATUS or interrupts.stop_request:
                console.print(_stopped(whole, run.finished), style="bold yellow", markup=False)
    return INTERRUPTED_STATUS if interrupts.stop_request else status


def _unheeded_resources(plan: Plan) -> list[str]:
    """Say that what trials are to have of a machine is not given out on this one, where that is so."""
    if plan.request.executor != "local" or all(trial.resources == USUAL for trial in plan.trials):
        return []
    return [f"The resources of study {plan.study.name!r} count on a cluster (--executor ray); here each worker has one thread."]


def _stopped(plan: Plan, finished: int) -> str:
    """Say how far a run came that the user has stopped, and how it goes on."""
    on = "Without --force, the same command" if plan.request.force else "The same command"
    return f"You stopped it after {finished} of {counted(len(plan.trials), 'trial')}. {on} goes on from there."


def _written_again(plan: Plan) -> tuple[str, ...]:
    """Make all that is made from records anew, where there is nothing to train."""
    store = RecordStore(plan.folder, plan.fallback, home=plan.home)
    reinstate_displaced(plan, store)
    write_everything(plan, store)
    return tuple(store.problems)
