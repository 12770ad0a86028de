"""What each part of a screen does over all of its variants; interactions and shares of the whole, where it tells them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import factorial, isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.analysis.completion import unfinished
from harness.analysis.confounding import confounding
from harness.analysis.epochs import LAST
from harness.analysis.pairing import CROSSED, by_seed
from harness.analysis.statistics import PairedDifference, TooLarge, paired_difference, seeds_in_words
from harness.analysis.test_sets import other_test_set, overlap, same_stand_in, unpaired_seeds
from harness.analysis.verdicts import UNFAIR, Corrected, Verdict, corrected, verdict
from harness.records import INTERRUPTED, Record
from harness.study import BASE, FEWEST_PAIRS, Metric, Screen, corner_from, crossed, is_orthogonal, resolved_pairs, screen_from

PART, INTERACTION, SHARE = "part", "interaction", "share"
MOST_SHARED = 6  # parts whose shares are computed
BY_DESIGN = Verdict("", "no word: the study's seeds follow a design of looks, which its screens are no part of")

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PartEffect:
    """What one part, or two beside each other, do to the metric, in its unit.

    kind: PART, the mean over the variants that change it less that over all others; INTERACTION, what the first does where
    the second is changed less what it does where it is not; SHARE, the part's Shapley value.
    """

    family: str
    name: str
    kind: str
    difference: PairedDifference
    p_values: Corrected
    verdict: Verdict
    of_whole: float | None = None  # of a SHARE, where the whole gain is more than noise

    def cells(self) -> dict[str, Any]:
        """Return its row of effects.csv."""
        found = self.difference
        return {
            "family": self.family,
            "effect": self.name,
            "kind": self.kind,
            "delta": found.mean,
            "ci_low": found.low,
            "ci_high": found.high,
            "p_value": self.p_values.different,
            "equivalence_p": self.p_values.equivalent,
            "verdict": self.verdict.word,
            "detail": self.verdict.detail,
            "pairs": found.n,
            "share_of_gain": self.of_whole,
        }


@dataclass(frozen=True, slots=True)
class ScreenEffects:
    """What the records of one screen show.

    refused: why there are no effects. note: seeds that were left out. whole: what all parts do together, where all subsets
    were trained. means: of each variant over the seeds that count, in the metric's unit.
    """

    family: str
    effects: tuple[PartEffect, ...] = ()
    refused: str = ""
    note: str = ""
    screen: Screen | None = None
    whole: PairedDifference | None = None
    means: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class _Measured:
    """The values of a screen's variants on the seeds that all of them finished, (variants, seeds)."""

    screen: Screen
    values: Values
    uneven: bool  # some seeds finished in some variants alone
    note: str
    overlap: float


def screen_effects(
    by_variant: Mapping[str, Sequence[Record]], metric: Metric, *, epoch: str = LAST, in_looks: bool = False
) -> list[ScreenEffects]:
    """Return what each screen's records show; its effects are one family of hypotheses over all screens of a study.

    Every effect is taken seed by seed, so that what a seed does to all variants falls out, and judged over the seeds by
    the rules of every other difference. A screen whose variants are not all there, or one of which finished no seed that all
    others did, tells no effect: leaving a variant out would mix effects with each other. in_looks: the study's seeds follow a
    design of looks, so that effects have no word.
    """
    found = [_measured(family, by_variant, metric, epoch) for family in _families(by_variant)]
    raw = [list(_contrasts(one)) if isinstance(one, _Measured) else [] for one in found]
    judged = [
        difference if kind != SHARE and isinstance(one, _Measured) and not one.uneven and not in_looks else None
        for one, rows in zip(found, raw, strict=True)
        for _, kind, difference in rows
    ]
    p_values = iter(corrected(judged, margin=metric.margin))
    told = []
    for one, rows in zip(found, raw, strict=True):
        if isinstance(one, ScreenEffects):
            told.append(one)
            continue
        effects, whole, means = [], _whole(one), tuple(one.values.mean(axis=1).tolist())
        for name, kind, difference in rows:
            corrections = next(p_values)
            word = Verdict("", "") if kind == SHARE else BY_DESIGN if in_looks else _word(one, difference, corrections, metric)
            share = difference.mean / whole.mean if kind == SHARE and whole is not None and is_clear(whole) else None
            effects.append(PartEffect(one.screen.family, name, kind, difference, corrections, word, share))
        told.append(
            ScreenEffects(one.screen.family, tuple(effects), note=one.note, screen=one.screen, whole=whole, means=means)
        )
    return told


def _whole(found: _Measured) -> PairedDifference | None:
    """Return what all parts together do to the base, where there are all subsets of them."""
    levels = found.screen.levels
    if len(levels) != 2 ** levels.shape[1] or levels.shape[1] > MOST_SHARED:
        return None
    with_all = int((levels > 0).all(axis=1).argmax())
    return paired_difference(found.values[with_all], found.values[0], overlap=found.overlap)


def is_clear(difference: PairedDifference) -> bool:
    """Say whether a difference's interval excludes zero."""
    return difference.low is not None and difference.high is not None and (difference.low > 0 or difference.high < 0)


