"""A plan carried out: its trials handed to an executor, each record stored as it comes, tables kept up to date."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any, Protocol

from harness.analysis import write_declaration, write_tables
from harness.errors import fault_text
from harness.records import INTERRUPTED, Record, attempt_folder, environment, require_own_trial, trial_folder
from harness.runs.executors.protocol import Executor, Progress, StopRequest, WorkerFailure
from harness.runs.plan import Plan, PlanResults, results
from harness.runs.record_store import RecordStore, reinstate
from harness.runs.study_board import write_study_board
from harness.tensorboard import write_error
from harness.training import Trial, blank_record, notices

TABLE_SECONDS = 5.0  # while trials run, the tables are made anew this often at the most
TABLE_SHARE = 10  # and so rarely that they take a tenth of the time at the most: of 20,000 trials they take many seconds
STOPPING = {
    StopRequest.AFTER_EPOCH: "Stopping: running trials end with their epoch. Ctrl-C again, or cancel --now, ends them at once.",
    StopRequest.NOW: "Ending at once.",
}


class Watcher(Protocol):
    """Who follows a run."""

    def epoch(self, epoch: Progress) -> None:
        """Hear of a running trial's newest epoch."""
        ...

    def ended(self, record: Record) -> None:
        """Hear that a trial has ended, and how."""
        ...

    def notice(self, text: str) -> None:
        """Hear of something out of the ordinary."""
        ...


def execute(plan: Plan, executor: Executor, watcher: Watcher, *, stop_request: Callable[[], StopRequest]) -> tuple[str, ...]:
    """Run the plan's trials, storing each record as it comes; return one line for each thing that could not be stored.

    A trial whose worker died is run once more in another one, after all others: what ended the worker may have been
    the machine's doing. The tables are written whatever ends the run, an interruption included.
    """
    store = RecordStore(plan.folder, plan.fallback, home=plan.home)
    reinstate_displaced(plan, store)
    run = _Run(plan, executor, watcher, store, _announced(stop_request, watcher))
    try:
        again = run.perform(plan.trials)
        if again and run.stop_request() is StopRequest.NONE:
            run.perform(again)
    finally:
        write_everything(plan, store)
    return tuple(store.problems)


def reinstate_displaced(plan: Plan, store: RecordStore) -> None:
    """Put results that a run with other settings displaced, and that now count again, back into their places."""
    for record in plan.cached:
        folder = trial_folder(plan.request.logdir, record.study, record.variant, record.seed)
        store.attempt(f"{record.variant} seed {record.seed}", partial(reinstate, folder, record))


@dataclass(frozen=True, slots=True)
class _Run:
    """A plan under way, and all who take part in it."""

    plan: Plan
    executor: Executor
    watcher: Watcher
    store: RecordStore
    stop_request: Callable[[], StopRequest]

    def perform(self, trials: Sequence[Trial]) -> list[Trial]:
        """Run trials; return those that are worth another attempt, as they are to be tried again."""
        again: list[Trial] = []
        due = 0.0
        for trial, outcome in self.executor.run(trials, progress=self.epoch, stop_request=self.stop_request):
            record = _record(self.plan, trial, outcome)
            if isinstance(outcome, WorkerFailure) and outcome.status != INTERRUPTED:
                self.store.attempt("The event file", partial(show_failure, trial, record))
            record = self.store.keep(trial, record)
            for line in notices(record):
                self.tell(self.watcher.notice, line)
            if isinstance(outcome, WorkerFailure) and outcome.died and not trial.lost:
                again.append(replace(trial, attempt=trial.attempt + 1, lost=(outcome.error,)))
                said = f"{trial.variant} seed {trial.seed}: {outcome.error} It is tried once more, after the others."
                self.tell(self.watcher.notice, said)
            else:
                self.tell(self.watcher.ended, record)
            if (begun := time.monotonic()) >= due:
                self.store.attempt("The tables", self.write_tables)
                due = time.monotonic() + max(TABLE_SECONDS, TABLE_SHARE * (time.monotonic() - begun))
        return again

    def epoch(self, epoch: Progress) -> None:
        """Tell the watcher of a running trial's newest epoch."""
        self.tell(self.watcher.epoch, epoch)

    def tell(self, how: Callable[[Any], None], what: object) -> None:
        """Tell the watcher something: a display that fails is a problem to be told of later, and ends no training."""
        try:
            how(what)
        except Exception as error:
            self.store.note(f"The progress could not be shown ({fault_text(error)}).")

    def write_tables(self) -> None:
        """Make both tables anew from the records, and what those are judged by."""
        write_judged(self.plan, results(self.plan))


def _record(plan: Plan, trial: Trial, outcome: Record | WorkerFailure) -> Record:
    if isinstance(outcome, WorkerFailure):
        cost = {"seconds": outcome.seconds} if outcome.seconds else {}
        outcome = replace(blank_record(trial, plan.study), status=outcome.status, error=outcome.error, cost=cost)
    provenance = {**environment(), **plan.request.provenance, "source": trial.source, **outcome.provenance}
    if trial.lost:
        provenance |= {"retries": len(trial.lost), "lost_attempts": list(trial.lost)}
    return replace(outcome, provenance=provenance)


def show_failure(trial: Trial, record: Record) -> None:
    """Write for TensorBoard what a worker that is gone could not: the error."""
    require_own_trial(trial.folder)
    write_error(attempt_folder(trial.folder, record.attempt), record.error)


def write_everything(plan: Plan, store: RecordStore) -> None:
    """Write all that is made from the records: both tables, and what TensorBoard shows of the whole study."""
    found = cache(partial(results, plan))  # read within either attempt, as reading may fail too
    store.attempt("The tables", lambda: write_judged(plan, found()))
    store.attempt("TensorBoard's summary", lambda: write_study_board(plan.folder, found().records))
    store.finish()


def write_judged(plan: Plan, found: PlanResults) -> None:
    """Write both tables, and beside them what the study declares, by which they may be made again without it."""
    write_tables(plan.folder, found.records)
    write_declaration(plan.folder, found.records, left_out=found.stale, question=plan.study.question)


def _announced(stop_request: Callable[[], StopRequest], watcher: Watcher) -> Callable[[], StopRequest]:
    """Return the stop request, which tells the watcher when it changes: a signal's handler itself must not print."""
    told = StopRequest.NONE

    def announced() -> StopRequest:
        nonlocal told
        wanted = stop_request()
        if wanted is not told:
            told = wanted
            with suppress(Exception):  # whether it is heard or not, the request is granted
                watcher.notice(STOPPING[wanted])
        return wanted

    return announced
