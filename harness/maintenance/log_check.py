"""What lies in a log folder, what is wrong with it, and the command that mends each thing."""

import shlex
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from harness.analysis import AnswersError, load_right
from harness.errors import UsageError
from harness.maintenance.doctor import Finding, Part, Section, make_section
from harness.maintenance.retabling import shown_trials
from harness.maintenance.trash import TRASH, in_trash, leftovers, size_of
from harness.records import Record, StudyFolder, attempt_folder, command, folders_in, is_own, is_temporary, read_folder, shown
from harness.results import built_in_file
from harness.study import Study, counted, load_study
from harness.tensorboard import event_files, readable_records
from harness.training import trial_id

MOST_NAMED = 5  # files of one kind of finding
_SET_ASIDE = ("*/seed-*/damaged.checkpoint-*.npz", "*/seed-*/attempt-*/damaged.checkpoint-*.npz")


def examine_logs(logdir: Path) -> Section:
    """Return what a log folder holds, and each thing in it that is damaged, unfinished, stale, failed or left over."""
    if not logdir.is_dir():
        absent = (("log folder", f"{shown(logdir)} does not exist yet; a run makes it"),)
        return Section("log folder", absent, ())
    studies = [
        study for folder in folders_in(logdir) if (study := read_folder(folder)).attempts or study.records or study.damaged
    ]
    looks = (_state, _stale, _tables, _checkpoints, _answers)
    parts = [part for study in studies for part in (*(look(study) for look in looks), _events(study, logdir))]
    return make_section("log folder", _whole(logdir, studies), *parts, _orphans(logdir, studies), _trash(logdir))


def _whole(logdir: Path, studies: Sequence[StudyFolder]) -> Part:
    records = sum(len(study.records) for study in studies)
    held = f"{counted(len(studies), 'study')}, {counted(records, 'record')}"
    yield "log folder", f"{shown(logdir.resolve())}: {held}, {size_of(logdir) / 1e6:.1f} MB"


def _state(study: StudyFolder) -> Part:
    """Say what a study's trials are, and name those that are damaged, unfinished, or ended as they should not."""
    statuses = Counter(record.status for record in study.records)
    counts = ", ".join(f"{count} {status}" for status, count in statuses.most_common())
    yield study.name, f"{len(study.records)} records ({counts or 'none'}), {study.attempts} attempts"
    if study.writer:
        yield f"{study.name} runs", study.writer
        return
    for line in study.damaged:
        yield Finding(f"Damaged record: {line}", study.mend())
    if study.unfinished:
        yield Finding(f"{study.name}: {len(study.unfinished)} unfinished: {_named(study.unfinished)}", study.mend())
    wrong = [record for record in study.records if not record.as_expected]
    if wrong:
        texts = [f"{record.variant} seed {record.seed} {record.status}" for record in wrong]
        yield Finding(f"{study.name}: {len(wrong)} not as expected: {_named(texts)}", study.mend())


def _stale(study: StudyFolder) -> Part:
    """Name the records of other settings, sources or versions than the study has now.

    Only studies that come with the harness are loaded: any other file would be run by an examination of its records.
    """
    file = built_in_file(study.name, study.records)
    try:
        now = load_study(str(file)) if file else None
    except UsageError:
        now = None
    if now is None:
        if study.records:
            yield f"{study.name} study", "does not come with the harness: its own run says which of its records are stale"
        return
    stale = [record for record in study.records if _id_now(now, record) != record.trial_id]
    if stale:
        texts = [f"{record.variant} seed {record.seed}" for record in stale]
        count = counted(len(stale), "record")
        what = f"{study.name}: {count} of other settings, functions or versions than now: {_named(texts)}"
        yield Finding(what, study.mend(variants=[record.variant for record in stale if record.variant in now.names]))


def _id_now(study: Study, record: Record) -> str:
    """Return the id that a record's trial has by the study as it is now, run as the record says; empty if none."""
    kept = record.provenance.get("base_changes")
    changes = (
        {name: tuple(value) if isinstance(value, list) else value for name, value in kept.items()}
        if isinstance(kept, dict)
        else {}
    )
    try:
        as_run = study.only([record.variant]).with_base(changes)
        settings = as_run.settings(record.variant)
    except UsageError:
        return ""
    engine = str(record.provenance.get("engine_asked", "auto"))
    return trial_id(
        as_run, settings, seed=record.seed, data_sha256=str(record.data.get("sha256", "")), engine=engine, vary=record.vary
    )


def _tables(study: StudyFolder) -> Part:
    """Name rows of runs.csv whose records are gone."""
    missing = shown_trials(study.folder) - {record.trial_id for record in study.records}
    if missing and not study.writer and not study.damaged:  # a damaged record's row is the one that is left over
        yield Finding(f"{study.name}: runs.csv shows {len(missing)} trials that have no record", study.mend())


