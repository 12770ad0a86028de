"""A study's folder as it is found on disk: its records, what is damaged or unfinished, who writes it."""

import os
import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from harness.errors import UsageError, unknown
from harness.records.attempts import attempts_in
from harness.records.locks import writer_of
from harness.records.record import RECORD_FILE, Record, RecordError, read_record
from harness.study import KINDS, study_files


@dataclass(frozen=True, slots=True)
class StudyFolder:
    """A study's folder as it was found."""

    folder: Path
    records: tuple[Record, ...]
    damaged: tuple[str, ...]  # one line each
    unfinished: tuple[str, ...]  # trials, as VARIANT/seed-N, with an attempt that left no record
    attempts: int
    writer: str  # who is writing it just now, or empty

    @property
    def name(self) -> str:
        """The study's, by its folder."""
        return self.folder.name

    def mend(self, *, variants: Iterable[str] = (), force: bool = False) -> str:
        """Return the command that runs the study again as its newest record was made, in whole or these variants alone."""
        files = [str(record.provenance.get("study_file", "")) for record in self.records]
        own = next((path for path in files if path.endswith(KINDS)), self.name)
        words = ["run", self.name if self.name in study_files() else own, "--logdir", str(self.folder.parent)]
        words += _options_of(self.records)
        for variant in dict.fromkeys(variants):
            words += ["--only", variant]
        return command(*words, *(["--force"] if force else []))


def _options_of(records: Iterable[Record]) -> list[str]:
    newest = max(records, key=lambda record: record.provenance.get("started", 0.0), default=None)
    if newest is None:
        return []
    words = ["--seeds", str(1 + max(record.seed for record in records))]
    for name, value in newest.provenance.get("base_changes", {}).items():
        text = ",".join(map(str, value)) if isinstance(value, (list, tuple)) else "none" if value is None else str(value)
        words += ["--dataset", text] if name == "dataset" else ["--set", f"{name}={text}"]
    engine = newest.provenance.get("engine_asked", "auto")
    return words if engine == "auto" else [*words, "--engine", engine]


def folder_of(logdir: Path, study: str) -> Path:
    """Return a study's folder; UsageError if the log folder has none of that name."""
    names = [folder.name for folder in folders_in(logdir)]
    if study not in names:
        raise (
            unknown(f"In log folder {str(logdir)!r}, study", study, names)
            if names
            else UsageError(
                f"Log folder {str(logdir)!r} has no studies; expected {study!r}. "
                "Run it first, or name its folder with --logdir."
            )
        )
    return logdir / study


def folders_in(folder: Path) -> list[Path]:
    """Return the folders in a folder, those with a dot apart, sorted by name; none where it cannot be read."""
    try:
        entries = sorted(folder.iterdir())
    except OSError:
        return []
    return [entry for entry in entries if entry.name[0] != "." and entry.is_dir() and not entry.is_symlink()]


def read_folder(folder: Path) -> StudyFolder:
    """Return what lies in a folder of trials; an empty StudyFolder where there are none."""
    records, damaged, unfinished, attempts = [], [], [], 0
    for trial in (trial for variant in folders_in(folder) for trial in folders_in(variant)):
        if not trial.name.startswith("seed-"):
            continue
        numbers = attempts_in(trial)
        attempts += len(numbers)
        counting = 0
        if os.path.lexists(trial / RECORD_FILE):
            try:
                records.append(read_record(trial / RECORD_FILE))
                counting = records[-1].attempt
            except RecordError as error:
                damaged.append(str(error))
                continue
        if numbers and max(numbers) > counting:
            unfinished.append(f"{trial.parent.name}/{trial.name}")
    return StudyFolder(folder, tuple(records), tuple(damaged), tuple(unfinished), attempts, writer_of(folder))


def command(*words: str) -> str:
    """Return a command line of the harness, quoted for a shell."""
    return f"python -m harness {shlex.join(words)}"
