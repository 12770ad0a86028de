"""Which of a folder's records are of a study as its file has it, and what they are in it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from harness.analysis.sameness import told_apart
from harness.records import DIVERGED, EXPECTED_ERROR, FAILED, OK, UNEXPECTED_PASS, Record
from harness.study import Claim, Expectation, Metric, Study, claims_in, expectation_from_dict, to_json


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
    return not record.on_stand_in and dict(record.settings) == to_json(study.settings(record.variant))


def as_declared(record: Record, study: Study, *, position: int) -> Record:
    """Return a record of a study's trial with its control, place, metric and expectation as the study declares them now.

    None of these decides what a trial gives, so that its id stays the same when they change; what it gave is held
    against the expectation anew. position: the variant's place in the whole study.
    """
    declared: dict[str, Any] = {
        "control": study.control(record.variant),
        "change": study.change(record.variant),
        "changes": study.changes(record.variant),
        "position": position,
        "metric": study.metric.to_dict(),
    }
    if any(getattr(record, name) != value for name, value in declared.items()):
        record = under_metric_name(replace(record, **declared), study.metric)
    return judged_anew(record, study.expectation(record.variant))


def under_metric_name(record: Record, metric: Metric) -> Record:
    """Return a record with what it measured under one of the metric's aliases under the metric's name as well."""
    names = {f"{part}_{alias}": f"{part}_{metric.name}" for alias in metric.aliases for part in ("train", "validation", "test")}

    def named(values: Mapping[str, Any]) -> Mapping[str, Any]:
        return {names[name]: value for name, value in values.items() if name in names} | dict(values)

    return replace(record, metrics=named(record.metrics), history=named(record.history))


def judged_anew(record: Record, expectation: Expectation) -> Record:
    """Return a record held against an expectation, in which the pattern of an error's text counts as well."""
    described = expectation.to_dict()
    if record.expects == described and record.expectation == str(expectation):
        return record
    status, expected = record.status, record.as_expected
    if status in (OK, UNEXPECTED_PASS):
        expected = expectation.accepts_finish(on_stand_in=record.on_stand_in)
        status = OK if expected else UNEXPECTED_PASS
    # A full disk and a lost worker are told without the type of an error: no variant is expected to raise them.
    elif status in (EXPECTED_ERROR, FAILED) and record.error_type and record.error.startswith(f"{record.error_type}: "):
        expected = expectation.accepts_error(record.error_type, _error_text(record))
        status = EXPECTED_ERROR if expected else FAILED
    elif status == DIVERGED:
        expected = expectation.diverges
    return replace(record, status=status, as_expected=expected, expectation=str(expectation), expects=described)


def _error_text(record: Record) -> str:
    """Return the error's text, in full where the traceback has it: `error` holds the beginning of its first line."""
    told = [*re.finditer(rf"^(?:[\w.]+\.)?{re.escape(record.error_type)}: ", record.traceback, re.MULTILINE)]
    return record.traceback[told[-1].end() :].strip() if told else record.error.partition(": ")[2]


def claims_of(record: Record) -> tuple[Claim, ...]:
    """Return the claims on the results of a record's variant; of an old record those that its words tell."""
    return expectation_from_dict(record.expects).claims if record.expects else claims_in(record.expectation)
