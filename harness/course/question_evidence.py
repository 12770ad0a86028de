"""The records that may speak on a study's questions, by variant, and what they measured."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.analysis import Comparison, as_declared, compare_study, design_in_force, in_order, matching_records
from harness.errors import unknown
from harness.records import Record
from harness.study import Metric, Study

EPOCH_SECONDS = "epoch_seconds"
SPLITS = ("train", "validation", "test")


@dataclass(frozen=True, slots=True)
class Evidence:
    """Records by variant, in the study's order, and each variant's comparison with its control in the study's metric.

    left_out: records of other settings or of stand-in data, which say nothing about the study's questions.
    """

    records: Mapping[str, tuple[Record, ...]]
    comparisons: Mapping[str, Comparison]
    metric: Metric
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

    def first_test_images(self, variant: str) -> dict[int, Sequence[float]]:
        """Return seed → probability of each class for the first test image, over the finished runs that kept it."""
        return {record.seed: record.first_test_image for record in self.finished(variant) if record.first_test_image}

    def metrics(self, variant: str) -> frozenset[str]:
        """Return the names of all that a variant's finished runs measured; empty where none has finished."""
        return frozenset(name for record in self.finished(variant) for name in (*record.history, *record.metrics))


def collect_evidence(records: Iterable[Record], study: Study, *, folder: Path | None = None) -> Evidence:
    """Return the records that are of this study as its file has it and of the data it names.

    folder: the study's, which keeps the design that its comparisons are judged by, if it has one.
    """
    standing, left_out = matching_records(records, study)
    by_variant: dict[str, list[Record]] = {}
    declared = [as_declared(record, study, position=study.names.index(record.variant)) for record in standing]
    for record in in_order(declared):
        by_variant.setdefault(record.variant, []).append(record)
    design = None if folder is None else design_in_force(folder, declared)
    frozen = {name: tuple(group) for name, group in by_variant.items()}
    return Evidence(frozen, compare_study(frozen, metric=study.metric, design=design), study.metric, len(left_out))


def require_metric(name: str, study: Study, recorded: Collection[str]) -> None:
    """Raise UsageError, with the nearest right name, for a metric that no run of a study can have.

    recorded: all that the runs in question measured; empty before there are any, when only the name's form can tell.
    """
    if name in recorded or (not recorded and (name == EPOCH_SECONDS or name.startswith(tuple(f"{one}_" for one in SPLITS)))):
        return
    usual = {f"{split}_{measure}" for split in SPLITS for measure in ("loss", study.metric.name)} | {EPOCH_SECONDS}
    raise unknown("Metric", name, recorded or usual)
