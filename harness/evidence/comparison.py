"""Each variant of a study against its control, on the same seeds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from harness.evidence.answers import load_right
from harness.evidence.confounding import confounding
from harness.metrics import ACCURACY, Metric
from harness.evidence.proportions import SampleDifference, compare_answers
from harness.records import DIVERGED, EXPECTED_ERROR, Record, attempt_folder, trial_folder
from harness.statistics import PairedDifference, Pairs, holm, pair, paired_difference
from harness.evidence.verdicts import Verdict, verdict

UNPAIRED = Pairs((), (), (), "")  # of a variant that its control cannot be held against


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a variant changed, by how much, and whether that is more than noise."""

    difference: PairedDifference | None  # None where no seed has both
    p_value: float | None  # corrected over the study's variants
    verdict: Verdict
    note: str  # seeds that could not be paired; empty when all could
    sample: SampleDifference | None = None  # with one pair only: what the test set alone can say

    def cells(self) -> dict[str, Any]:
        """Return the comparison's columns of summary.csv."""
        cells: dict[str, Any] = {"verdict": self.verdict.word, "verdict_detail": self.verdict.detail, "pairs_note": self.note}
        if self.sample is not None:
            cells |= {"sample_low": self.sample.low, "sample_high": self.sample.high, "mcnemar_p": self.sample.p_value}
        if self.difference is None:
            return cells
        return cells | {
            "delta": self.difference.mean,
            "ci_low": self.difference.low,
            "ci_high": self.difference.high,
            "p_value": self.p_value,
            "effect_size": self.difference.effect_size,
            "pairs": self.difference.n,
        }


def compare_study(
    by_variant: Mapping[str, Sequence[Record]], *, metric: Metric = ACCURACY, logdir: Path | None = None
) -> dict[str, Comparison]:
    """Return each variant's comparison with its control in the study's metric, p-values corrected over all of them.

    The base has none, nor has a variant whose control has no records. Records that differ from their control's in more
    than the variant declares are not paired: the verdict's detail says why. logdir: where the predictions of single pairs
    lie; without it they are not compared sample by sample, nor where the metric is not the accuracy that they count.
    """
    compared = {name: group for name, group in by_variant.items() if group[0].control in by_variant}
    reasons = {name: confounding(group, by_variant[group[0].control]) for name, group in compared.items()}
    pairs = {
        name: UNPAIRED
        if reasons[name]
        else pair(by_seed(group, metric), by_seed(by_variant[group[0].control], metric))
        for name, group in compared.items()
    }
    differences = {
        name: paired_difference(found.variant, found.control) if found.seeds else None for name, found in pairs.items()
    }
    adjusted = holm([difference.p_value if difference else None for difference in differences.values()])
    family = max(sum(p_value is not None for p_value in adjusted), 1)
    folder = logdir if metric.name == ACCURACY.name else None
    comparisons = {}
    for (name, difference), p_value in zip(differences.items(), adjusted, strict=True):
        group, control = compared[name], by_variant[compared[name][0].control]
        word = _verdict(group, difference, p_value, metric=metric, comparisons=family)
        if reasons[name] and not word.word:
            word = Verdict("", f"confounded: {reasons[name]}")
        sample = _sample(group, control, pairs[name].seeds[0], folder) if folder and len(pairs[name].seeds) == 1 else None
        note = "" if word.word in (EXPECTED_ERROR, DIVERGED) else pairs[name].note
        comparisons[name] = Comparison(difference, p_value, word, note, sample)
    return comparisons


def _sample(
    variant: Sequence[Record], control: Sequence[Record], seed: int, logdir: Path
) -> SampleDifference | None:
    mine, its = (_right(group, seed, logdir) for group in (variant, control))
    comparable = mine is not None and its is not None and mine.shape == its.shape and _same_test_set(variant[0], control[0])
    return compare_answers(mine, its) if comparable else None


def _right(group: Sequence[Record], seed: int, logdir: Path) -> np.ndarray | None:
    record = next(record for record in group if record.seed == seed)
    trial = trial_folder(logdir, record.study, record.variant, record.seed)
    return load_right(attempt_folder(trial, record.attempt))


def _same_test_set(variant: Record, control: Record) -> bool:
    return variant.data.get("used") == control.data.get("used") and variant.data.get("sha256") == control.data.get("sha256")


def by_seed(records: Sequence[Record], metric: Metric) -> dict[int, float]:
    """Return what the finished trials of one variant measured, by their seeds."""
    return {record.seed: metric.of(record.metrics) for record in records if record.finished}


def _verdict(
    group: Sequence[Record],
    difference: PairedDifference | None,
    p_value: float | None,
    *,
    metric: Metric,
    comparisons: int,
) -> Verdict:
    statuses = {record.status for record in group}
    for status in (EXPECTED_ERROR, DIVERGED):
        if statuses == {status}:
            return Verdict(status, "")
    return verdict_in(metric, difference, p_value, comparisons=comparisons)


def verdict_in(metric: Metric, difference: PairedDifference | None, p_value: float | None, *, comparisons: int) -> Verdict:
    """Return the verdict on a difference in a metric, by its margin and its direction; p_value: Holm's, of so many."""
    return verdict(
        difference,
        adjusted_p=p_value,
        margin=metric.margin,
        higher_is_better=metric.higher_is_better,
        comparisons=comparisons,
    )
