"""Which of a folder's records are of a study as its file has it, and what they are in it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from harness.analysis.judging import judged_anew
from harness.analysis.sameness import told_apart
from harness.analysis.test_sets import fold_scheme
from harness.records import Record
from harness.study import SPLITS, Metric, Study, counted, show_value, to_json


def matching_records(records: Iterable[Record], study: Study) -> tuple[list[Record], list[Record]]:
    """Part records into those of the study's own settings and data, and those that say nothing about it.

    The latter are of another study, of a variant or settings that it no longer has (as with --set), or of stand-in
    data. Versions do not matter here, nor do sources: what another TensorFlow measured is evidence too. But one variant's
    records are all of one make, the newest.
    """
    standing: list[Record] = []
    left_out: list[Record] = []
    for record in records:
        (standing if _stands(record, study) else left_out).append(record)
    kept, others = told_apart(standing)
    return kept, [*left_out, *others]


def _stands(record: Record, study: Study) -> bool:
    if record.study != study.name or record.variant not in study.names:
        return False
    if fold_scheme(record) != (str(study.folds) if study.folds else ""):
        return False
    return not record.on_stand_in and dict(record.settings) == to_json(study.settings(record.variant))


def left_out_reasons(left_out: Iterable[Record], study: Study) -> list[str]:
    """Say how many records say nothing about a study, and why: 30 records with epochs=2 (the study has 5)."""
    counts: Counter[str] = Counter()
    for record in left_out:
        counts[_reason(record, study)] += 1
    return [f"{counted(count, 'record')} {reason}" for reason, count in counts.most_common()]


def _reason(record: Record, study: Study) -> str:
    if record.study != study.name or record.variant not in study.names:
        return "of variants that the study no longer has"
    if record.on_stand_in:
        return f"trained on {record.data.get('used')}, a stand-in for {record.data.get('name')}"
    declared, mine = to_json(study.settings(record.variant)), dict(record.settings)
    changed = [name for name in declared if name in mine and mine[name] != declared[name]]
    if not changed:
        return "made with another version of the study or of the harness"
    shown = [(name, *(_shown(values[name]) for values in (mine, declared))) for name in changed]
    return "with " + ", ".join(f"{name}={its} (the study has {own})" for name, its, own in shown)


def _shown(value: Any) -> str:
    return show_value(tuple(value) if isinstance(value, list) else value)


def declaration_of(study: Study, variant: str, *, position: int) -> dict[str, Any]:
    """Return what a study declares of a variant, by the names of a record's fields; position: its place in the whole study."""
    return {
        "control": study.control(variant),
        "change": study.change(variant),
        "changes": study.changes(variant),
        "position": position,
        "metric": study.metric.to_dict(),
        "screen": study.corner(variant),
    }


def as_declared(record: Record, study: Study, *, position: int, declared: Mapping[str, Any] | None = None) -> Record:
    """Return a record of a study's trial with its control, place, metric and expectation as the study declares them now.

    None of these decides what a trial gives, so that its id stays the same when they change; what it gave is held
    against the expectation anew. position: the variant's place in the whole study. declared: `declaration_of` its variant, for
    many records of one.
    """
    declared = declared or declaration_of(study, record.variant, position=position)
    if any(getattr(record, name) != value for name, value in declared.items()):
        record = under_metric_name(replace(record, **declared), study.metric)
    return judged_anew(record, study.expectation(record.variant))


def of_declared_base(record: Record, study: Study) -> Record:
    """Return a record without the changes to its base that the study's file has by now: its base is the declared one."""
    if not record.provenance.get("base_changes") or record.variant not in study.names:
        return record
    if dict(record.settings) != to_json(study.settings(record.variant)):
        return record
    return replace(record, provenance={**record.provenance, "base_changes": {}})


def under_metric_name(record: Record, metric: Metric) -> Record:
    """Return a record with what it measured under one of the metric's aliases under the metric's name as well."""
    names = {f"{part}_{alias}": f"{part}_{metric.name}" for alias in metric.aliases for part in SPLITS}

    def named(values: Mapping[str, Any]) -> Mapping[str, Any]:
        return {names[name]: value for name, value in values.items() if name in names} | dict(values)

    return replace(record, metrics=named(record.metrics), history=named(record.history))
