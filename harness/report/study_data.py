"""A study's records as its page shows them: read once, and again where a file has changed."""

import hashlib
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.analysis import (
    DECLARATION_FILE,
    LAST,
    Conclusion,
    conclude,
    declared_question,
    differing_settings,
    trials_called,
)
from harness.errors import UsageError
from harness.records import DESIGN_FILE, RECORD_FILE, Record, find_records, folders_in, gc_paused
from harness.results import built_in_file, one_metric, read_tables, under_its_name
from harness.study import BASE, Metric, Study, counted, load_study, metric_from_dict, text_of

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class StudyData:
    """A study as it is recorded.

    folder: LOGDIR/STUDY. table: one row a variant, the base first, as `compare` has it. records: of each variant, by seed.
    notes: one line on each thing set aside. trials: what the trials of a variant are called, seeds or folds. declared: the
    study itself where it is one of experiments/; no other file is run for being looked at. epoch: of which epoch the values
    are, one of EPOCHS.
    """

    name: str
    folder: Path
    table: "pd.DataFrame"
    records: Mapping[str, Sequence[Record]]
    notes: tuple[str, ...]
    conclusion: Conclusion
    trials: str
    question: str = ""
    declared: Study | None = None
    rows: Sequence[dict[str, Any]] = ()
    epoch: str = LAST

    @property
    def metric(self) -> Metric:
        """What the study is judged by."""
        return metric_from_dict(next(iter(self.records.values()))[0].metric)

    @property
    def tally(self) -> str:
        """How many variants and trials there are, in words."""
        trials = sum(map(len, self.records.values()))
        return f"{counted(len(self.records), 'variant')}, {counted(trials, 'trial')}"

    @property
    def base(self) -> str:
        """The variant whose settings the others' are told from: the base, or the first where the base has no record."""
        return BASE if BASE in self.records else next(iter(self.records))

    def row(self, variant: str) -> dict[str, Any]:
        """Return a variant's row; UsageError where there is none of that name."""
        for row in self.rows:
            if row["variant"] == variant:
                return row
        raise UsageError(f"Study {self.name!r} has no variant {variant[:100]!r}.")

    def control_of(self, variant: str) -> str:
        """Return the name of a variant's control, empty where it has none, or none that is recorded."""
        control = text_of(self.row(variant)["control"])
        return control if control in self.records else ""

    @property
    def circumstances(self) -> list[str]:
        """What a reader must know before the figures: data that stand in for others, a changed base, a missing one."""
        every = [record for group in self.records.values() for record in group]
        stand_ins = dict.fromkeys((str(one.data.get("used")), str(one.data.get("name"))) for one in every if one.on_stand_in)
        found = [f"Trained on {used}, a stand-in for {name}: these are no figures of {name}." for used, name in stand_ins]
        changes = dict.fromkeys(
            f"{name}={value}" for one in every for name, value in dict(one.provenance.get("base_changes", {})).items()
        )
        if changes:
            found.append(f"The base was changed for this run: {', '.join(changes)}.")
        if BASE not in self.records:
            found.append("The base has no record here: variants are held against their own controls, where these have.")
        return found

    def varying_settings(self) -> list[str]:
        """Return the settings in which the variants differ, those that most of them share first."""
        first = self.records[self.base][0]
        counts: dict[str, int] = {}
        for group in self.records.values():
            for name in differing_settings(group[0], first):
                counts[name] = counts.get(name, 0) + 1
        return sorted(counts, key=lambda name: -counts[name])


class Studies:
    """The studies of a log folder, or the one that the folder is; for several threads.

    A study is read again only where one of its records has changed.
    """

    def __init__(self, logdir: Path) -> None:
        self._logdir = logdir
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, str], tuple[str, StudyData]] = {}

    def folders(self) -> dict[str, Path]:
        """Return the folder of each study that has a record, by its name."""
        if _has_trials(self._logdir):
            return {self._logdir.resolve().name: self._logdir}
        return {folder.name: folder for folder in folders_in(self._logdir) if _has_trials(folder)}

    def folder_of(self, name: str) -> Path:
        """Return a study's folder; UsageError where there is none of that name, whatever it would lead to as a path."""
        found = self.folders().get(name)
        if found is None:
            raise UsageError(f"There is no study {name[:100]!r} here.")
        return found

    def read(self, name: str, *, epoch: str = LAST) -> StudyData:
        """Return a study by the values of an epoch, one of EPOCHS; UsageError says what keeps it from being shown."""
        folder = self.folder_of(name)
        with self._lock:
            stamp, kept = stamp_of(folder), self._kept.get((name, epoch))
            if kept is None or kept[0] != stamp:
                kept = self._kept[name, epoch] = stamp, read_study(folder, epoch=epoch)
            return kept[1]


def stamp_of(folder: Path) -> str:
    """Return what changes with any record of a study's folder, with what the study declares, and with its looks."""
    told = hashlib.sha256()
    for path in (*find_records(folder), folder / DECLARATION_FILE, folder / DESIGN_FILE):
        try:
            status = path.stat()
        except OSError:
            continue
        told.update(f"{path}\0{status.st_mtime_ns}\0{status.st_size}\0{status.st_ino}\0".encode(errors="surrogateescape"))
    return told.hexdigest()[:32]


def read_study(folder: Path, *, epoch: str = LAST) -> StudyData:
    """Return the study whose trials lie in a folder; UsageError where there are none, or no tables can be made of them.

    epoch: of which epoch the values are; UsageError, too, where no trial has anything to choose another by.
    """
    with gc_paused():
        (source,) = read_tables([folder], epoch=epoch)
    names = {study for study, _ in source.records}
    if len(names) != 1:
        raise UsageError(f"Folder {str(folder)!r} holds records of {len(names)} studies; expected one study's folder.")
    (name,) = names
    records = {variant: found for (_, variant), found in source.records.items()}
    every = [record for group in records.values() for record in group]
    table = under_its_name(source.table, one_metric([source.table]))
    rows = table.to_dict("records")
    file = built_in_file(name, every)
    declared = load_study(str(file)) if file else None
    question = declared.question if declared else declared_question(folder)
    said = trials_called(every)
    conclusion = conclude(rows, trials=said)
    ordered = {row["variant"]: records[row["variant"]] for row in rows}
    return StudyData(name, folder, table, ordered, source.notes, conclusion, said, question, declared, rows, epoch)


def _has_trials(folder: Path) -> bool:
    return any(
        (trial / RECORD_FILE).is_file()
        for variant in folders_in(folder)
        for trial in folders_in(variant)
        if trial.name.startswith("seed-")
    )