def _checkpoints(study: StudyFolder) -> Part:
    """Name checkpoints that were set aside because they could not be used; nothing reads them again."""
    found = sorted(path for pattern in _SET_ASIDE for path in study.folder.glob(pattern))
    damaged = [path for path in found if is_own(path, root=study.folder)]
    if damaged and not study.writer:
        texts = [str(path.relative_to(study.folder)) for path in damaged]
        yield Finding(f"{study.name}: {len(damaged)} damaged checkpoints set aside: {_named(texts)}", _shell("rm", *damaged))


def _answers(study: StudyFolder) -> Part:
    """Name trials whose answers to each test sample, which tables of one seed compare, cannot be read."""
    if study.writer:
        return
    for record in study.records:
        attempt = attempt_folder(study.folder / record.variant / f"seed-{record.seed}", record.attempt)
        try:
            load_right(attempt)
        except AnswersError as error:
            mend = study.mend(variants=[record.variant], force=True)
            yield Finding(f"Damaged answers: {error} The tables do without them.", mend)


def _events(study: StudyFolder, logdir: Path) -> Part:
    """Name event files that cannot be read to their end, and counting attempts that have none."""
    if study.writer:
        return
    without = []
    for record in study.records:
        attempt = attempt_folder(study.folder / record.variant / f"seed-{record.seed}", record.attempt)
        if record.epochs and not any(event_files(attempt, recursive=True)):
            without.append(record)
    if without:
        texts = [f"{record.variant} seed {record.seed}" for record in without]
        mend = study.mend(variants=[record.variant for record in without], force=True)
        yield Finding(f"{study.name}: {len(without)} records have no event files: {_named(texts)}", mend)
    for path in sorted(event_files(study.folder, recursive=True)):
        count, fault = readable_records(path)
        if fault:
            parts = path.relative_to(study.folder).parts
            trial = len(parts) > 2 and parts[1].startswith("seed-")
            mend = study.mend(variants=[parts[0]] if trial else (), force=trial)
            yield Finding(f"{path.relative_to(logdir)}: {fault}; {count} records can be read. The tables do not use it.", mend)


def _orphans(logdir: Path, studies: Sequence[StudyFolder]) -> Part:
    """Name event files that belong to no trial, and temporary files that a killed process left."""
    known = {study.folder for study in studies}
    orphans: dict[Path, int] = {}
    for path in event_files(logdir, recursive=True):
        parts = path.relative_to(logdir).parts
        if parts[0].startswith(".") or _belongs(path, parts, known, logdir):
            continue
        orphans[path.parent] = orphans.get(path.parent, 0) + 1
    for folder, count in sorted(orphans.items())[:MOST_NAMED]:
        what = f"{folder.relative_to(logdir)}: {count} event files that belong to no trial"
        yield Finding(what, command("remove", shown(folder), "--logdir", shown(logdir)))
    if len(orphans) > MOST_NAMED:
        yield "more", f"{len(orphans) - MOST_NAMED} more folders with event files of no trial"
    left = [path for study in studies if not study.writer for path in study.folder.rglob(".*.tmp") if is_temporary(path)]
    if left:
        yield Finding(
            f"{len(left)} temporary files of a process that was killed: {_named(map(str, left))}", _shell("rm", *left)
        )


def _belongs(path: Path, parts: tuple[str, ...], known: set[Path], logdir: Path) -> bool:
    """Say whether an event file is a study's own, a variant's over its seeds, or of an attempt at a trial."""
    if logdir / parts[0] not in known:
        return False
    former = len(parts) == 4 and parts[2] == "aggregate"  # a variant's, by older versions
    return len(parts) <= 3 or former or (len(parts) > 4 and parts[2].startswith("seed-"))


def _trash(logdir: Path) -> Part:
    held = in_trash(logdir)
    if held:
        yield (
            "trash",
            f"{len(held)} folders, {size_of(logdir / TRASH) / 1e6:.1f} MB; "
            f"{command('purge', '--logdir', shown(logdir))} frees them",
        )
    if halves := leftovers(logdir):
        size = sum(map(size_of, halves)) / 1e6
        what = f"{len(halves)} leftovers of an interrupted purge or restoration in the trash, {size:.1f} MB"
        yield Finding(what, command("purge", "--logdir", shown(logdir)))


def _named(names: Iterable[str]) -> str:
    listed = list(names)
    more = f" and {len(listed) - MOST_NAMED} more" if len(listed) > MOST_NAMED else ""
    return ", ".join(listed[:MOST_NAMED]) + more


def _shell(*words: object) -> str:
    return shlex.join(str(word) for word in words)
