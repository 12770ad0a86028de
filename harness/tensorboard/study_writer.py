"""What TensorBoard shows of a study as a whole: a run for the study, and one for each variant over its seeds.

The run STUDY has the summary in words, the differences as a picture, the columns of HParams and the layout of the charts;
the run STUDY/VARIANT the mean of each curve over the seeds with its band, and the variant's row of HParams.
"""

import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.scalar.summary_v2 import scalar_pb

from harness.analysis import Band, band, curve_names
from harness.records import Record, folders_in, own_aggregates, require_own
from harness.study import number_of
from harness.tensorboard.curve_layout import layout_summary
from harness.tensorboard.event_file import EventFile, event_files
from harness.tensorboard.hparams import (
    Cells,
    MetricColumn,
    Value,
    experiment_summary,
    hparam_values,
    metric_columns,
    session_summaries,
)
from harness.tensorboard.summaries import image_summary, text_summary

SUMMARY, DIFFERENCES = "summary", "differences"  # tags of the study's run
_FORMER = "aggregate"  # where older versions wrote a variant's curves


@dataclass(frozen=True, slots=True)
class StudyFindings:
    """What a study has shown, as the caller has put it.

    rows: of the summary, by variant. text: the summary in Markdown. picture: the differences as a PNG; empty where there
    is none.
    """

    rows: Mapping[str, Cells] = field(default_factory=dict)
    text: str = ""
    picture: bytes = b""


def write_study(folder: Path, records: Sequence[Record], findings: StudyFindings) -> None:
    """Write the study's run and its variants', in the place of those written before; OSError if they cannot be.

    folder: the study's. records: those that count, the base's first.
    """
    by_variant: dict[str, list[Record]] = {}
    for record in records:
        by_variant.setdefault(record.variant, []).append(record)
    clear_variants(folder, but=by_variant)
    curves, metrics = curve_names(records), metric_columns(records)
    sessions = hparam_values(records, findings.rows)
    for variant, group in by_variant.items():
        bands = {curve: points for curve in curves if (points := band(group, curve))}
        last = max((step for points in bands.values() for step in points), default=0)
        require_own(folder / variant, root=folder.parent)
        summaries = [
            *session_summaries(f"{variant} · {folder.name}", sessions[variant], group),
            *_results(findings.rows.get(variant, {}), metrics),
        ]
        _replace(folder / variant, summaries, step=last, bands=bands)
    _replace(folder, _of_study(findings, sessions, metrics, curves))


def announce_study(folder: Path, text: str) -> None:
    """Give a study that has no run yet one that says what is under way; OSError if it cannot be written."""
    if not any(event_files(folder)):
        _replace(folder, [text_summary(SUMMARY, text)])


def clear_variants(folder: Path, *, but: Iterable[str] = ()) -> None:
    """Remove the runs of a study's variants, those of some apart, and all of them that older versions wrote."""
    for stale in own_aggregates(folder, _FORMER):
        shutil.rmtree(stale, ignore_errors=True)
    kept = frozenset(but)
    for variant in (place for place in folders_in(folder) if place.name not in kept):
        for path in list(event_files(variant)):
            path.unlink(missing_ok=True)


def clear_study(folder: Path) -> None:
    """Remove the study's own run and its variants'."""
    clear_variants(folder)
    for path in list(event_files(folder)):
        path.unlink(missing_ok=True)


def _of_study(
    findings: StudyFindings,
    sessions: Mapping[str, Mapping[str, Value]],
    metrics: Sequence[MetricColumn],
    curves: Sequence[str],
) -> list[Summary]:
    found = [experiment_summary(sessions.values(), metrics)]
    if curves:
        found.append(layout_summary(curves))
    if findings.text:
        found.append(text_summary(SUMMARY, findings.text))
    if findings.picture:
        found.append(image_summary(DIFFERENCES, findings.picture))
    return found


def _results(row: Cells, metrics: Sequence[MetricColumn]) -> list[Summary]:
    values = {one.tag: number_of(row.get(one.name)) for one in metrics}
    with np.errstate(over="ignore"):  # TensorBoard's numbers are of half the width
        return [scalar_pb(tag, value) for tag, value in values.items() if value is not None]


def _replace(
    folder: Path, summaries: Sequence[Summary], *, step: int = 0, bands: Mapping[str, Mapping[int, Band]] | None = None
) -> None:
    """Write a run anew, and then remove what was there before."""
    outdated = list(event_files(folder))
    with EventFile(folder) as file, np.errstate(over="ignore"):
        for curve, points in (bands or {}).items():
            for place, values in points.items():
                for name, value in zip(("mean", "low", "high"), values, strict=True):
                    file.add_summary(scalar_pb(f"{curve}/{name}", value), step=place)
        for summary in summaries:
            file.add_summary(summary, step=step)
    for path in outdated:
        path.unlink(missing_ok=True)
