"""What the variants of a screen measured, and the contrasts of them that are its effects."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import factorial, isfinite

import numpy as np
from numpy.typing import NDArray

from harness.analysis.completion import unfinished
from harness.analysis.confounding import confounding
from harness.analysis.epochs import LAST
from harness.analysis.pairing import CROSSED, by_seed
from harness.analysis.statistics import PairedDifference, TooLarge, paired_difference, seeds_in_words
from harness.analysis.test_sets import other_loss, other_test_set, overlap, same_stand_in, unpaired_seeds
from harness.records import INTERRUPTED, Record
from harness.study import BASE, Metric, Screen, corner_from, crossed, is_orthogonal, resolved_pairs, screen_from

PART, INTERACTION, SHARE = "part", "interaction", "share"
MOST_SHARED = 6  # parts whose shares are computed

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Measured:
    """The values of a screen's variants on the seeds that all of them finished, (variants, seeds)."""

    screen: Screen
    values: Values
    uneven: bool  # some seeds finished in some variants alone
    note: str
    overlap: float


def families(by_variant: Mapping[str, Sequence[Record]]) -> list[str]:
    """Return the screens that these records are of, in their order."""
    every = (str(group[0].screen["family"]) for group in by_variant.values() if group[0].screen)
    return list(dict.fromkeys(every))


def measured(family: str, by_variant: Mapping[str, Sequence[Record]], metric: Metric, epoch: str) -> Measured | str:
    """Return the values of a screen's variants, or why they tell no effect."""
    members = {name: group for name, group in by_variant.items() if group[0].screen and group[0].screen["family"] == family}
    corners = {name: corner_from(group[0].screen) for name, group in members.items()}
    wanted = next(iter(corners.values())).variants
    screen = screen_from(family, BASE, corners)
    if BASE not in by_variant:
        return "the base has no records, and is one of its variants"
    if screen is None or not is_orthogonal(screen.levels):
        return f"{len(corners) + 1} of its {wanted} variants have records; effects need all"
    groups = [by_variant[name] for name in screen.variants]
    base = groups[0]
    if crossed(base[0].vary):
        return CROSSED
    for name, group in members.items():
        if reason := (
            confounding(group, base)
            or same_stand_in(group, base)
            or other_test_set(group, base)
            or other_loss(group, base, metric)
        ):
            return f"{name} cannot be held against the base: {reason}"
    values = [by_seed(group, metric) for group in groups]
    lost = _lost(screen, groups, metric if epoch == LAST else None)
    apart = frozenset().union(*(unpaired_seeds(group, base) for group in groups[1:]))
    seeds = sorted(set.intersection(*(set(one) for one in values)) - lost.keys() - apart)
    seeds = [seed for seed in seeds if all(isfinite(one[seed]) for one in values)]
    if not seeds:
        why = "; ".join(dict.fromkeys(lost.values())) or "no seed has run in all of its variants"
        return f"no seed finished in all of its variants ({why}); effects need all"
    note = "; ".join(f"{seeds_in_words([seed])} left out, as {said}" for seed, said in sorted(lost.items()))
    table = np.array([[one[seed] for seed in seeds] for one in values])
    return Measured(screen, table, bool(lost), note, overlap(*groups))


def _lost(screen: Screen, groups: Sequence[Sequence[Record]], metric: Metric | None) -> dict[int, str]:
    """Return the seeds that all variants ran and that gave no value in some of them, each with the first such variant."""
    ran = set.intersection(*({record.seed for record in group if record.status != INTERRUPTED} for group in groups))
    lost: dict[int, str] = {}
    for name, group in zip(screen.variants, groups, strict=True):
        for seed, status in unfinished(group, metric).items():
            if seed in ran:
                lost.setdefault(seed, f"{name} ended there with: {status}")
    return lost


def contrasts(found: Measured) -> Iterator[tuple[str, str, PairedDifference]]:
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


def _named(name: str, kind: str, weights: Values, found: Measured) -> Iterator[tuple[str, str, PairedDifference]]:
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
