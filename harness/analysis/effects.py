"""What each part of a screen does over all of its variants; interactions and shares of the whole, where it tells them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from harness.analysis.design import Design
from harness.analysis.epochs import LAST
from harness.analysis.looks import complete_looks, corrected_in_looks, refusal, up_to
from harness.analysis.screen_contrasts import MOST_SHARED, SHARE, Measured, contrasts, families, measured
from harness.analysis.statistics import PairedDifference, paired_difference
from harness.analysis.verdicts import UNFAIR, Corrected, Verdict, corrected, verdict
from harness.records import Record
from harness.study import FEWEST_PAIRS, NO_VERDICT, Metric, Screen


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
class _Seen:
    """A screen as it is judged: by what all of its variants have, or as the looks of a design saw it.

    last: what its effects are taken of. looks: the effects at each complete look, by name and kind; of one that had none that
    may be judged, no effect. refused: why the design gives no word. beyond: whether some variants have further seeds.
    """

    last: Measured
    looks: tuple[Mapping[tuple[str, str], PairedDifference], ...] = ()
    refused: str = ""
    beyond: str = ""

    @property
    def note(self) -> str:
        """What was left out."""
        return "; ".join(filter(None, (self.beyond, self.last.note)))


def screen_effects(
    by_variant: Mapping[str, Sequence[Record]], metric: Metric, *, epoch: str = LAST, design: Design | None = None
) -> list[ScreenEffects]:
    """Return what each screen's records show; its effects are one family of hypotheses over all screens of a study.

    Every effect is taken seed by seed, so that what a seed does to all variants falls out, and judged over the seeds by
    the rules of every other difference. A screen whose variants are not all there, or one of which finished no seed that all
    others did, tells no effect: leaving a variant out would mix effects with each other. design: by whose looks the study is
    judged, if it has one; an effect is then that of the last look which is complete in all variants of the screen.
    """
    seen = [_seen(family, by_variant, metric, epoch, design) for family in families(by_variant)]
    p_values = iter(_corrected([one for one in seen if isinstance(one, _Seen)], metric, design))
    return [one if isinstance(one, ScreenEffects) else _effects(one, p_values, metric) for one in seen]


def _seen(
    family: str, by_variant: Mapping[str, Sequence[Record]], metric: Metric, epoch: str, design: Design | None
) -> _Seen | ScreenEffects:
    whole = measured(family, by_variant, metric, epoch)
    if isinstance(whole, str):
        return ScreenEffects(family, refused=whole)
    if design is None:
        return _Seen(whole)
    groups = {name: by_variant[name] for name in whole.screen.variants}
    looks = complete_looks([*groups.values()], design)
    at_looks = [measured(family, {name: up_to(group, n) for name, group in groups.items()}, metric, epoch) for n in looks]
    last = at_looks[-1] if at_looks else whole
    if isinstance(last, str):
        return ScreenEffects(family, refused=last)
    early = f"{NO_VERDICT}the look at {design.looks[0]} seeds is not complete"
    refused = refusal(design, metric, [by_variant[name][0] for name in whole.screen.variants[1:]])
    if not looks and whole.values.shape[1] >= FEWEST_PAIRS:
        refused = refused or early
    further = looks and max(record.seed for group in groups.values() for record in group) >= looks[-1]
    beyond = ""
    if further:
        following = design.next_after(looks[-1])
        onward = f"; --seeds {following} brings all of them to the next" if following else ""
        beyond = f"effects are of the first {looks[-1]} seeds, the last look that all of its variants have reached{onward}"
    return _Seen(last, tuple(_differences(one) for one in at_looks), refused, beyond)


def _differences(found: Measured | str) -> dict[tuple[str, str], PairedDifference]:
    if isinstance(found, str) or found.uneven:
        return {}
    return {(name, kind): difference for name, kind, difference in contrasts(found)}


def _corrected(seen: Sequence[_Seen], metric: Metric, design: Design | None) -> list[Corrected]:
    """Return the p-values of each effect of these screens, in their order; a share has none."""
    rows = [(one, name, kind, difference) for one in seen for name, kind, difference in contrasts(one.last)]
    if design is None:
        fair = [None if kind == SHARE or one.last.uneven else difference for one, _, kind, difference in rows]
        return corrected(fair, margin=metric.margin)
    judged = [kind != SHARE and not one.refused for one, _, kind, _ in rows]
    histories = [
        [(look.get((name, kind)), None) for look in one.looks]
        for (one, name, kind, _), counts in zip(rows, judged, strict=True)
        if counts
    ]
    p_values = iter(corrected_in_looks(histories, replace(design, family=()), margin=metric.margin)[0])
    return [next(p_values) if counts else Corrected() for counts in judged]


def _effects(seen: _Seen, p_values: Iterator[Corrected], metric: Metric) -> ScreenEffects:
    found, effects = seen.last, []
    family, whole, means = found.screen.family, _whole(found), tuple(found.values.mean(axis=1).tolist())
    for name, kind, difference in contrasts(found):
        corrections = next(p_values)
        refused = Verdict("", seen.refused) if seen.refused else None
        word = Verdict("", "") if kind == SHARE else refused or _word(found, difference, corrections, metric)
        share = difference.mean / whole.mean if kind == SHARE and whole is not None and is_clear(whole) else None
        effects.append(PartEffect(family, name, kind, difference, corrections, word, share))
    return ScreenEffects(family, tuple(effects), note=seen.note, screen=found.screen, whole=whole, means=means)


def _whole(found: Measured) -> PairedDifference | None:
    """Return what all parts together do to the base, where there are all subsets of them."""
    levels = found.screen.levels
    if len(levels) != 2 ** levels.shape[1] or levels.shape[1] > MOST_SHARED:
        return None
    with_all = int((levels > 0).all(axis=1).argmax())
    return paired_difference(found.values[with_all], found.values[0], overlap=found.overlap)


def is_clear(difference: PairedDifference) -> bool:
    """Say whether a difference's interval excludes zero."""
    return difference.low is not None and difference.high is not None and (difference.low > 0 or difference.high < 0)


def _word(found: Measured, difference: PairedDifference, p_values: Corrected, metric: Metric) -> Verdict:
    if found.uneven and difference.n >= FEWEST_PAIRS:
        return UNFAIR
    return verdict(difference, p_values, metric=metric)
