"""What a trial's status is, and whether the records show what a study claims of its results."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from harness.analysis.statistics import seeds_in_words
from harness.errors import clean
from harness.records import DIVERGED, EXPECTED_ERROR, FAILED, OK, UNEXPECTED_PASS, Record, claims_of, reason
from harness.study import BASE, Claim, Expectation, Metric, Row, Study


def judged(record: Record, expectation: Expectation, *, error_text: str | None = None) -> Record:
    """Return a record with its status: how its trial ended, held against what is expected of it.

    error_text: what the error says, in full; None for as much as the record has kept of it.
    """
    status, expected = _status(record, expectation, error_text)
    return replace(record, status=status, as_expected=expected, expectation=str(expectation), expects=expectation.to_dict())


def judged_anew(record: Record, expectation: Expectation) -> Record:
    """Return a record held against another expectation than it was, in which the pattern of an error's text counts as well."""
    same = record.expects == expectation.to_dict() and record.expectation == str(expectation)
    return record if same else judged(record, expectation)


def failed_for_the_disk(record: Record, error: OSError) -> Record:
    """Return the record of a trial that failed for want of room, which no variant is expected to do."""
    kind = clean(type(error).__name__)
    return replace(record, status=FAILED, as_expected=False, error=clean(reason(error)), error_type=kind)


def _status(record: Record, expectation: Expectation, error_text: str | None) -> tuple[str, bool]:
    if record.finished:
        expected = expectation.accepts_finish(on_stand_in=record.on_stand_in)
        return OK if expected else UNEXPECTED_PASS, expected
    if record.status == DIVERGED:
        return DIVERGED, expectation.diverges
    # A full disk and a lost worker are told without the type of an error: no variant is expected to raise them.
    if record.status in (EXPECTED_ERROR, FAILED) and record.error_type and record.error.startswith(f"{record.error_type}: "):
        text = _kept_error_text(record) if error_text is None else error_text.strip()
        expected = expectation.accepts_error(record.error_type, text or record.error_type)
        return EXPECTED_ERROR if expected else FAILED, expected
    return record.status, record.as_expected


def _kept_error_text(record: Record) -> str:
    """Return the error's text, in full where the traceback has it: `error` holds the beginning of its first line."""
    begun = record.error.removeprefix(f"{record.error_type}: ")
    kind = rf"^(?:[\w.]+\.)?{re.escape(record.error_type)}"
    if begun == "no text" and re.search(rf"{kind}$", record.traceback, re.MULTILINE):
        return ""
    texts = [record.traceback[told.end() :].strip() for told in re.finditer(f"{kind}: ", record.traceback, re.MULTILINE)]
    # A line within a text may look like the beginning of one: the text is the last that begins as `error` does.
    beginning = begun.partition(": ")[0]
    return next((text for text in reversed(texts) if text.startswith(beginning)), texts[-1] if texts else begun)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One line for each expectation that is broken, and for each reason why some cannot be held against the records.

    open: of each of the latter its variant and its words, and the reason.
    """

    broken: tuple[str, ...]
    unjudged: tuple[str, ...]
    open: Mapping[tuple[str, str], str] = field(default_factory=dict)


def ends(study: Study, records: Iterable[Record]) -> tuple[str, ...]:
    """Return a line for the trials of each variant that did not end as they are expected to, those of one end together."""
    seeds: dict[tuple[str, str], list[int]] = {}
    for record in records:
        if not record.as_expected:
            ended = f"{record.status} ({clean(record.error).rstrip('.')})" if record.error else record.status
            seeds.setdefault((record.variant, ended), []).append(record.seed)
    return tuple(_end(study, variant, ended, found) for (variant, ended), found in seeds.items())


def _end(study: Study, variant: str, ended: str, seeds: Sequence[int]) -> str:
    asked = replace(study.expectation(variant), claims=()).asked
    return f"{variant} {seeds_in_words(seeds)}: {ended}; it was expected to {asked}."


@dataclass(frozen=True, slots=True)
class DataUsed:
    """On which dataset a variant was to be trained and tested, and on which it was; another one is its stand-in."""

    asked: str
    used: str


@dataclass(frozen=True, slots=True)
class HeldClaims:
    """What became of a variant's claims that are not shown, each with its reason."""

    broken: tuple[tuple[Claim, str], ...]
    open: tuple[tuple[Claim, str], ...]  # the records cannot tell


