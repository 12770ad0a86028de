"""What lies in a queue: a trial that a task is to train, and what came of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from harness.records import INTERRUPTED, RECORD_FILE, Record, RecordError, environment, next_attempt, read_record
from harness.runs.executors.protocol import WorkerFailure
from harness.study import Study
from harness.training import Trial, blank_record

MOST_LOST = 3  # tasks that may die with a trial, before the trial is taken to be what kills them
MOST_STALLS = 3  # tasks in a row whose time limit may come before another epoch of a trial has ended


@dataclass(frozen=True, slots=True)
class Entry:
    """A trial, and what its record is to say that only its driver knows: a task stores it without one."""

    trial: Trial
    blank: Record
    requeues: int = 0  # how often a task has handed it back
    stalls: int = 0  # of these in a row, how often without another epoch
    epochs: int = 0  # that were trained when it was handed back last

    def handed_back(self, record: Record | None) -> "Entry":
        """Return it as the next task is to take it, after one that had to leave with this interrupted record, or with none."""
        if record is None:
            return self
        stalls = 0 if record.epochs > self.epochs else self.stalls + 1
        trial = replace(self.trial, attempt=max(next_attempt(self.trial.folder), self.trial.attempt + 1))
        return replace(self, trial=trial, requeues=self.requeues + 1, stalls=stalls, epochs=record.epochs)

    def lost(self, how: str) -> "Entry":
        """Return it as the next task is to take it, after one that died with it."""
        text = f"WorkerLost: {how}."
        attempt = max(next_attempt(self.trial.folder), self.trial.attempt + 1)
        return replace(self, trial=replace(self.trial, attempt=attempt, lost=(*self.trial.lost, text)))

    def record(self, outcome: Record | WorkerFailure) -> Record:
        """Return the record of what came of it, as the driver would store it."""
        if isinstance(outcome, WorkerFailure):
            cost = {"seconds": outcome.seconds} if outcome.seconds else {}
            blank = replace(self.blank, attempt=self.trial.attempt)
            outcome = replace(blank, status=outcome.status, error=outcome.error, cost=cost)
        trial = self.trial
        provenance = {**environment(), **trial.provenance, "source": trial.source, **outcome.provenance}
        if self.requeues:
            provenance["requeues"] = self.requeues
        if self.trial.lost:
            provenance |= {"retries": len(self.trial.lost), "lost_attempts": list(self.trial.lost)}
        return replace(outcome, provenance=provenance)

    def stored(self) -> Record | None:
        """Return the record of this very attempt, where a task has stored it and died before it could say so."""
        try:
            record = read_record(self.trial.folder / RECORD_FILE)
        except RecordError:
            return None
        same = (record.trial_id, record.attempt) == (self.trial.trial_id, self.trial.attempt)
        return record if same and record.status != INTERRUPTED else None


def entries_of(trials: Sequence[Trial]) -> Iterator[Entry]:
    """Yield the entry of each trial, as its driver has it; trials of one study."""
    studies: dict[str, Study] = {}  # by variant; to load one runs its file
    for trial in trials:
        if trial.variant not in studies:
            studies[trial.variant] = trial.load_study([trial.variant])
        yield Entry(trial, blank_record(trial, studies[trial.variant]))


@dataclass(frozen=True, slots=True)
class Ended:
    """What came of a trial."""

    trial: Trial  # its newest attempt
    outcome: Record | WorkerFailure
