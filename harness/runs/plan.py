"""A study run: what is to be trained and why, what stands already, and what its folder holds."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from harness.analysis import as_declared, of_declared_base
from harness.data import ResolvedDataset
from harness.errors import UsageError
from harness.records import (
    INTERRUPTED,
    RECORD_FILE,
    Record,
    RecordError,
    fallback_logdir,
    find_records,
    folder_identity,
    gc_paused,
    next_attempt,
    read_record,
    trial_folder,
)
from harness.runs.estimate import estimate_trials
from harness.runs.request import RunRequest, selected
from harness.runs.warm_starts import with_warm_starts
from harness.study import Study
from harness.training import Trial, source_hash, trial_id

# Why a trial is to be trained.
MISSING, FAILED_BEFORE, CHANGED = "missing", "failed unexpectedly", "changed"
OTHER_DATA = "with other data"
INTERRUPTED_BEFORE, DAMAGED, FORCED = "interrupted", "with a damaged record", "forced"

Key = tuple[str, int, int]  # a record of a study by its variant, seed and attempt


@dataclass(frozen=True, slots=True)
class Plan:
    """Which trials a run consists of: those to train, in their order, and those whose records stand."""

    study: Study  # as it is run: selected variants, changed base
    declared: Study  # as its file has it
    request: RunRequest
    data: Mapping[str, ResolvedDataset]
    trials: tuple[Trial, ...]
    cached: tuple[Record, ...]
    seconds: Mapping[str, float]  # estimated seconds of one trial of each variant
    reasons: Mapping[str, int]  # how many trials are to be trained for which reason
    fallback: Path  # the log folder to use when that of the request can no longer be written
    home: tuple[int, int] | None = None  # the study's folder, if it is there, by harness.records.own_paths.folder_identity
    phased: Mapping[str, int] = field(default_factory=dict)  # the epochs of each variant, where its phases decide
    outdated: frozenset[Key] = frozenset()  # the records of other data than the study's own functions give now

    @property
    def folder(self) -> Path:
        """Where the study's results lie."""
        return self.request.logdir / self.study.name

    def epochs(self, variant: str) -> int | None:
        """Return how many epochs a variant trains at the most; None where only the study's own code knows."""
        return self.phased.get(variant) or self.study.epochs(variant)

    @property
    def tally(self) -> str:
        """Say how many trials are to be trained, for which reasons, and how many stand."""
        why = "" if {*self.reasons} == {MISSING} else ", ".join(f"{count} {reason}" for reason, count in self.reasons.items())
        return f"{len(self.trials)} to train{f' ({why})' if why else ''}, {len(self.cached)} done already"

    def count(self, variant: str) -> int:
        """Return how many trials of a variant are to be trained."""
        return sum(trial.variant == variant for trial in self.trials)


def make_plan(
    whole: Study, request: RunRequest, data: Mapping[str, ResolvedDataset], *, outdated: frozenset[Key] = frozenset()
) -> Plan:
    """Return what is to be done, seed by seed, in each seed what takes longest first; nothing is written.

    data: the prepared dataset of each name that the study's settings use, empty for a study with its own arrays.
    outdated: records that do not count, as `harness.runs.data_checks` finds them.
    """
    if whole.path is None:
        raise UsageError(f"Study {whole.name!r} has no file; expected one that was loaded from experiments/ or a path.")
    study = selected(whole, request)
    seconds = estimate_trials(study, data, folder=request.logdir / study.name)
    home = folder_identity(request.logdir / study.name)
    plan = Plan(study, whole, request, data, (), (), seconds, {}, fallback_logdir(), home, outdated=outdated)
    source, provenance = source_hash(study), request.provenance
    trials = [
        replace(_trial(plan, name, seed), source=source, provenance=provenance)
        for seed in range(study.trials_of(request.seeds))
        for name in study.names
        if seed < study.trials_of(request.seeds_for(name))
    ]
    found = [FORCED if request.force else _standing(trial, plan) for trial in trials]
    # What has a trial's id, and its data, is of one make: where layers differ nevertheless, they follow from the seed.
    cached = [one for one in found if isinstance(one, Record)]
    reasons, to_train = Counter[str](), []
    for seed in range(study.trials_of(request.seeds)):
        missing = []
        for trial, one in zip(trials, found, strict=True):
            if trial.seed == seed and not isinstance(one, Record):
                missing.append(trial)
                reasons[one] += 1
        to_train += with_warm_starts(missing, study, seconds)
    return replace(plan, trials=tuple(to_train), cached=tuple(cached), reasons=dict(reasons))


def key_of(record: Record) -> Key:
    """Return what tells a record from all others of its study."""
    return record.variant, record.seed, record.attempt


