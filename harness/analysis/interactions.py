"""Interactions: whether one change does beside another what it does alone."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from harness.analysis.confounding import differing_settings
from harness.analysis.design import Design
from harness.analysis.epochs import LAST
from harness.analysis.looks import complete_looks, corrected_in_looks, refusal, up_to
from harness.analysis.pairing import by_seed, hold
from harness.analysis.statistics import PairedDifference, paired_difference
from harness.analysis.test_sets import overlap
from harness.analysis.verdicts import UNFAIR, Corrected, Verdict, corrected, verdict
from harness.records import Record
from harness.study import BASE, BETTER, EQUIVALENT, FEWEST_PAIRS, IDENTICAL, LAYER_EDITS, WORSE, Metric

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


def interactions(
    by_variant: Mapping[str, Sequence[Record]], metric: Metric, *, epoch: str = LAST, design: Design | None = None
) -> dict[str, Interaction]:
    """Return the interaction of each variant that has one, by the variant's name.

    A variant V with the control A, which has the control C, has one where another variant W with the control C differs
    from it as V does from A: (V - A) - (W - C), seed by seed, the difference of differences of a two-by-two design. Pairs
    and grids stand so, and so do any others whose controls do. All four must be tested on the same samples: on another
    dataset a point is worth something else. epoch: of which epoch the values are. design: by whose looks the study is
    judged, if it has one: its interactions are then, a family of their own.
    """
    if design is not None:
        return _in_looks(by_variant, metric, epoch, design)
    found = {four[0]: _measured(four, by_variant, metric, epoch) for four in _squares(by_variant)}
    measured = {name: one for name, one in found.items() if one is not None}
    fair = [None if one.uneven else one.difference for one in measured.values()]
    p_values = corrected(fair, margin=metric.margin)
    return {
        name: Interaction(one.corners[1], one.corners[2], one.difference, its.different, _verdict(one, its, metric))
        for (name, one), its in zip(measured.items(), p_values, strict=True)
    }


def _in_looks(by_variant: Mapping[str, Sequence[Record]], metric: Metric, epoch: str, design: Design) -> dict[str, Interaction]:
    """Return the interactions at the looks that are complete for all four variants of each."""
    histories: dict[str, list[_Measured]] = {}
    refused: dict[str, str] = {}
    for four in _squares(by_variant):
        refused[four[0]] = refusal(design, metric, [by_variant[name][0] for name in four if name != BASE])
        looks = complete_looks([by_variant[name] for name in four], design)
        seen = ({name: up_to(by_variant[name], seeds) for name in four} for seeds in looks)
        measured = [_measured(four, groups, metric, epoch) for groups in seen]
        if measured and all(one is not None for one in measured):
            histories[four[0]] = [one for one in measured if one is not None]
    members = replace(design, family=tuple(name for name, reason in refused.items() if not reason))
    counted = [history for name, history in histories.items() if not refused[name]]
    differences = [[(None if one.uneven else one.difference, None) for one in history] for history in counted]
    p_values = iter(corrected_in_looks(differences, members, margin=metric.margin)[0])
    found = {}
    for name, history in histories.items():
        last, its = history[-1], Corrected() if refused[name] else next(p_values)
        word = Verdict("", refused[name]) if refused[name] else _verdict(last, its, metric)
        found[name] = Interaction(*last.corners[1:3], last.difference, its.different, word)
    return found


@dataclass(frozen=True, slots=True)
class _Measured:
    """A square whose four corners can be held against each other; uneven: some finished seeds that others did not."""

    corners: Corners
    difference: PairedDifference
    seeds: int  # that all four ran
    uneven: bool


def _measured(corners: Corners, by_variant: Mapping[str, Sequence[Record]], metric: Metric, epoch: str) -> _Measured | None:
    """Return the difference of differences over the seeds that all four have, None where they cannot be compared."""
    both, first, other, neither = (by_variant[name] for name in corners)
    sides = [hold(*two, metric=metric, epoch=epoch) for two in ((both, first), (other, neither), (first, neither))]
    seeds = set.intersection(*(set(side.seeds) for side in sides))
    if any(side.refused for side in sides) or not seeds:
        return None
    uneven = any(side.completion.uneven for side in sides)
    ran = min(side.completion.seeds for side in sides)
    return _Measured(corners, _difference((both, first, other, neither), seeds, metric), ran, uneven)


def _verdict(found: _Measured, p_values: Corrected, metric: Metric) -> Verdict:
    if found.uneven and found.seeds >= FEWEST_PAIRS:
        return UNFAIR
    return verdict(found.difference, p_values, metric=metric)


def _squares(by_variant: Mapping[str, Sequence[Record]]) -> Iterator[Corners]:
    """Yield V, A, W and C of each square, by the declared controls and the recorded settings."""
    controls = {name: group[0].control for name, group in by_variant.items() if group[0].control in by_variant}
    changes = {name: _change(by_variant[name][0], by_variant[control][0]) for name, control in controls.items()}
    alone = {(control, changes[name]): name for name, control in reversed(controls.items())}
    for name, first in controls.items():
        other = alone.get((controls[first], changes[name])) if first in controls else None
        if other is not None and other != first:
            yield name, first, other, controls[first]


def _change(record: Record, control: Record) -> str:
    """Write the settings in which a record differs from its control, with both values; of layers, those that differ."""
    changes = differing_settings(record, control)
    for name in changes.keys() & set(LAYER_EDITS):
        mine, its = (value if isinstance(value, list) else [] for value in changes[name])
        changes[name] = ([edit for edit in mine if edit not in its], [edit for edit in its if edit not in mine])
    return repr(sorted(changes.items()))


def _difference(corners: Sequence[Sequence[Record]], seeds: Iterable[int], metric: Metric) -> PairedDifference:
    """Return (V - A) - (W - C) over these seeds, as (V + C) - (A + W): of the size of the values."""
    both, first, other, neither = (by_seed(group, metric) for group in corners)
    together, apart = zip(*((both[seed] + neither[seed], first[seed] + other[seed]) for seed in sorted(seeds)), strict=True)
    return paired_difference(together, apart, overlap=overlap(*corners))
