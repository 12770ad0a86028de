"""A trial by the name a user gives it: a path, an id, or a beginning of either that fits no other."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.errors import UsageError, unknown
from harness.records import RECORD_FILE, Record, RecordError, folder_at, read_record, trial_folder
from harness.results.loading import Gathered, gather_records, name_of

MOST_LISTED = 6


@dataclass(frozen=True, slots=True)
class Found:
    """A trial's record and the file it was read from."""

    record: Record
    path: Path


def find_trial(name: str, *, logdir: Path) -> Found:
    """Return the one trial of a name; UsageError where there is none, more than one, or its record is damaged.

    name: a path (of a trial's folder, or of something in it), a name as in ablations/base/seed-0 or the end of it
    (base/seed-0), a trial id, or a beginning of a name or an id that fits no other trial below the log folder. Paths are
    taken from the working folder, else from the log folder.
    """
    name = str(folder_at(name) or name)
    if direct := _record_file(name) or _record_file_below(name, logdir):
        try:
            return Found(read_record(direct), direct)
        except RecordError as error:
            raise UsageError(str(error)) from None
    inside = _trials_inside(name)
    gathered = None if inside else gather_records(logdir)
    found = matching(name, trials_of(gathered)) if gathered else inside
    if len(found) > 1:
        raise UsageError(f"Trial {name!r} is ambiguous: {listed(found)}. Give more of its path, or of its id.")
    if gathered:
        require_sole(found, gathered, logdir=logdir)
    return found[0]


def require_sole(found: Iterable[Found], gathered: Gathered, *, logdir: Path) -> None:
    """Raise UsageError for a trial that another log folder within has as well, unless it is that of the folder itself."""
    for one in found:
        own = trial_folder(logdir.absolute(), one.record.study, one.record.variant, one.record.seed) / RECORD_FILE
        rivals = [path for path in gathered.rivals if path.parts[-4:] == one.path.parts[-4:]]
        if rivals and one.path.absolute() != own:
            places = " and ".join(str(path.parent) for path in (one.path, *rivals[:MOST_LISTED]))
            raise UsageError(f"Trial {name_of(one.record)!r} is ambiguous: it is in {places}. Give its path, or --logdir.")


def all_trials(folder: Path) -> tuple[Found, ...]:
    """Return every trial recorded below a folder."""
    return trials_of(gather_records(folder))


def trials_of(gathered: Gathered) -> tuple[Found, ...]:
    """Return the trials of gathered records."""
    return tuple(Found(record, path) for record, path in zip(gathered.records, gathered.paths, strict=True))


def matching(name: str, trials: Sequence[Found]) -> tuple[Found, ...]:
    """Return the trials that a name fits best: in full, else by its end, a part, its beginning; UsageError if none."""
    wanted = name.strip().strip("/")
    rules: tuple[Callable[[Found], bool], ...] = (
        lambda found: wanted in (found.record.trial_id, name_of(found.record)),
        lambda found: name_of(found.record).endswith(f"/{wanted}"),
        lambda found: f"/{name_of(found.record)}/".find(f"/{wanted}/") >= 0,
        lambda found: found.record.trial_id.startswith(wanted) or name_of(found.record).startswith(wanted),
    )
    for rule in rules:
        if wanted and (chosen := tuple(found for found in trials if rule(found))):
            return chosen
    raise unknown("Trial", name[:200], [name_of(found.record) for found in trials][:1000])


def _record_file(name: str) -> Path | None:
    """Return the record of the trial that a path names or lies in: its folder, an attempt's, or a file of one."""
    try:
        path = Path(name)
        if path.name == RECORD_FILE and path.is_file():
            return path
        holders = [path, *path.parents][:4] if path.exists() else []
        return next((holder / RECORD_FILE for holder in holders if (holder / RECORD_FILE).is_file()), None)
    except (OSError, ValueError):  # a name too long, or with a NUL
        return None


def _record_file_below(name: str, logdir: Path) -> Path | None:
    """Return the record of the trial that a path below the log folder names or lies in."""
    return _record_file(str(logdir / name)) if name.strip("./") and ".." not in Path(name).parts else None


def _trials_inside(name: str) -> tuple[Found, ...]:
    """Return the trials of a folder that a path names, such as a study's or a variant's; none if it is no such path."""
    try:
        return all_trials(Path(name)) if name.strip(".") else ()
    except UsageError:
        return ()


def listed(found: Sequence[Found]) -> str:
    """Return the names and ids of some trials in words, the first of them if there are many."""
    names = [f"{name_of(one.record)} ({one.record.trial_id})" for one in found[:MOST_LISTED]]
    return ", ".join([*names, f"and {len(found) - MOST_LISTED} more"] if len(found) > MOST_LISTED else names)
