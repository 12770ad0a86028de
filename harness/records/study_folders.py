"""A study's folder as it is found on disk: its records, what is damaged or unfinished, who writes it."""

import json
import os
import shlex
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import UsageError, unknown
from harness.records.addresses import address_of, shown
from harness.records.attempts import attempts_in
from harness.records.locks import writer_of
from harness.records.record import RECORD_FILE, Record, RecordError, read_record
from harness.study import KINDS, PICKLED, crossed, levels_of_sources, plain_name, study_files

PROGRAM_VARIABLE = "HARNESS_PROGRAM"  # set by a script that calls the harness: its own name, as it was called
DEFAULT_LOGDIR = "logs"
DESIGN_FILE = "design.json"  # in a study's folder: at which numbers of seeds it is looked at
QUEUE_FOLDER = ".queue"  # of trials that wait for a task of Slurm, which is unpickled: it belongs to one machine
USUAL_LOOKS, USUAL_SPENDING = (5, 10, 20, 40), "pocock"  # where nothing else is said
USUAL_MOST = USUAL_LOOKS[-1]
RECORDED_DESIGN = "design"  # the same in the provenance of what was trained by it


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
        return run_command(self.folder, self.records, variants=variants, force=force)


def run_command(
    folder: Path,
    records: Iterable[Record],
    *,
    seeds: int | None = None,
    variants: Iterable[str] = (),
    force: bool = False,
    until_settled: bool = False,
) -> str:
    """Return the command that runs a study again as its newest record was made, in whole or these variants alone.

    folder: the study's, LOGDIR/STUDY. seeds: None for as many as there are, or as the study's design has. until_settled: by
    a design, in place of a number of seeds.
    """
    records = list(records)
    files = [str(record.provenance.get("study_file", "")) for record in records]
    own = next((path for path in files if path.endswith((*KINDS, PICKLED)) and "://" not in path), folder.name)
    vary = records[0].vary if records else ""
    name = plain_name(folder.name, vary)
    study = name if name in study_files() else own
    if crossed(vary):
        return command("variance", study, *logdir_words(folder.parent), *_crossing(vary), *_options_of(records))
    by_design = until_settled or (seeds is None and not force and has_design(folder))
    if study == folder.name and any("://" in path and path.endswith(PICKLED) for path in files):
        count = {"until_settled": True} if by_design else {"seeds": int(_seeds_of(records, seeds)[1])}
        return _call(
            logdir=as_typed(folder.parent), vary=vary.replace("+", ","), only=[*dict.fromkeys(variants)], force=force, **count
        )
    words = ["run", study, *logdir_words(folder.parent)]
    words += ["--vary", vary.replace("+", ",")] if vary else []
    words += ["--until-settled", *_further_looks(folder, records)] if by_design else _seeds_of(records, seeds)
    words += _options_of(records)
    for variant in dict.fromkeys(variants):
        words += ["--only", variant]
    return command(*words, *(["--force"] if force else []))


def _call(**options: object) -> str:
    return f"harness.run(…, {', '.join(f'{name}={value!r}' for name, value in options.items() if value)}) in its program"


def _crossing(vary: str) -> list[str]:
    levels = levels_of_sources(vary)
    return ["--sources", ",".join(levels), "--levels", str(next(iter(levels.values())))]


def logdir_words(logdir: Path) -> list[str]:
    """Return the option that names a log folder, empty where a command takes it without being told."""
    typed = as_typed(logdir)
    return [] if typed == DEFAULT_LOGDIR else ["--logdir", typed]


def as_typed(path: Path) -> str:
    """Return a path as one would type it: relative where it lies below the working folder; a URL where it stands for one."""
    if address := address_of(path):
        return address
    try:
        return str(path.absolute().relative_to(Path.cwd()))
    except (OSError, ValueError):
        return str(path)


def has_design(folder: Path) -> bool:
    """Say whether a study's folder keeps a design that was declared."""
    return bool(_declared(folder))


def _declared(folder: Path) -> dict[str, Any]:
    try:
        content = json.loads((folder / DESIGN_FILE).read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    design = content.get("design") if isinstance(content, dict) else None
    return design if isinstance(design, dict) else {}


def _further_looks(folder: Path, records: Sequence[Record]) -> list[str]:
    """Return what a study's design has that others have not, or the maximum that a new one needs.

    That is beyond the seeds that are there, where these are as many as a design has without it.
    """
    recorded = (record.provenance.get(RECORDED_DESIGN) for record in records)
    if design := _declared(folder) or next(filter(None, recorded), {}):
        looks, spending = design.get("looks", ()), design.get("spending", USUAL_SPENDING)
        words = [] if tuple(looks) == USUAL_LOOKS else ["--looks", ",".join(map(str, looks))]
        return words if spending == USUAL_SPENDING else [*words, "--spending", str(spending)]
    there = max((record.seed + 1 for record in records), default=0)
    return [] if there < USUAL_MOST else ["--max-seeds", str(2 * there)]


def _seeds_of(records: Sequence[Record], seeds: int | None) -> list[str]:
    return ["--seeds", str(seeds or 1 + max(record.seed for record in records))] if records else []


def _options_of(records: Sequence[Record]) -> list[str]:
    newest = max(records, key=lambda record: record.provenance.get("started", 0.0), default=None)
    if newest is None:
        return []
    words: list[str] = []
    for name, value in newest.provenance.get("base_changes", {}).items():
        text = ",".join(map(str, value)) if isinstance(value, (list, tuple)) else "none" if value is None else str(value)
        words += ["--dataset", text] if name == "dataset" else ["--set", f"{name}={text}"]
    engine = newest.provenance.get("engine_asked", "auto")
    words += [] if engine == "auto" else ["--engine", engine]
    for name, value in newest.provenance.get("executor_asked", {}).items():
        words += [f"--{name}", str(value)]
    return words


def folder_of(logdir: Path, study: str) -> Path:
    """Return a study's folder; UsageError if the log folder has none of that name."""
    names = [folder.name for folder in folders_in(logdir)]
    if study not in names:
        raise (
            unknown(f"In log folder {shown(logdir)!r}, study", study, names)
            if names
            else UsageError(
                f"Log folder {shown(logdir)!r} has no studies; expected {study!r}. "
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
    """Return a command line of the harness, quoted for a shell, in the form in which this process was called."""
    return f"{program()} {shlex.join(words)}"


def program() -> str:
    """Return how the harness was called: by scripts/harness, which says so, as `harness`, or as `python -m harness`."""
    called = "harness" if Path(sys.argv[0]).name == "harness" else "python -m harness"
    return os.environ.get(PROGRAM_VARIABLE) or called