def _word(found: _Measured, difference: PairedDifference, p_values: Corrected, metric: Metric) -> Verdict:
    if found.uneven and difference.n >= FEWEST_PAIRS:
        return UNFAIR
    return verdict(difference, p_values, metric=metric)


def _families(by_variant: Mapping[str, Sequence[Record]]) -> list[str]:
    every = (str(group[0].screen["family"]) for group in by_variant.values() if group[0].screen)
    return list(dict.fromkeys(every))


def _measured(family: str, by_variant: Mapping[str, Sequence[Record]], metric: Metric, epoch: str) -> _Measured | ScreenEffects:
    """Return the values of a screen's variants, or why they tell no effect."""
    members = {name: group for name, group in by_variant.items() if group[0].screen and group[0].screen["family"] == family}
    corners = {name: corner_from(group[0].screen) for name, group in members.items()}
    wanted = next(iter(corners.values())).variants
    screen = screen_from(family, BASE, corners)
    if BASE not in by_variant:
        return ScreenEffects(family, refused="the base has no records, and is one of its variants")
    if screen is None or not is_orthogonal(screen.levels):
        return ScreenEffects(family, refused=f"{len(corners) + 1} of its {wanted} variants have records; effects need all")
    groups = [by_variant[name] for name in screen.variants]
    base = groups[0]
    if crossed(base[0].vary):
        return ScreenEffects(family, refused=CROSSED)
    for name, group in members.items():
        if reason := confounding(group, base) or same_stand_in(group, base) or other_test_set(group, base):
            return ScreenEffects(family, refused=f"{name} cannot be held against the base: {reason}")
    values = [by_seed(group, metric) for group in groups]
    lost = _lost(screen, groups, metric if epoch == LAST else None)
    apart = frozenset().union(*(unpaired_seeds(group, base) for group in groups[1:]))
    seeds = sorted(set.intersection(*(set(one) for one in values)) - lost.keys() - apart)
    seeds = [seed for seed in seeds if all(isfinite(one[seed]) for one in values)]
    if not seeds:
        why = "; ".join(dict.fromkeys(lost.values())) or "no seed has run in all of its variants"
        return ScreenEffects(family, refused=f"no seed finished in all of its variants ({why}); effects need all")
    note = "; ".join(f"{seeds_in_words([seed])} left out, as {said}" for seed, said in sorted(lost.items()))
    table = np.array([[one[seed] for seed in seeds] for one in values])
    return _Measured(screen, table, bool(lost), note, overlap(*groups))


def _lost(screen: Screen, groups: Sequence[Sequence[Record]], metric: Metric | None) -> dict[int, str]:
    """Return the seeds that all variants ran and that gave no value in some of them, each with the first such variant."""
    ran = set.intersection(*({record.seed for record in group if record.status != INTERRUPTED} for group in groups))
    lost: dict[int, str] = {}
    for name, group in zip(screen.variants, groups, strict=True):
        for seed, status in unfinished(group, metric).items():
            if seed in ran:
                lost.setdefault(seed, f"{name} ended there with: {status}")
    return lost


def _contrasts(found: _Measured) -> Iterator[tuple[str, str, PairedDifference]]:
    """Yield each effect's name, its kind, and the difference of the two weighted means that it is."""
    parts, levels = found.screen.parts, found.screen.levels
    for name, column in zip(parts, levels.T, strict=True):
        yield from _named(name, PART, column / len(levels), found)
    for one, other in resolved_pairs(levels):
        # The difference of differences, twice what textbooks call the interaction: as in interactions.csv.
        product = levels[:, one] * levels[:, other] * 2 / len(levels)
        yield from _named(f"{parts[one]} × {parts[other]}", INTERACTION, product, found)
    if len(levels) == 2 ** len(parts) and len(parts) <= MOST_SHARED:
        for place, name in enumerate(parts):
            yield from _named(name, SHARE, shapley_weights(levels, place) / 2, found)


def _named(name: str, kind: str, weights: Values, found: _Measured) -> Iterator[tuple[str, str, PairedDifference]]:
    """Yield one contrast: 2 Σ weights · values, as the difference of what has positive weights and what has negative ones."""
    above, below = 2 * np.maximum(weights, 0) @ found.values, 2 * np.maximum(-weights, 0) @ found.values
    try:
        yield name, kind, paired_difference(above, below, overlap=found.overlap)
    except TooLarge:
        return


def shapley_weights(levels: NDArray[np.int64], place: int) -> Values:
    """Return the weight of each subset's value in the Shapley value of one part, (variants,), all subsets being there.

    It is the part's gain on top of those before it, averaged over all orders in which the parts may be added: those of all
    parts add up to the gain of all together. Source: Shapley, "A value for n-person games" (1953).
    """
    count = levels.shape[1]
    others = ((levels > 0).sum(axis=1) - (levels[:, place] > 0)).tolist()
    shares = np.array([factorial(size) * factorial(count - size - 1) / factorial(count) for size in others])
    return np.asarray(shares * levels[:, place])
