"""A recorded trial once more, on the present machine, and whether its numbers are the same bit for bit."""

import shlex
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.analysis import AnswersError, load_right
from harness.data import ResolvedDataset, prepare
from harness.errors import UsageError
from harness.records import Record, attempt_folder, folder_at, next_attempt, reason, require_own, trial_folder, write_record
from harness.results import Found, difference_table, name_of
from harness.runs import LocalExecutor, WorkerFailure
from harness.study import BASE, KINDS, PICKLED, Study, changed, find_study, load_study, study_files
from harness.training import Trial, blank_record, source_hash, trial_id

if TYPE_CHECKING:
    import pandas as pd

RERUNS = ".reruns"  # below the log folder; what begins with a dot is no study
ENGINES = ("xla", "graph", "fit")
_TIMES = ("epoch_seconds", "test_seconds")  # of the history: no two runs agree in them
# Of the provenance: what differs between any two runs and decides nothing.
_CIRCUMSTANCES = frozenset(
    "started ended command engine_asked executor_asked base_changes engine_reason "
    "retries lost_attempts logs logs_moved resumed_from "
    "continues continues_from earlier_seconds beginning_unused picture_seconds design".split()
)


@dataclass(frozen=True, slots=True)
class Rerun:
    """What a rerun gave.

    results, surroundings: what differs in the numbers, and in all that could explain it, as in difference_table.
    """

    record: Record
    folder: Path
    results: "pd.DataFrame"
    surroundings: "pd.DataFrame"
    same_answers: bool
    answers_fault: str  # why the answers to each test sample could not be held against each other; empty where they were
    same_source: bool  # of the study's own functions, and of everything else that the trial's id is made of

    @property
    def identical(self) -> bool:
        """Whether every number is the same bit for bit."""
        return self.results.empty and self.same_answers


def rerun(found: Found, trial: Trial, study: Study, *, origin: Mapping[str, Any]) -> Rerun:
    """Train a recorded trial again and hold the new record against the old one; the old one stays.

    trial, study: what `trial_of` returns for the record. origin: as `harness.records.provenance.origin`.
    """
    record = found.record
    folder = attempt_folder(trial.folder, trial.attempt)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        again = _as_recorded(_trained(trial, study, record), record, {**origin, "source": source_hash(study)})
        write_record(folder, again)
    except OSError as error:
        raise UsageError(f"Folder {str(folder)!r} cannot be written ({error.strerror}). Name another with --logdir.") from None
    same_answers, fault = _same_answers(attempt_folder(found.path.parent, record.attempt), folder)
    return Rerun(
        again,
        folder,
        results=_results(record, again),
        surroundings=_surroundings(record, again),
        same_answers=same_answers,
        answers_fault=fault,
        same_source=_identity(record, study, trial) == record.trial_id,
    )


def _trained(trial: Trial, study: Study, record: Record) -> Record:
    threads = record.provenance.get("intra_op_threads")
    with closing(LocalExecutor(jobs=1, threads=threads if isinstance(threads, int) and threads > 0 else 1)) as executor:
        ((_, outcome),) = executor.run([trial], progress=lambda _: None)
    if isinstance(outcome, WorkerFailure):
        return replace(blank_record(trial, study), status=outcome.status, error=outcome.error)
    return outcome


def study_file(record: Record, *, named: Path | None) -> Path:
    """Return the file to run a trial again by, without running it: the one that is named, else that of the record's study.

    A record may come from anyone and name any file. One that the study's name does not lead to is run only where the
    user names it himself: UsageError says how.
    """
    if named is not None:
        return find_study(str(named))
    text = str(record.provenance.get("study_file", ""))
    known = study_files().get(record.declared_study)
    path = folder_at(text) or Path(text)
    recorded = path.resolve() if text.endswith((*KINDS, PICKLED)) and "\0" not in text and path.is_file() else None
    if recorded is not None and recorded != known:
        also = f"; study {record.study!r} of experiments/ is another one" if known else ""
        raise UsageError(
            f"{name_of(record)} was trained by {recorded}, which only its record names{also}. If you trust that file, "
            f"name it: --study {shlex.quote(str(recorded))}"
        )
    return find_study(record.declared_study)


