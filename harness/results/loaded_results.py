"""What is recorded below a folder, for Python: tables, a picture, a page, and a few lines that say what it is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.analysis import (
    conclude,
    effect_summary,
    effect_unit,
    effects_of,
    in_order,
    metric_of,
    summary_table,
    table_of_effects,
    trials_called,
)
from harness.records import Record
from harness.study import counted

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True, repr=False)
class Results:
    """What `load` returns.

    trials: one row a trial, in the study's order: the columns of runs.csv, then control, each cost (`cost_…`,
    such as cost_peak_memory_mb) and each setting (`setting_…`, tuples as 512-256). epochs: one row a trial and logged
    epoch, counted from 1: study, variant, seed, trial_id, epoch, then train_loss, train_accuracy, test_loss, test_accuracy
    and whatever else the history holds. Losses are in nats, accuracies fractions, times seconds; what is not known or
    not finite is NaN. problems: one line for each file that was set aside. as_expected: whether every trial ended as its
    study expects; from `harness.run`, whether every expectation of the study's results held too.
    """

    trials: "pd.DataFrame"
    epochs: "pd.DataFrame"
    problems: tuple[str, ...] = ()
    as_expected: bool = True
    records: tuple[Record, ...] = ()
    logdir: Path | None = None

    @property
    def summary(self) -> "pd.DataFrame":
        """One row a variant, the base first, with its verdict: the columns of summary.csv."""
        return _one(self._tables())

    @property
    def effects(self) -> "pd.DataFrame":
        """One row for each part of each screen, and for what it tells beside them: the columns of effects.csv."""
        return _one({name: table_of_effects(records, logdir=self.logdir) for name, records in by_study(self.records).items()})

    def plot(self) -> "Figure":
        """Return a figure of what each variant changes in its study's metric, with intervals where there are any."""
        from harness.results.difference_plot import plot_differences

        return plot_differences(self.summary)

    def report(self, path: str | Path) -> Path:
        """Write the summary with that figure into one HTML file that needs nothing else; return its path."""
        from harness.results.html import write_report

        tables = self._tables()
        return write_report(_one(tables), Path(path), self._conclusions(tables))

    def __repr__(self) -> str:
        """Return in a few lines what is there, what it shows, and where the rest is."""
        lines = []
        for name, table in self._tables().items():
            trials = sum(record.study == name for record in self.records)
            lines.append(f"{name}: {counted(len(table), 'variant')}, {counted(trials, 'trial')}")
            lines += [f"  {sentence}" for sentence in self._conclusions({name: table})]
        if self.problems:
            lines.append(f"{counted(len(self.problems), 'problem')}: see .problems")
        tables = ".summary, .effects, .trials" if any(record.screen for record in self.records) else ".summary, .trials"
        return "\n".join([*lines, f"See {tables}, .epochs, .plot() and .report(path)."])

    def _repr_html_(self) -> str:
        from harness.results.html import summary_html

        tables = self._tables()
        return summary_html(_one(tables), self._conclusions(tables))

    def _tables(self) -> "dict[str, pd.DataFrame]":
        return {name: summary_table(records, logdir=self.logdir) for name, records in by_study(self.records).items()}

    def _conclusions(self, tables: "Mapping[str, pd.DataFrame]") -> list[str]:
        """Return the sentences that say what these studies have shown, and what the parts of their screens do."""
        studies, sentences = by_study(self.records), list[str]()
        for name, table in tables.items():
            sentences += conclude(table.to_dict("records"), trials=trials_called(studies[name])).sentences
            effects = effects_of(studies[name], logdir=self.logdir)
            metric = metric_of(studies[name])
            sentences += filter(None, (effect_summary(found, effect_unit(found, metric)) for found in effects))
        return sentences


def _one(tables: "Mapping[str, pd.DataFrame]") -> "pd.DataFrame":
    import pandas as pd

    return next(iter(tables.values())) if len(tables) == 1 else pd.concat(list(tables.values()), ignore_index=True)


def by_study(records: Iterable[Record]) -> dict[str, list[Record]]:
    """Part records by their study, in the order of the studies' names."""
    studies: dict[str, list[Record]] = {}
    for record in in_order(records):
        studies.setdefault(record.study, []).append(record)
    return studies