def held_claims(claims: Iterable[Claim], row: Row, metric: Metric) -> HeldClaims:
    """Hold claims against a variant's row of the summary."""
    found = [(claim, claim.standing(row, metric)) for claim in claims]
    broken, unknown = (tuple((claim, one.why) for claim, one in found if one.shown is shown) for shown in (False, None))
    return HeldClaims(broken, unknown)


def why_unjudged(own: DataUsed, control: DataUsed | None, *, base_changed: bool) -> str:
    """Say why the claims on a variant's results cannot be held against it; empty where they can.

    What is claimed of one dataset and one base says nothing of a stand-in for it, the control's included, or where the
    base was changed.
    """
    if base_changed:
        return "claims not checked: the base was changed (--set, --dataset)."
    if own.used != own.asked:
        return f"claims not checked: they are about {own.asked}, and it ran on {own.used}."
    if control and control.used != control.asked:
        return f"claims not checked: its control ran on {control.used}, not on {control.asked}."
    return ""


def claim_cells(by_variant: Mapping[str, Sequence[Record]], row: Mapping[str, Any], metric: Metric) -> dict[str, Any]:
    """Return what became of the claims on a variant's results; row: its other cells.

    A variant's own records do not tell whether the base was changed: one that changes the same setting is the same trial
    then. The base's do.
    """
    group = by_variant[row["variant"]]
    claims = claims_of(group[0])
    if not claims:
        return {}
    control = by_variant.get(group[0].control)
    base_changed = any(record.provenance.get("base_changes") for record in by_variant.get(BASE, group))
    if why_unjudged(_data_of(group), _data_of(control) if control else None, base_changed=base_changed):
        return {"claims": "not judged"}
    found = held_claims(claims, row, metric)
    if found.broken:
        return {"claims": "; ".join(f"broken: {claim} ({why})" for claim, why in found.broken), "as_expected": False}
    return {"claims": "; ".join(f"not judged: {claim} ({why})" for claim, why in found.open) or "shown"}


def outcome(study: Study, rows: Iterable[Row], *, changed: bool = False) -> Outcome:
    """Hold the expectations of results against the rows of a study's summary; what cannot be judged is named with its reason.

    changed: whether the base was changed for the run.
    """
    broken: list[str] = []
    unjudged: dict[str, list[str]] = {}  # why, and the variants
    open_ones: dict[tuple[str, str], str] = {}
    by_variant = {row["variant"]: row for row in rows if row["variant"] in study.names}
    data = {name: _data_declared(study, row) for name, row in by_variant.items()}
    for name, row in by_variant.items():
        expectation = study.expectation(name)
        why = why_unjudged(data[name], data.get(study.control(name)), base_changed=changed) if expectation.claims else ""
        if row.get("status") == OK and not expectation.finishes:  # it ran on a stand-in
            why = f"not checked whether it {expectation} on {data[name].asked}: it ran on {data[name].used}."
        if why:
            unjudged.setdefault(why, []).append(name)
            open_ones |= {(name, str(one)): why for one in expectation.claims or [expectation]}
            continue
        found = held_claims(expectation.claims, row, study.metric)
        broken += [f"{name}: expected {claim}; {said}." for claim, said in found.broken]
        for claim, said in found.open:
            open_ones[name, str(claim)] = said
            unjudged.setdefault(f"claim not checked: {claim} ({said}).", []).append(name)
    lines = tuple(f"{', '.join(names)}: {why}" for why, names in unjudged.items())
    return Outcome(tuple(broken), lines, open_ones)


def _data_declared(study: Study, row: Row) -> DataUsed:
    used = str(row.get("data") or "")
    return DataUsed(study.settings(row["variant"]).dataset if study.needs_dataset else used, used)


def _data_of(group: Sequence[Record]) -> DataUsed:
    first = next((record for record in group if record.on_stand_in), group[0]).data
    return DataUsed(first.get("name", ""), first.get("used", ""))
