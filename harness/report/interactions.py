"""How a study's changes act together: a matrix of what each does beside another, less what it does alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.report.study_data import StudyData
from harness.results import format_value, interaction_notes
from harness.study import text_of


@dataclass(frozen=True, slots=True)
class InteractionCell:
    """One pair of changes: the interaction with its interval, its verdict, the variant that has both changes."""

    value: str
    verdict: str
    variant: str


@dataclass(frozen=True, slots=True)
class Interactions:
    """The matrix: a row for each change, a column for each one beside it; sentences: what it says."""

    columns: Sequence[str]
    rows: Mapping[str, Sequence[InteractionCell | None]]
    sentences: Sequence[str]


def interaction_matrix(study: StudyData) -> Interactions | None:
    """Return the interactions that a study has measured; None where it has none."""
    found = [row for row in study.rows if text_of(row["interaction_with"])]
    if not found:
        return None
    cells = {}
    for row in found:
        value, low, high = (
            format_value(name, row[name], metric=study.metric.column)
            for name in ("interaction", "interaction_low", "interaction_high")
        )
        interval = f" [{low}, {high}]" if low and high else ""
        key = text_of(row["interaction_alone"]), text_of(row["interaction_with"])
        cells[key] = InteractionCell(f"{value}{interval}", text_of(row["interaction_verdict"]), str(row["variant"]))
    columns = list(dict.fromkeys(beside for _, beside in cells))
    rows = {alone: [cells.get((alone, beside)) for beside in columns] for alone in dict.fromkeys(alone for alone, _ in cells)}
    return Interactions(columns, rows, [f"{name}: {note}" for name, note in interaction_notes(found)])
