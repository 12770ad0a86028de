"""What TensorBoard shows of a whole study, made from its records."""

from collections.abc import Sequence
from pathlib import Path

from harness.analysis import in_order, summary_table, trials_called
from harness.records import Record
from harness.results import difference_png, findings_text, write_differences
from harness.tensorboard import StudyFindings, write_study


def write_study_board(folder: Path, records: Sequence[Record]) -> None:
    """Write a study's runs, those of its variants, and the picture of its differences anew from the records that count.

    folder: the study's, LOGDIR/STUDY. OSError if it cannot be written. The curves and the rows of HParams do not wait for
    the picture: where it cannot be drawn, they are written, and its error is raised.
    """
    ordered = in_order(records)
    if not ordered:
        return
    summary = summary_table(ordered, logdir=folder.parent)
    rows = {row["variant"]: row for row in summary.to_dict("records")}
    found = StudyFindings(rows, findings_text(summary, trials=trials_called(ordered)))
    try:
        found = StudyFindings(rows, found.text, picture := difference_png(summary))
        write_differences(folder, picture)
    finally:
        write_study(folder, ordered, found)
