"""A study's expectations of results, held against its summary: which are broken, and by how much."""

from collections.abc import Iterable
from dataclasses import dataclass

from harness.claims import Row
from harness.variants import Study


@dataclass(frozen=True, slots=True)
class Outcome:
    """One line for each expectation that is broken, and for each that the records cannot be held against."""

    broken: tuple[str, ...]
    unjudged: tuple[str, ...]


def outcome(study: Study, rows: Iterable[Row], *, changed: bool = False) -> Outcome:
    """Hold the expectations of results against the rows of a study's summary.

    What a study expects of one dataset says nothing about the stand-in for it, nor does it hold where its base was
    changed for the run: that is named, and not judged.
    """
    broken, unjudged = [], []
    for row in rows:
        if row["variant"] not in study.names:
            continue
        claims = study.expectation(row["variant"]).claims
        asked = study.settings(row["variant"]).dataset
        if claims and changed:
            unjudged.append(f"{row['variant']}: what is expected of its results was not judged, as the base was changed.")
            continue
        if claims and not study.arrays and row.get("data") != asked:
            unjudged.append(f"{row['variant']}: what is expected of {asked} was not judged on {row.get('data')}.")
            continue
        faults = ((claim, claim.fault(row, study.metric)) for claim in claims)
        broken += [f"{row['variant']}: expected {claim}; {fault}." for claim, fault in faults if fault]
    return Outcome(tuple(broken), tuple(unjudged))
