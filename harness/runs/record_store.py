"""Storing what trials bring home: in the study's folder, or where that cannot be written, in one that is named."""

import math
from collections.abc import Callable
from pathlib import Path

from harness.analysis import failed_for_the_disk, write_tables
from harness.errors import fault_text
from harness.records import (
    INTERRUPTED,
    RECORD_FILE,
    Record,
    RecordError,
    disk_is_full,
    folder_identity,
    is_temporary,
    keep_older,
    load_records,
    next_attempt,
    read_record,
    reason,
    require_own_trial,
    require_same_folder,
    trial_folder,
    write_record,
)
from harness.tensorboard import hide, unhide
from harness.training import Trial, discard


def store(folder: Path, record: Record) -> None:
    """Write a trial's record; an older one moves to the attempt it is of, which TensorBoard no longer shows.

    An interrupted attempt does not take the place of a result, be it of other settings: its record stays with it.
    OSError means that the record is not in its place; once it is, what else can be tidied is a courtesy.
    """
    require_own_trial(folder)
    if record.status == INTERRUPTED and is_recorded(folder):
        write_record(hide(folder, record.attempt), record)
        return
    for attempt in range(1, record.attempt):
        hide(folder, attempt)
    sweep(folder)
    if (folder / RECORD_FILE).exists() and not _is_of(folder, record):
        keep_older(folder, newer=record.attempt)
    write_record(folder, record)
    discard(folder, record)


def sweep(folder: Path) -> None:
    """Remove what a run that was killed in the middle of writing has left in a folder; its lock is held."""
    for path in filter(is_temporary, folder.glob(".*.tmp")):
        path.unlink(missing_ok=True)


def reinstate(folder: Path, record: Record) -> None:
    """Put a result back into its place, from which one of other settings had displaced it; the other one is kept too."""
    require_own_trial(folder)
    path = folder / RECORD_FILE
    try:
        present = read_record(path)
    except RecordError:
        present = None
    if present is not None and (present.trial_id, present.attempt) == (record.trial_id, record.attempt):
        return
    if path.exists():
        keep_older(folder, newer=next_attempt(folder))
    if present is not None:
        hide(folder, present.attempt)
    unhide(folder, record.attempt)
    write_record(folder, record)


def is_recorded(folder: Path) -> bool:
    """Say whether a trial's folder holds a record that ended as expected."""
    try:
        record = read_record(folder / RECORD_FILE)
    except RecordError:
        return False
    return record.as_expected


def _is_of(folder: Path, record: Record) -> bool:
    """Say whether the record in a trial's folder is this very one, which a task of a cluster has stored before the driver."""
    try:
        present = read_record(folder / RECORD_FILE)
    except RecordError:
        return False
    same = [(one.trial_id, one.attempt, one.status, one.error, one.provenance.get("started")) for one in (present, record)]
    return same[0] == same[1] and bool(record.error or record.provenance.get("started"))


class RecordStore:
    """Stores a run's records and tables; what cannot be stored in its place is a problem, in one line, never an end."""

    def __init__(self, folder: Path, fallback: Path, *, home: tuple[int, int] | None = None) -> None:
        """Keep to the study's folder of the identity `home`, else as it is now: another in its place is somebody else's."""
        self.problems: list[str] = []
        self._folder, self._fallback = folder, fallback
        self._identity = home or folder_identity(folder)
        self._used_fallback = False
        if folder_identity(folder) == self._identity:
            sweep(folder)

    def keep(self, trial: Trial, record: Record) -> Record:
        """Store a trial's record and return it as it counts: a full disk makes it a failed one."""
        if moved := record.provenance.get("logs_moved"):
            where = record.provenance["logs"]
            self.note(f"The event files of {_name(record)} could not be written ({moved}); they lie in {where}.")
        try:
            self.require_home()
            store(trial.folder, record)
        except Exception as error:
            return self._keep_elsewhere(trial, record, error)
        return record

    def attempt(self, what: str, action: Callable[[], None]) -> None:
        """Write something that can be made again later; where that fails, what lay there before is untouched.

        No fault in a table or a picture of a run is worth the run: whatever it is, it is a problem to be told of.
        """
        try:
            self.require_home()
            action()
        except Exception as error:
            self.note(f"{what} could not be written ({_why(error)}); what was there before stands.")

    def finish(self) -> None:
        """Write the tables of the fallback folder, if something lies there."""
        if not self._used_fallback:
            return
        folder = self._fallback / self._folder.name
        try:
            write_tables(folder, load_records(folder)[0])
        except Exception as error:
            self.note(f"The tables of {folder} could not be written ({_why(error)}).")

    def require_home(self) -> None:
        """Raise FileNotFoundError if the study's folder is no longer the one that the run began with."""
        require_same_folder(self._folder, self._identity)

    def _keep_elsewhere(self, trial: Trial, record: Record, error: Exception) -> Record:
        where = trial_folder(self._fallback, trial.study, trial.variant, trial.seed)
        if isinstance(error, OSError) and disk_is_full(error):
            record = failed_for_the_disk(record, error)
        try:
            store(where, record)
        except Exception as second:
            lost = f"({_why(error)}), nor in {where} ({_why(second)}): {_values(record)}."
            self.note(f"{_name(record)} could not be stored {lost}")
            return record
        self._used_fallback = True
        self.note(f"{_name(record)} could not be stored in its place ({_why(error)}); its record lies in {where}.")
        return record

    def note(self, problem: str) -> None:
        """Remember a problem, once."""
        if problem not in self.problems:
            self.problems.append(problem)


def _why(error: Exception) -> str:
    return reason(error) if isinstance(error, OSError) else fault_text(error)


def _name(record: Record) -> str:
    return f"{record.variant} seed {record.seed}"


def _values(record: Record) -> str:
    values = [f"{name} {value:.6g}" for name, value in record.metrics.items() if math.isfinite(value)]
    return ", ".join(values) or record.status
