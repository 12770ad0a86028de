"""`remove`, `restore`, `purge`: trials to the trash, back from it, and out of it for good."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click

from harness.errors import UsageError, fault_text
from harness.maintenance import (
    TRASH,
    Trashed,
    delete,
    in_trash,
    leftovers,
    make_tables_again,
    move_to_trash,
    restore,
    shown_trials,
    size_of,
    unrecorded_folder,
)
from harness.mirror import Held, hold_study
from harness.records import RECORD_FILE, folder_at, program, reason, require_own, with_addresses
from harness.results import Found, choose_trials, gather_records, require_folder, require_sole, trials_of

MOST_SAID = 10  # lines on single trials


def remove_trials(names: Sequence[str], *, filter: str | None, logdir: Path) -> int:
    """Move the chosen trials to the trash, make the tables again, and say so; return 1 if a table could not be made.

    A name may also be the path of a folder that holds event files or a damaged record, but no trial: an attempt that
    was never finished, for example.
    """
    if not names and filter is None:
        raise UsageError("Name what to remove: a trial, a variant or study, or --filter.")
    folders = _folders([str(folder_at(name) or name) for name in names], filter, logdir)
    studies = {folder: shown_trials(logdir / folder) for folder in _studies(_below(folder, logdir) for folder in folders)}
    size = sum(size_of(folder) for folder in folders)
    moved: list[Trashed] = []
    faults: list[str] = []
    with _held(studies, logdir) as holds:
        try:
            for folder in folders:
                shown = studies.get(_below(folder, logdir).parts[0], frozenset())
                moved.append(move_to_trash(folder, logdir=logdir, shown=shown))
        finally:
            for study, shown in studies.items():
                faults += _tables_again(logdir / study, shown)
    _say("Removed", [trashed.name for trashed in moved])
    click.echo(
        f"{_count(moved)} ({megabytes(size)}) moved to {with_addresses(str(logdir / TRASH))}; "
        f"{program()} restore brings back, purge frees the space."
    )
    return _told(faults, holds)


def restore_trials(names: Sequence[str], *, filter: str | None, logdir: Path) -> int:
    """Bring the chosen trials back from the trash, make the tables again, and say so; return 1 if one could not be made."""
    if not names and filter is None:
        held = ", ".join(trashed.name for trashed in in_trash(logdir)[:MOST_SAID]) or "nothing"
        raise UsageError(f"Name what to restore; the trash holds {held}.")
    chosen = _chosen(names, filter, logdir)
    newest = list({trashed.name: trashed for trashed in reversed(chosen)}.values())
    restored: list[Trashed] = []
    faults: list[str] = []
    with _held(_studies(Path(trashed.name) for trashed in newest), logdir) as holds:
        try:
            for trashed in newest:
                restore(trashed, logdir=logdir)
                restored.append(trashed)
        finally:
            faults += _show_again(restored, logdir)
    _say("Restored", [trashed.name for trashed in restored])
    older = len(chosen) - len(newest)
    click.echo(f"{_count(restored)} restored.{f' {older} older of the same name stay in the trash.' if older else ''}")
    return _told(faults, holds)


def purge_trash(names: Sequence[str], *, filter: str | None, logdir: Path, yes: bool) -> int:
    """Delete the chosen trials, or all, from the trash; return the exit status."""
    require_folder(logdir)
    named = bool(names) or filter is not None
    chosen, halves = (_chosen(names, filter, logdir), ()) if named else (in_trash(logdir), leftovers(logdir))
    entries = [*(trashed.entry for trashed in chosen), *halves]
    if not entries:
        click.echo("The trash is empty.")
        return 0
    size = sum(map(size_of, entries))
    _say("In the trash:", [trashed.name for trashed in chosen])
    _say("Left by an interrupted purge or restoration:", [entry.name for entry in halves])
    if not yes and not _confirmed(f"Delete {_count(entries)} ({megabytes(size)}) for good?"):
        click.echo("Nothing was deleted.")
        return 1
    freed = sum(delete(entry, logdir=logdir) for entry in entries)
    click.echo(f"{_count(entries)} deleted; {megabytes(freed)} freed.")
    return 0


def _folders(names: Sequence[str], filter: str | None, logdir: Path) -> list[Path]:
    """Return the folders to remove: those without a record that are named by their path, and the chosen trials'."""
    require_folder(logdir)
    without = {name: folder for name in names if (folder := unrecorded_folder(name, logdir=logdir))}
    others = [name for name in names if name not in without]
    found: tuple[Found, ...] = ()
    if others or not names:
        gathered = gather_records(logdir)
        found = choose_trials(others, trials_of(gathered), filter=filter, logdir=logdir)
        require_sole(found, gathered, logdir=logdir)
    return list(dict.fromkeys([*without.values(), *(one.path.parent for one in found)]))


