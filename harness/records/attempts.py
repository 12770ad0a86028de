"""Where the attempts at a trial lie: the first one in the trial's own folder, the later ones in attempt-2 and so on.

    seed-N/record.json             of the attempt that counts
    seed-N/train, seed-N/test, …   the first attempt's files
    seed-N/attempt-K/              a later attempt's

A first attempt whose place another one has taken is moved to attempt-1, where older versions wrote it from the start, so
that what lies beside record.json is never of an attempt that does not count.
"""

import os
import re
from contextlib import suppress
from pathlib import Path

from harness.records.atomic_files import write_atomically
from harness.records.record import RECORD_FILE, RecordError, read_record

_ATTEMPT = re.compile(r"attempt-([0-9]{1,9})")


def attempt_folder(trial: Path, attempt: int) -> Path:
    """Return where one attempt at a trial has its files, or is to write them."""
    own = _own_folder(trial, attempt)
    return trial if attempt == 1 and not own.is_dir() else own


def attempts_in(trial: Path) -> list[int]:
    """Return the numbers of the attempts that have left anything but a record in a trial's folder, in order."""
    try:
        names = [entry.name for entry in os.scandir(trial) if not entry.is_symlink() and entry.is_dir()]
    except OSError:  # gone, or not there yet
        return []
    numbers = {int(found[1]) for name in names if (found := _ATTEMPT.fullmatch(name))}
    return sorted(numbers | ({1} if _first_files(trial) else set()))


def next_attempt(trial: Path) -> int:
    """Return the number of the next attempt: one above the highest that has a file or a record."""
    numbers = attempts_in(trial)
    with suppress(RecordError):  # none, or a damaged one
        numbers.append(read_record(trial / RECORD_FILE).attempt)
    return max(numbers, default=0) + 1


def set_apart(trial: Path, attempt: int) -> Path:
    """Return an attempt's folder, apart from the trial's own: the first attempt's files move to attempt-1."""
    folder = _own_folder(trial, attempt)
    found = _first_files(trial) if attempt == 1 else []
    for path in found:
        folder.mkdir(exist_ok=True)
        if not os.path.lexists(folder / path.name):
            path.rename(folder / path.name)
    return folder


def keep_older(trial: Path, *, newer: int) -> None:
    """Copy a trial's present record, whole or damaged, to the attempt it is of, before that of a newer one replaces it."""
    path = trial / RECORD_FILE
    try:
        attempt = read_record(path).attempt
    except RecordError:
        attempt = newer - 1
    write_atomically(set_apart(trial, attempt) / RECORD_FILE, path.read_bytes())


def _own_folder(trial: Path, attempt: int) -> Path:
    return trial / f"attempt-{attempt}"


def _first_files(trial: Path) -> list[Path]:
    """Return what lies in a trial's folder and is neither its record, nor a later attempt's, nor a temporary file."""
    try:
        names = sorted(os.listdir(trial))
    except OSError:
        return []
    others = [name for name in names if name != RECORD_FILE and not name.startswith(".") and not _ATTEMPT.fullmatch(name)]
    return [trial / name for name in others]