def _trial(plan: Plan, name: str, seed: int) -> Trial:
    folder = trial_folder(plan.request.logdir, plan.study.name, name, seed)
    attempt = next_attempt(folder)
    prepared = plan.data.get(plan.study.dataset(name))
    return Trial(
        study_path=plan.study.file,
        base_changes=plan.request.base_changes,
        study=plan.study.name,
        variant=name,
        seed=seed,
        position=plan.declared.names.index(name),
        trial_id=_trial_id(plan, plan.study, name, seed, data_sha256=prepared.sha256 if prepared else ""),
        attempt=attempt,
        folder=folder,
        engine=plan.request.engine,
        data=prepared,
        fallback=plan.fallback,
        checkpoint_seconds=plan.request.checkpoint_seconds,
        log=plan.request.log,
        resumable=attempt if plan.request.force else 1,
        home=plan.home,
        resources=plan.study.resources_of(name),
        vary=plan.request.vary,
    )


def _trial_id(plan: Plan, study: Study, name: str, seed: int, *, data_sha256: str) -> str:
    asked = plan.request
    return trial_id(study, study.settings(name), seed=seed, data_sha256=data_sha256, engine=asked.engine, vary=asked.vary)


def _standing(trial: Trial, plan: Plan) -> Record | str:
    """Return the trial's record if it is of this very trial and ended as expected, else why it is to be trained."""
    found = _present(trial, plan)
    return found if isinstance(found, Record) else _displaced(trial, plan) or found


def _displaced(trial: Trial, plan: Plan) -> Record | None:
    """Return a good record of this very trial that a run with other settings has displaced, the newest one."""
    paths = trial.folder.glob(f"attempt-*/{RECORD_FILE}")
    for path in sorted(paths, key=lambda path: path.stat().st_mtime, reverse=True):
        try:
            record = read_record(path)
        except RecordError:
            continue
        counts = record.trial_id == trial.trial_id and key_of(record) not in plan.outdated
        if counts and in_place(record, trial.folder / RECORD_FILE):
            record = as_declared(record, plan.study, position=trial.position)
            if record.as_expected:
                return record
    return None


def _present(trial: Trial, plan: Plan) -> Record | str:
    path = trial.folder / RECORD_FILE
    if not path.exists():
        return MISSING
    try:
        record = read_record(path)
    except RecordError:
        return DAMAGED
    if record.trial_id != trial.trial_id or not in_place(record, path):
        return CHANGED
    if key_of(record) in plan.outdated:
        return OTHER_DATA
    record = as_declared(record, plan.study, position=trial.position)
    if record.as_expected:
        return record
    return INTERRUPTED_BEFORE if record.status == INTERRUPTED else FAILED_BEFORE


def in_place(record: Record, path: Path) -> bool:
    """Say whether a record lies where its trial does; a folder that was copied or renamed holds another's."""
    return path.parent.parts[-3:] == trial_folder(Path(), record.study, record.variant, record.seed).parts


@dataclass(frozen=True, slots=True)
class PlanResults:
    """What lies in a study's folder: records that belong to the study as it is run, and what was left out."""

    records: tuple[Record, ...]
    stale: tuple[Record, ...]  # of other settings, data, sources or versions, or of a study or trial of another name
    problems: tuple[str, ...]  # one line for each file that is no record


def results(plan: Plan) -> PlanResults:
    """Return the study's records on disk; those made under other conditions are told apart, never mixed in."""
    current, stale, problems = [], [], []
    with gc_paused():
        for path in find_records(plan.folder):
            try:
                record = read_record(path)
            except RecordError as error:
                problems.append(str(error))
                continue
            counts = in_place(record, path) and key_of(record) not in plan.outdated
            declared = declared_now(plan, record) if counts else None
            if declared is None:
                stale.append(record)
            else:
                current.append(declared)
    return PlanResults(tuple(current), tuple(stale), tuple(problems))


def declared_now(plan: Plan, record: Record) -> Record | None:
    """Return a record as the study declares it now; None if it was made under other conditions."""
    try:
        study = plan.declared.only([record.variant]).with_base(dict(plan.request.base_changes))
    except UsageError:  # a variant that the study no longer has, or that the changed base makes equal to it
        return None
    prepared = plan.data.get(study.dataset(record.variant))
    data_sha256 = prepared.sha256 if prepared else record.data.get("sha256", "")
    if str(record.provenance.get("vary", "")) != plan.request.vary:
        return None
    if record.trial_id != _trial_id(plan, study, record.variant, record.seed, data_sha256=data_sha256):
        return None
    position = plan.declared.names.index(record.variant)
    return as_declared(of_declared_base(record, plan.declared), study, position=position)