def _chosen(names: Sequence[str], filter: str | None, logdir: Path) -> tuple[Trashed, ...]:
    """Return what is chosen of the trash, the last removed first; what has no record is chosen by its name alone."""
    trash = in_trash(logdir)
    by_name = [
        trashed for trashed in trash if trashed.record is None and any(_is_named(trashed, name, logdir) for name in names)
    ]
    others = [name for name in names if not any(_is_named(trashed, name, logdir) for trashed in by_name)]
    found: set[Path] = set()
    if others or not names:
        # Where a trial lay is what it is chosen by; several of one place are told apart by their number in the trash.
        trials = [Found(one.record, logdir / one.name / RECORD_FILE) for one in trash if one.record]
        if not trials:
            raise UsageError(
                f"The trash of {with_addresses(str(logdir))!r} holds no trial; expected what {program()} remove has put there."
            )
        found = {one.path for one in choose_trials(others, trials, filter=filter, logdir=logdir)}
    return tuple(one for one in trash if one in by_name or (one.record and logdir / one.name / RECORD_FILE in found))


def _is_named(trashed: Trashed, name: str, logdir: Path) -> bool:
    if name.strip("/") == trashed.name:
        return True
    try:
        return Path(name).absolute() == (logdir / trashed.name).absolute()
    except (OSError, ValueError):  # the working folder is gone
        return False


def _tables_again(folder: Path, shown: Iterable[str]) -> list[str]:
    """Make a study's tables again; return what is wrong, if anything, since trials that were moved stay moved."""
    try:
        make_tables_again(folder, shown)
    except Exception as error:
        place = with_addresses(str(folder))
        return [f"The tables of {place} could not be made again ({fault_text(error)}); those that were there stand."]
    return []


def _told(faults: Sequence[str], held: Iterable[Held]) -> int:
    for fault in faults:
        click.echo(f"Error: {fault}", err=True)
    return 0 if not faults and all(one.stored for one in held) else 1


def _show_again(restored: Sequence[Trashed], logdir: Path) -> list[str]:
    faults: list[str] = []
    for study in _studies(Path(trashed.name) for trashed in restored):
        shown = shown_trials(logdir / study)
        for trashed in restored:
            # Tables that share no trial with those it was removed from are of other settings: it does not belong there.
            if trashed.name.split("/")[0] == study and trashed.record and (not shown or shown & trashed.shown):
                shown |= {trashed.record.trial_id} & trashed.shown
        faults += _tables_again(logdir / study, shown)
    return faults


def _below(folder: Path, logdir: Path) -> Path:
    return folder.resolve().relative_to(logdir.resolve())


def _studies(paths: Iterable[Path]) -> list[str]:
    return list(dict.fromkeys(path.parts[0] for path in paths if len(path.parts) > 1))


@contextmanager
def _held(studies: Iterable[str], logdir: Path) -> Iterator[list[Held]]:
    """Hold the lock of each study: what a run is writing is not to be moved."""
    held = []
    with ExitStack() as locks:
        for study in studies:
            try:
                require_own(logdir / study, root=logdir)
                (logdir / study).mkdir(exist_ok=True)
                held.append(locks.enter_context(hold_study(logdir / study)))
            except OSError as error:
                raise UsageError(f"{str(logdir / study)!r} cannot be written ({reason(error)}).") from None
        yield held


def _confirmed(question: str) -> bool:
    ask: Callable[..., bool] = click.confirm
    try:
        return ask(question, default=False)
    except click.Abort:  # no terminal to answer at
        return False


def _say(what: str, names: Sequence[str]) -> None:
    for name in names[:MOST_SAID]:
        click.echo(f"{what} {name}")
    if len(names) > MOST_SAID:
        click.echo(f"… and {len(names) - MOST_SAID} more.")


def _count(folders: Sequence[object]) -> str:
    return f"{len(folders)} {'folder' if len(folders) == 1 else 'folders'}"


def megabytes(size: int) -> str:
    """Write a number of bytes in megabytes."""
    return f"{size / 1e6:.1f} MB" if size >= 1e5 else f"{size / 1e3:.1f} kB"
