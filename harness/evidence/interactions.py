"""Interactions: whether one change does beside another what it does alone."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.claims import BETTER, EQUIVALENT, IDENTICAL, WORSE
from harness.evidence.comparison import by_seed, verdict_in
from harness.evidence.confounding import confounding, data_of, differing_settings
from harness.evidence.verdicts import Verdict
from harness.metrics import Metric
from harness.records import Record
from harness.settings import LAYER_EDITS
from harness.statistics import PairedDifference, holm, pair, paired_difference

Corners = tuple[str, str, str, str]  # with both changes, with the first, with the second, with neither

ADDITIVE = "additive"
IN_WORDS = {BETTER: "better beside it", WORSE: "worse beside it", EQUIVALENT: ADDITIVE, IDENTICAL: ADDITIVE}


@dataclass(frozen=True, slots=True)
class Interaction:
    """What a variant's change does beside the change of its control, less what the same change does alone.

    beside: the control. alone: the variant that makes the same change without the control's.
    """

    beside: str
    alone: str
    difference: PairedDifference
    p_value: float | None  # corrected over the study's interactions
    verdict: Verdict  # additive, better or worse beside it, inconclusive; empty for too few seeds

    def cells(self) -> dict[str, Any]:
        """Return the interaction's columns of summary.csv."""
        return {
            "interaction_with": self.beside,
            "interaction_alone": self.alone,
            "interaction": self.difference.mean,
            "interaction_low": self.difference.low,
            "interaction_high": self.difference.high,
            "interaction_p": self.p_value,
            "interaction_verdict": IN_WORDS.get(self.verdict.word, self.verdict.word),
            "interaction_detail": self.verdict.detail,
        }


def interactions(by_variant: Mapping[str, Sequence[Record]], metric: Metric) -> dict[str, Interaction]:
    """Return the interaction of each variant that has one, by the variant's name.

    A variant V with the control A, which has the control C, has one where another variant W with the control C differs
    from it as V does from A: (V - A) - (W - C), seed by seed, the difference of differences of a two-by-two design. Pairs
    and grids stand so, and so do any others whose controls do. All four must be measured on the same data: on another
    dataset a point is worth something else.
    """
    corners = {four[0]: four for four in _squares(by_variant) if not _mixed(four, by_variant)}
    differences = {name: _difference([by_variant[each] for each in four], metric) for name, four in corners.items()}
    measured = {name: difference for name, difference in differences.items() if difference is not None}
    adjusted = holm([difference.p_value for difference in measured.values()])
    family = max(sum(p_value is not None for p_value in adjusted), 1)
    found = {}
    for (name, difference), p_value in zip(measured.items(), adjusted, strict=True):
        _, beside, alone, _ = corners[name]
        word = verdict_in(metric, difference, p_value, comparisons=family)
        found[name] = Interaction(beside, alone, difference, p_value, word)
    return found


def _squares(by_variant: Mapping[str, Sequence[Record]]) -> Iterator[Corners]:
    """Yield V, A, W and C of each square, by the declared controls and the recorded settings."""
    controls = {name: group[0].control for name, group in by_variant.items() if group[0].control in by_variant}
    changes = {name: _change(by_variant[name][0], by_variant[control][0]) for name, control in controls.items()}
    alone = {(control, changes[name]): name for name, control in reversed(controls.items())}
    for name, first in controls.items():
        other = alone.get((controls.get(first), changes[name]))
        if other not in (None, first):
            yield name, first, other, controls[first]


def _change(record: Record, control: Record) -> str:
    """Write the settings in which a record differs from its control, with both values; of layers, those that differ."""
    changes = differing_settings(record, control)
    for name in changes.keys() & set(LAYER_EDITS):
        mine, its = (value if isinstance(value, list) else [] for value in changes[name])
        changes[name] = ([edit for edit in mine if edit not in its], [edit for edit in its if edit not in mine])
    return repr(sorted(changes.items()))


def _mixed(corners: Corners, by_variant: Mapping[str, Sequence[Record]]) -> bool:
    """Say whether the four differ in more than what they declare, or are measured on different data."""
    both, first, other, neither = (by_variant[name] for name in corners)
    data = {data_of(record) for record in (*both, *first, *other, *neither)}
    return len(data) > 1 or any(confounding(*two) for two in ((both, first), (other, neither), (first, neither)))


def _difference(corners: Sequence[Sequence[Record]], metric: Metric) -> PairedDifference | None:
    """Return (V - A) - (W - C) over the seeds that all four have, as (V + C) - (A + W): of the size of the values."""
    both, first, other, neither = (by_seed(group, metric) for group in corners)
    seeds = both.keys() & first.keys() & other.keys() & neither.keys()
    pairs = pair({seed: both[seed] + neither[seed] for seed in seeds}, {seed: first[seed] + other[seed] for seed in seeds})
    return paired_difference(pairs.variant, pairs.control) if pairs.seeds else None
