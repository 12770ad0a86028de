"""A study and what its log folder holds of it, checked for what must not be published."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from harness.analysis import RUNS_FILE, SUMMARY_FILE
from harness.errors import UsageError
from harness.records import RECORD_FILE, has_design, trial_folder
from harness.results import read_csv_table
from harness.study import BASE, Study, load_study

ENOUGH_SEEDS = 5  # fewer give intervals and no verdicts


@dataclass(frozen=True, slots=True)
class Published:
    """A study with its two tables; first: the record of the base's seed 0."""

    study: Study
    logdir: Path
    summary: pd.DataFrame
    runs: pd.DataFrame
    first: Mapping[str, Any]

    @property
    def folder(self) -> Path:
        """Where its records are."""
        return self.logdir / self.study.name

    @property
    def by_design(self) -> bool:
        """Whether it was run until settled, so that its variants have different numbers of seeds."""
        return has_design(self.folder)

    @property
    def seeds(self) -> int:
        """The fewest seeds that a variant has."""
        return int(self.summary["seeds"].min())

    @property
    def base_changes(self) -> Mapping[str, Any]:
        """What of the base was changed for the run, by --set or --dataset."""
        return self.first["provenance"].get("base_changes", {})

    @property
    def caution(self) -> str:
        """What must be known before a figure is believed: few seeds, another base; empty where nothing is."""
        counted = f"{self.seeds} {'seed' if self.seeds == 1 else 'seeds'} only, no verdicts"
        seeds = counted if self.seeds < ENOUGH_SEEDS else ""
        changes = ", ".join(f"{name}={value}" for name, value in self.base_changes.items())
        return "; ".join(filter(None, (seeds, changes and f"run with {changes}")))

    def attempt(self, variant: str) -> Path | None:
        """Return the folder with the event files of a variant's first seed, None where there is none."""
        rows = self.runs[(self.runs["variant"] == variant) & (self.runs["seed"] == 0)]
        return self.logdir / rows["logdir"].iloc[0] if len(rows) else None

    def made_on(self) -> str:
        """Say on which machine and with which versions the records were made, and what they took."""
        found = self.first["provenance"]
        engines = ", ".join(sorted(set(self.runs["engine"].dropna().astype(str)) - {""}))
        return (
            f"{found['processor']}, {found['cores']} cores, Python {found['python']}, TensorFlow {found['tensorflow']}, "
            f"Keras {found['keras']}, engines {engines}, {found['intra_op_threads']} thread a worker; "
            f"{len(self.runs)} trials that took {self.runs['seconds'].sum() / 60:.1f} minutes of one worker"
        )


def read(name: str, logdir: Path) -> Published:
    """Return a study and its tables; UsageError where they hold stand-in data, or no base."""
    study = load_study(name)
    folder = logdir / study.name
    record = trial_folder(logdir, study.name, BASE, 0) / RECORD_FILE
    if not record.is_file():
        raise UsageError(f"{folder} has no record of the base with seed 0; expected python -m harness run {study.name} first.")
    summary, runs = read_csv_table(folder / SUMMARY_FILE)[0], pd.read_csv(folder / RUNS_FILE)
    found = Published(study, logdir, summary, runs, json.loads(record.read_text(encoding="utf-8"))["record"])
    if stand_ins := _stand_ins(found):
        raise UsageError(
            f"{folder} holds trials on {', '.join(stand_ins)}, which are no data of {study.name}; expected those that its "
            "settings name."
        )
    return found


def _stand_ins(found: Published) -> Sequence[str]:
    """Return the datasets that stood in for others: what they gave must not be published as what it is not."""
    study = found.study
    if not study.needs_dataset:
        return ()
    named = {variant: study.settings(variant).dataset for variant in study.names}
    if "dataset" in found.base_changes:
        return (str(found.base_changes["dataset"]),)
    rows = zip(found.summary["variant"], found.summary["data"], strict=True)
    return tuple(sorted({str(data) for variant, data in rows if variant in named and data != named[variant]}))
