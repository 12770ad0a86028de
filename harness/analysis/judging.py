"""A study's expectations, held against its records and its summary: which are broken, and by how much."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from harness.errors import clean
from harness.records import OK, Record
from harness.study import Row, Study


@dataclass(frozen=True, slots=True)
class Outcome:
    """One line for each expectation that is broken, and for each reason why some cannot be held against the records.

    open: of each of the latter its variant and its words, and the reason.
    """

    broken: tuple[str, ...]
    unjudged: tuple[str, ...]
    open: Mapping[tuple[str, str], str] = field(default_factory=dict)


def ends(study: Study, records: Iterable[Record]) -> tuple[str, ...]:
    """Return a line for each trial that did not end as it is expected to."""
    lines = []
    for record in records:
        if not record.as_expected:
            ended = f"{record.status} ({clean(record.error)})" if record.error else record.status
            asked = replace(study.expectation(record.variant), claims=()).asked
            lines.append(f"{record.variant} seed {record.seed}: {ended}; it was expected to {asked}.")
    return tuple(lines)


def outcome(study: Study, rows: Iterable[Row], *, changed: bool = False) -> Outcome:
    """Hold the expectations of results against the rows of a study's summary.

    What a study expects of one dataset says nothing about the stand-in for it, nor does it hold where its base was
    changed for the run: that is named, and not judged.
    """
    broken: list[str] = []
    unjudged: dict[str, list[str]] = {}  # why, and the variants
    open_ones: dict[tuple[str, str], str] = {}
    rows = [row for row in rows if row["variant"] in study.names]
    data = {row["variant"]: row.get("data") for row in rows}
    for row in rows:
        name, expectation = row["variant"], study.expectation(row["variant"])
        why = _why_unjudged(study, name, data, changed=changed) if expectation.claims else ""
        if row.get("status") == OK and not expectation.finishes:  # it ran on a stand-in
            why = f"that it {expectation} on {study.settings(name).dataset} was not judged on {data[name]}."
        if why:
            unjudged.setdefault(why, []).append(name)
            open_ones |= {(name, str(one)): why for one in expectation.claims or [expectation]}
            continue
        for claim in expectation.claims:
            found = claim.standing(row, study.metric)
            if found.shown is False:
                broken.append(f"{name}: expected {claim}; {found.why}.")
            elif found.shown is None:
                open_ones[name, str(claim)] = found.why
                unjudged.setdefault(f"{claim}: not judged, {found.why}.", []).append(name)
    lines = tuple(f"{', '.join(names)}: {why}" for why, names in unjudged.items())
    return Outcome(tuple(broken), lines, open_ones)


def _why_unjudged(study: Study, name: str, data: Mapping[str, Any], *, changed: bool) -> str:
    """Say why the claims on a variant's results cannot be held against it; empty where they can."""
    if changed:
        return "what is expected of the results was not judged, as the base was changed."
    if study.arrays:
        return ""
    asked, control = study.settings(name).dataset, study.control(name)
    if data[name] != asked:
        return f"what is expected of {asked} was not judged on {data[name]}."
    if control in data and data[control] != study.settings(control).dataset:
        return f"what is expected was not judged, as the control ran on {data[control]}."
    return ""
