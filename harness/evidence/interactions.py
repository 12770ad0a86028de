"""Interactions: whether one change does beside another what it does alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.claims import BETTER, EQUIVALENT, IDENTICAL, WORSE
from harness.evidence.confounding import confounding, differing_settings
from harness.evidence.verdicts import verdict
from harness.metrics import Metric
from harness.records import Record
from harness.statistics import PairedDifference, holm, pair, paired_difference

ADDITIVE = "additive"
IN_WORDS = {BETTER: "together better than their sum", WORSE: "together worse than their sum", EQUIVALENT: ADDITIVE, IDENTICAL: ADDITIVE}


@dataclass(frozen=True, slots=True)
class Interaction:
    """What a variant's change does beside another change, less what the same change does without it.

    alone: the variant that makes the same change without the other one. difference: None without four values on one seed.
    """

    alone: str
    difference: PairedDifference
    p_value: float | None  # corrected over the study's interactions
    word: str  # additive, together better or worse than their sum, inconclusive; empty for too few seeds

    def cells(self) -> dict[str, Any]:
        """Return the interaction's columns of summary.csv."""
        return {
            "interaction_with": self.alone,
            "interaction": self.difference.mean,
            "interaction_low": self.difference.low,
            "interaction_high": self.difference.high,
            "interaction_p": self.p_value,
            "interaction_verdict": self.word,
        }


def interactions(by_variant: Mapping[str, Sequence[Record]], metric: Metric) -> dict[str, Interaction]:
    """Return the interaction of each variant that has one, by the variant's name.

    A variant V with the control A, which has the control C, has one where another variant W differs from C as V does
    from A: (V - A) - (W - C), seed by seed, the difference of differences of a two-by-two design. Pairs, grids and any
    four variants that stand so are found by their records, however the study declares them.
    """
    changes = {name: _change(group, by_variant) for name, group in by_variant.items()}
    alone = {(group[0].control, changes[name]): name for name, group in by_variant.items() if changes[name]}
    corners = {}
    for name, group in by_variant.items():
        first = group[0].control
        other = alone.get((by_variant[first][0].control, changes[name])) if changes[name] and changes.get(first) else None
        if other is not None and other != first:
            corners[name] = (name, first, other, by_variant[other][0].control)
    found = {name: _difference([by_variant[each] for each in four], metric) for name, four in corners.items()}
    measured = {name: difference for name, difference in found.items() if difference is not None}
    adjusted = dict(zip(measured, holm([difference.p_value for difference in measured.values()]), strict=True))
    family = max(sum(p_value is not None for p_value in adjusted.values()), 1)
    return {
        name: Interaction(
            corners[name][2], difference, adjusted[name], _word(difference, adjusted[name], metric, comparisons=family)
        )
        for name, difference in measured.items()
    }


def _change(group: Sequence[Record], by_variant: Mapping[str, Sequence[Record]]) -> tuple[Any, ...]:
    """Return what a variant changes of its control, as settings with both values; nothing where it cannot be held against it."""
    control = by_variant.get(group[0].control)
    if control is None or confounding(group, control):
        return ()
    differing = differing_settings(group[0], control[0])
    return tuple((name, repr(mine), repr(its)) for name, (mine, its) in sorted(differing.items()))


def _difference(corners: Sequence[Sequence[Record]], metric: Metric) -> PairedDifference | None:
    """Return (V - A) - (W - C) over the seeds that all four have, as (V + C) - (A + W): of the size of the values."""
    both, first, second, neither = (
        {record.seed: metric.of(record.metrics) for record in group if record.finished} for group in corners
    )
    seeds = both.keys() & first.keys() & second.keys() & neither.keys()
    pairs = pair({seed: both[seed] + neither[seed] for seed in seeds}, {seed: first[seed] + second[seed] for seed in seeds})
    return paired_difference(pairs.variant, pairs.control) if pairs.seeds else None


def _word(difference: PairedDifference, p_value: float | None, metric: Metric, *, comparisons: int) -> str:
    found = verdict(
        difference,
        adjusted_p=p_value,
        margin=metric.margin,
        higher_is_better=metric.higher_is_better,
        comparisons=comparisons,
    )
    return IN_WORDS.get(found.word, found.word)
