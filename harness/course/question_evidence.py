"""The records that may speak on the course's questions, by variant."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from harness.analysis import Comparison, as_declared, compare_study, in_order, matching_records
from harness.records import Record
from harness.study import Study


@dataclass(frozen=True, slots=True)
class Evidence:
    """Records by variant, in the study's order, and each variant's comparison with its control.

    left_out: records of other settings or of stand-in data, which say nothing about the course's.
    """

    records: Mapping[str, tuple[Record, ...]]
    comparisons: Mapping[str, Comparison]
    left_out: int = 0

    def of(self, variant: str) -> tuple[Record, ...]:
        """Return a variant's records, by seed."""
        return self.records.get(variant, ())

    def finished(self, variant: str) -> tuple[Record, ...]:
        """Return the records of a variant's runs that trained to their end."""
        return tuple(record for record in self.of(variant) if record.finished)

    def values(self, variant: str, measure: Callable[[Record], float]) -> dict[int, float]:
        """Return seed → measured value over a variant's finished runs."""
        return {record.seed: measure(record) for record in self.finished(variant)}


def gather_evidence(records: Iterable[Record], study: Study) -> Evidence:
    """Return the records that are of this study as its file has it and of the data it names."""
    standing, left_out = matching_records(records, study)
    by_variant: dict[str, list[Record]] = {}
    declared = [as_declared(record, study, position=study.names.index(record.variant)) for record in standing]
    for record in in_order(declared):
        by_variant.setdefault(record.variant, []).append(record)
    frozen = {name: tuple(group) for name, group in by_variant.items()}
    return Evidence(frozen, compare_study(frozen, metric=study.metric), len(left_out))