def trial_of(record: Record, *, file: Path, logdir: Path, data_dir: Path | None) -> tuple[Trial, Study]:
    """Return a record's trial, and its study, from this file, with the recorded settings as the base.

    UsageError where the study, its settings or its data are no longer to be had.
    """
    study = recorded_study(record, file)
    data = recorded_data(record, data_dir=data_dir) if study.needs_dataset else None
    logdir = logdir.resolve()
    folder = trial_folder(logdir / RERUNS, record.study, record.variant, record.seed)
    try:
        require_own(folder, root=logdir)
    except OSError as error:
        raise UsageError(f"Reruns cannot be written ({reason(error)}); move it away, or name another --logdir.") from None
    engine, attempt = str(record.provenance.get("engine", "auto")), next_attempt(folder)
    trial = Trial(
        study_path=study.file,
        # The recorded settings stand in the place of the base's: they hold even where the variant has changed since.
        base_changes=tuple(_settings(record).items()),
        study=record.study,
        variant=BASE,
        seed=record.seed,
        position=record.position,
        trial_id=record.trial_id,
        attempt=attempt,
        resumable=attempt,  # an earlier rerun's checkpoints are not the trial's own
        folder=folder,
        engine=engine if engine in ENGINES else "auto",
        data=data,
        vary=record.vary,
    )
    return trial, study


def recorded_study(record: Record, file: Path) -> Study:
    """Return a record's study, from this file, with the recorded settings as base."""
    study = load_study(str(file))
    if study.name != record.declared_study:
        raise UsageError(f"Study file {study.path} holds {study.name!r} by now; expected {record.study!r}.")
    try:
        return replace(study, base=changed(study.base, _settings(record)), variants=(), expect=type(study.expect)())
    except UsageError as error:
        raise UsageError(
            f"{name_of(record)} was trained with settings that study {study.name!r} no longer has: {error}"
        ) from None


def recorded_data(record: Record, *, data_dir: Path | None) -> ResolvedDataset:
    """Return the data that a trial used, under the name it asked for; UsageError if they differ now."""
    prepared = prepare(record.data.get("used", ""), data_dir=data_dir, strict=True)
    if prepared.sha256 != record.data.get("sha256"):
        raise UsageError(
            f"{name_of(record)} was trained on other data: {prepared.used} has SHA-256 {prepared.sha256[:16]}…, "
            f"expected {str(record.data.get('sha256'))[:16]}…."
        )
    return replace(prepared, name=record.data.get("name", prepared.name))


def _settings(record: Record) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in record.settings.items()}


def _identity(record: Record, study: Study, trial: Trial) -> str:
    engine = str(record.provenance.get("engine_asked", "auto"))
    return trial_id(
        study, study.base, seed=record.seed, data_sha256=trial.data.sha256 if trial.data else "", engine=engine, vary=trial.vary
    )


def _as_recorded(outcome: Record, record: Record, origin: Mapping[str, Any]) -> Record:
    """Return the new record under the name of the old one."""
    same_end = (outcome.error_type, outcome.epochs) == (record.error_type, record.epochs)
    declared = ("variant", "control", "change", "changes", "expectation", "expects", "position", "screen")
    names = {name: getattr(record, name) for name in declared}
    judged = {name: getattr(record, name) for name in ("status", "as_expected")} if same_end else {}
    varied = {"vary": record.vary} if record.vary else {}
    return replace(outcome, **names, **judged, provenance={**origin, **varied, **outcome.provenance})


def _results(record: Record, again: Record) -> "pd.DataFrame":
    """Return the rows in which two records' numbers differ; durations and memory are no results."""

    def numbers(one: Record) -> Record:
        history = {name: values for name, values in one.history.items() if name not in _TIMES}
        probabilities = {f"first test image, class {number}": value for number, value in enumerate(one.first_test_image)}
        return replace(one, history=history, metrics={**one.metrics, **probabilities})

    table = difference_table(numbers(record), numbers(again))
    decisive = (table["part"] == "trial") & table["name"].isin(("status", "error"))
    return table[table["part"].isin(("metrics", "history", "architecture")) | decisive]


def _surroundings(record: Record, again: Record) -> "pd.DataFrame":
    table = difference_table(record, again)
    return table[table["part"].isin(("provenance", "data", "settings")) & ~table["name"].isin(_CIRCUMSTANCES)]


def _same_answers(one: Path, other: Path) -> tuple[bool, str]:
    """Say whether two attempts got the same test samples right, and what is wrong with the answers that they kept.

    Attempts that kept no answers do not differ.
    """
    try:
        mine, its = load_right(one), load_right(other)
    except AnswersError as error:
        return True, str(error)
    return mine is None or its is None or (mine.shape == its.shape and bool((mine == its).all())), ""
