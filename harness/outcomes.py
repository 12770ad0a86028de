"""A study's expectations, held against its records and its summary: which are broken, and by how much."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from harness.claims import Row
from harness.records import UNEXPECTED_PASS, Record
from harness.variants import Study


@dataclass(frozen=True, slots=True)
class Outcome:
    """One line for each expectation that is broken, and for each that the records cannot be held against."""

    broken: tuple[str, ...]
    unjudged: tuple[str, ...]


def ends(study: Study, records: Iterable[Record], *, changed: bool = False) -> Outcome:
    """Hold what each trial is expected to do against how it ended; study: as its file has it.

    That a variant fails is expected of it with the base as it is: where that was changed for the run, one that
    trained all the same is named, and not judged. An error that is not expected always counts.
    """
    broken, passed = [], dict[str, list[Record]]()
    for record in records:
        if record.as_expected:
            continue
        if changed and record.status == UNEXPECTED_PASS:
            passed.setdefault(record.variant, []).append(record)
            continue
        ended = f"{record.status} ({record.error})" if record.error else record.status
        broken.append(f"{record.variant} seed {record.seed}: {ended}; it was expected to {_asked(study, record.variant)}.")
    unjudged = [
        f"{name} ({_seeds(found)}) was expected to {_asked(study, name)}, and trained to its end; "
        "not judged, as the base was changed."
        for name, found in passed.items()
    ]
    return Outcome(tuple(broken), tuple(unjudged))


def _asked(study: Study, name: str) -> str:
    return replace(study.expectation(name), claims=()).asked


def _seeds(records: Sequence[Record]) -> str:
    numbers = ", ".join(str(record.seed) for record in records)
    return f"seed{'s' if len(records) > 1 else ''} {numbers}"


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
