"""A study's expectations, held against its records and its summary: which are broken, and by how much."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from harness.claims import Row
from harness.records import OK, Record
from harness.variants import Study


@dataclass(frozen=True, slots=True)
class Outcome:
    """One line for each expectation that is broken, and for each that the records cannot be held against."""

    broken: tuple[str, ...]
    unjudged: tuple[str, ...]


def ends(study: Study, records: Iterable[Record]) -> tuple[str, ...]:
    """Return a line for each trial that did not end as it is expected to."""
    lines = []
    for record in records:
        if not record.as_expected:
            ended = f"{record.status} ({record.error})" if record.error else record.status
            asked = replace(study.expectation(record.variant), claims=()).asked
            lines.append(f"{record.variant} seed {record.seed}: {ended}; it was expected to {asked}.")
    return tuple(lines)


def outcome(study: Study, rows: Iterable[Row], *, changed: bool = False) -> Outcome:
    """Hold the expectations of results against the rows of a study's summary.

    What a study expects of one dataset says nothing about the stand-in for it, nor does it hold where its base was
    changed for the run: that is named, and not judged.
    """
    broken, unjudged, rows = [], [], list(rows)
    data = {row["variant"]: row.get("data") for row in rows}
    for row in rows:
        if row["variant"] not in study.names:
            continue
        expectation = study.expectation(row["variant"])
        claims = expectation.claims
        asked = study.settings(row["variant"]).dataset
        if claims and changed:
            unjudged.append(f"{row['variant']}: what is expected of its results was not judged, as the base was changed.")
            continue
        if claims and not study.arrays and row.get("data") != asked:
            unjudged.append(f"{row['variant']}: what is expected of {asked} was not judged on {row.get('data')}.")
            continue
        control = study.control(row["variant"])
        if claims and not study.arrays and control in data and data[control] != study.settings(control).dataset:
            unjudged.append(f"{row['variant']}: what is expected was not judged, as its control ran on {data[control]}.")
            continue
        if row.get("status") == OK and not expectation.finishes:  # it ran on a stand-in
            unjudged.append(f"{row['variant']}: that it {expectation} on {asked} was not judged on {row.get('data')}.")
        faults = ((claim, claim.fault(row, study.metric)) for claim in claims)
        broken += [f"{row['variant']}: expected {claim}; {fault}." for claim, fault in faults if fault]
    return Outcome(tuple(broken), tuple(unjudged))
