"""What is recorded below a folder, for Python: tables, a picture, a page, and a few lines that say what it is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.analysis import conclude, in_order, overlap, summary_table
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
        import pandas as pd

        tables = [summary_table(records, logdir=self.logdir) for records in by_study(self.records).values()]
        return tables[0] if len(tables) == 1 else pd.concat(tables, ignore_index=True)

    def plot(self) -> "Figure":
        """Return a figure of what each variant changes in its study's metric, with intervals where there are any."""
        from harness.results.difference_plot import plot_differences

        return plot_differences(self.summary)

    def report(self, path: str | Path) -> Path:
        """Write the summary with that figure into one HTML file that needs nothing else; return its path."""
        from harness.results.html import write_report

        return write_report(self.summary, Path(path), self._conclusions())

    def __repr__(self) -> str:
        """Return in a few lines what is there, what it shows, and where the rest is."""
        lines = []
        for name, records in by_study(self.records).items():
            variants = len({record.variant for record in records})
            lines.append(f"{name}: {counted(variants, 'variant')}, {counted(len(records), 'trial')}")
            lines += [f"  {sentence}" for sentence in self._conclusions([name])]
        if self.problems:
            lines.append(f"{counted(len(self.problems), 'problem')}: see .problems")
        return "\n".join([*lines, "See .summary, .trials, .epochs, .plot() and .report(path)."])

    def _repr_html_(self) -> str:
        from harness.results.html import summary_html

        return summary_html(self.summary, self._conclusions())

    def _conclusions(self, studies: Sequence[str] | None = None) -> list[str]:
        """Return the sentences that say what the studies have shown, of all where none is named."""
        found: list[str] = []
        for name, records in by_study(self.records).items():
            if studies is None or name in studies:
                rows = summary_table(records, logdir=self.logdir).to_dict("records")
                found += conclude(rows, trials="folds" if overlap(records) else "seeds").sentences
        return found


def by_study(records: Iterable[Record]) -> dict[str, list[Record]]:
    """Part records by their study, in the order of the studies' names."""
    studies: dict[str, list[Record]] = {}
    for record in in_order(records):
        studies.setdefault(record.study, []).append(record)
    return studies
