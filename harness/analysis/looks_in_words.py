"""By which looks a study is judged, in a line below its table."""

from collections.abc import Iterable
from pathlib import Path

from harness.analysis.design import make_of, read_looks, recorded_design
from harness.analysis.epochs import metric_of
from harness.records import Record


def judged_by(folder: Path, records: Iterable[Record]) -> str:
    """Say in a line by which looks the study in a folder is judged; empty where by the fixed test."""
    records = tuple(records)
    kept = read_looks(folder, make_of(records))
    design = kept.in_force or recorded_design(records)
    if design is None:
        return ""
    if records and (misfit := design.misfit(metric_of(records))):
        return f"The study's words are withheld: {misfit}."
    if design.declared:
        seen = " or ".join(map(str, design.seen))
        unseen = f", unless what {seen} seeds had shown before chose the design" if seen else ""
        return f"Judged by the study's design, {design.words}: its words together err in 5% of such studies{unseen}."
    seeds = ", then ".join(map(str, kept.shown))
    return (
        f"A second look: the study was shown with {seeds} seeds. Its words allow for all of them ({design.words}), so that "
        "they err in 5% of such studies however often one looks; some that an earlier table gave may be taken back."
    )
