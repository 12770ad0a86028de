"""A study judged by its design: what each look has of a comparison, and p-values that allow for all looks and variants."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from harness.analysis.completion import Completion
from harness.analysis.design import Design
from harness.analysis.epochs import LAST
from harness.analysis.pairing import Held, hold
from harness.analysis.sequential import repeated_p, weighted_holm
from harness.analysis.statistics import PairedDifference, seeds_in_words
from harness.analysis.verdicts import VALUES_SHARE, Corrected, is_judged
from harness.records import INTERRUPTED, Record
from harness.study import NO_VERDICT, SIGNIFICANCE, Metric

OUTSIDE = "exploratory; another --logdir gives it a design of its own"


@dataclass(frozen=True, slots=True)
class Looked:
    """A comparison at each look that is complete; held: at the last of them, or with what there is before the first."""

    held: Held
    history: tuple[Held, ...]
    looks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Left:
    """How many hypotheses of differences and of equivalence a study's looks have not rejected: what Holm divides by."""

    differing: int
    alike: int


def complete_looks(groups: Sequence[Sequence[Record]], design: Design) -> tuple[int, ...]:
    """Return the looks all of whose seeds have come to an end in each of these variants, one after another from the first."""
    ended = set.intersection(*({one.seed for one in group if one.status != INTERRUPTED} for group in groups))
    found = []
    for look in design.looks:
        if not ended.issuperset(range(look)):
            break
        found.append(look)
    return tuple(found)


def up_to(group: Sequence[Record], seeds: int) -> list[Record]:
    """Return a variant's records of the first seeds, as a look at so many sees them."""
    return [record for record in group if record.seed < seeds]


def look_at(
    variant: Sequence[Record], control: Sequence[Record], design: Design, *, metric: Metric, epoch: str = LAST
) -> Looked:
    """Hold a variant against its control at each complete look of a design."""
    looks = complete_looks((variant, control), design)
    history = tuple(hold(up_to(variant, n), up_to(control, n), metric=metric, epoch=epoch) for n in looks)
    whole = hold(variant, control, metric=metric, epoch=epoch)
    held = whole if not history or whole.refused else history[-1]
    if not held.refused:
        held = replace(held, refused=_refused(variant[0], held, design, metric, looks))
    further = {one.seed for one in variant} & {one.seed for one in control} - set(range(looks[-1])) if looks else set()
    return Looked(replace(held, note="; ".join(filter(None, (held.note, _not_counted(further, design))))), history, looks)


def _refused(record: Record, held: Held, design: Design, metric: Metric, looks: Sequence[int]) -> str:
    """Say why a design gives no verdict; empty where it does."""
    if refused := refusal(design, metric, [record]):
        return refused
    if not looks and is_judged(held.difference):
        return f"{NO_VERDICT}the look at {design.looks[0]} seeds is not complete"
    return ""


def refusal(design: Design, metric: Metric, variants: Iterable[Record]) -> str:
    """Say why a design gives no word on what these variants show in a metric; empty where it was declared for both.

    variants: a record of each.
    """
    if misfit := design.misfit(metric):
        return f"{NO_VERDICT}{misfit}"
    excluded = next(filter(None, (design.excludes(one.variant, one.change) for one in variants)), "")
    return f"{NO_VERDICT}{excluded}: {OUTSIDE}" if excluded else ""


def _not_counted(seeds: set[int], design: Design) -> str:
    beyond, early = {seed for seed in seeds if seed >= design.most}, {seed for seed in seeds if seed < design.most}
    notes = []
    if early:
        notes.append(f"{seeds_in_words(early)} not counted before the next look is complete")
    if beyond:
        notes.append(f"{seeds_in_words(beyond)} not counted: beyond the {design.most} of the design, exploratory")
    return "; ".join(notes)


def corrected_in_looks(
    histories: Sequence[Sequence[tuple[PairedDifference | None, Completion | None]]],
    design: Design,
    *,
    margin: float,
) -> tuple[list[Corrected], Left]:
    """Return each comparison's p-values over its looks, corrected over the whole family, and what Holm has left of it.

    histories: of each comparison its difference and its completion at each complete look. Each has two hypotheses in the
    family that says better or worse, of its values and of diverging more often, which share its part of the error by
    VALUES_SHARE: which of them can be tested must not depend on what is seen. Variants of the family that have no
    comparison yet keep their part.
    """
    members = max(len(histories), len(design.family))
    absent = [1.0] * (members - len(histories))
    differing = [_differing([one for one, _ in history], design) for history in histories] + absent
    diverging = [_diverging([ended for _, ended in history], design) for history in histories] + absent
    alike = [_alike([one for one, _ in history], design, margin) for history in histories] + absent
    if not members:
        return [], Left(0, 0)
    weights = np.repeat([VALUES_SHARE / members, (1 - VALUES_SHARE) / members], members)
    adjusted, equal = weighted_holm([*differing, *diverging], weights), weighted_holm(alike, np.full(members, 1 / members))
    left = Left(*(int((side >= SIGNIFICANCE).sum()) for side in (adjusted[:members], equal)))
    rows = zip(histories, adjusted, adjusted[members:], equal, strict=False)
    return [_as_corrected(history, *map(float, row), members=members) for history, *row in rows], left


def _as_corrected(
    history: Sequence[tuple[PairedDifference | None, Completion | None]],
    differing: float,
    diverging: float,
    alike: float,
    *,
    members: int,
) -> Corrected:
    """Return a comparison's p-values, those that its last look has a test for."""
    last, ended = history[-1] if history else (None, None)
    tested = is_judged(last) and last.p_value is not None
    told = ended is not None and ended.p_value is not None
    return Corrected(
        differing if tested else None, diverging if told else None, alike if tested else None, members, looks=len(history)
    )


def _differing(history: Sequence[PairedDifference | None], design: Design) -> float:
    """Return the p-value over the looks that there is no difference in the direction of the last one."""
    if not history or history[-1] is None:
        return 1.0
    sign = 1 if history[-1].mean > 0 else -1
    return min(1.0, 2 * _over_looks(history, design, lambda one: _tail(one, sign * one.mean)))


def _alike(history: Sequence[PairedDifference | None], design: Design, margin: float) -> float:
    """Return the p-value over the looks that the difference is the margin or more: the larger of two one-sided ones."""
    sides = (lambda one: _tail(one, margin - one.mean), lambda one: _tail(one, margin + one.mean))
    return max(_over_looks(history, design, side) for side in sides)


def _tail(difference: PairedDifference, distance: float) -> float:
    """Return the one-sided p-value of a mean that lies so far on the right side of what is to be rejected."""
    from scipy.special import stdtr

    error = difference.error
    return float(stdtr(difference.n - 1, -distance / error)) if difference.low is not None and error else float("nan")


def _over_looks(history: Sequence[PairedDifference | None], design: Design, tail: Callable[[PairedDifference], float]) -> float:
    if not history:
        return 1.0
    p_values = [tail(one) if is_judged(one) else float("nan") for one in history]
    complete = all(one is not None and one.n == look for one, look in zip(history, design.looks, strict=False))
    return float(repeated_p(p_values, design.looks, design.spending, complete=complete))


def _diverging(history: Sequence[Completion | None], design: Design) -> float:
    p_values = [float("nan") if one is None or one.p_value is None else one.p_value for one in history]
    if not p_values:
        return 1.0
    return min(1.0, 2 * float(repeated_p(np.array(p_values) / 2, design.looks, design.spending, discrete=True)))
