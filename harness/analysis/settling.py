"""Whether a variant is settled at a look of its study's design, goes on to the next, or is given up: decided here alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.analysis.completion import Completion
from harness.analysis.design import Design
from harness.analysis.futility import FUTILITY, LastLook, chance_of_settling
from harness.analysis.looks import Left, Looked
from harness.analysis.proportions import mcnemar_exact
from harness.analysis.sequential import level_at, shares
from harness.analysis.statistics import seeds_in_words
from harness.analysis.verdicts import INCONCLUSIVE, UNFAIR, VALUES_SHARE, Verdict, is_judged
from harness.records import DIVERGED, EXPECTED_ERROR, FAILED, TIMEOUT, Record
from harness.study import FEWEST_PAIRS, SIGNIFICANCE, Metric

SETTLED, GOES_ON, GIVEN_UP = "settled", "goes on", "given up"
STUCK, NOT_JUDGED = "stuck", "not judged"


@dataclass(frozen=True, slots=True)
class Standing:
    """How a variant stands at the last complete look.

    word: SETTLED; GOES_ON, to the look `following`; GIVEN_UP, as all seeds of the design would hardly settle it, or have not;
    STUCK, as a seed failed; NOT_JUDGED, as the two cannot be compared, or the design is not of it. why: in words, empty for
    what its verdict says.
    """

    word: str
    why: str = ""
    seeds: int = 0  # of the last complete look, 0 before the first
    following: int | None = None


def standing(
    group: Sequence[Record], looked: Looked, found: Verdict, *, left: Left, design: Design, metric: Metric
) -> Standing:
    """Say how a variant stands by its verdict at the last complete look, and by what the looks to come could still show.

    left: how many hypotheses Holm has left. One look less than all, a variant goes on where the chance that the last look
    settles it is FUTILITY or more. Stopping for want of it costs no error: the levels do not count on it.
    """
    seeds = looked.looks[-1] if looked.looks else 0
    following = design.next_after(seeds)
    if found.word in (EXPECTED_ERROR, DIVERGED):
        return Standing(SETTLED, "", seeds)
    if failed := _failed(looked.held.completion, group, seeds or design.looks[0]):
        return Standing(STUCK, failed, seeds)
    if looked.held.refused and (looked.looks or len(group) >= FEWEST_PAIRS):
        return Standing(NOT_JUDGED, "", seeds)
    if not looked.looks:
        return Standing(GOES_ON, "", 0, design.looks[0])
    if found.word not in (INCONCLUSIVE, ""):
        return Standing(SETTLED, "", seeds)
    if following is None:
        return Standing(GIVEN_UP, f"not settled with all {design.most} seeds of the design", seeds)
    hope = _hope(looked, left, design, metric)
    if hope >= FUTILITY:
        return Standing(GOES_ON, f"not settled at {seeds} seeds, goes on to {following}", seeds, following)
    if is_judged(looked.held.difference) and looked.held.difference.low is None:
        return Standing(GIVEN_UP, "", seeds)
    return Standing(GIVEN_UP, f"not settled at {seeds} seeds; {design.most} would do with a chance of {hope:.0%}", seeds)


def detail_of(found: Verdict, how: Standing) -> str:
    """Return what is said of a verdict: of one that is open by its values, with how it stands."""
    open_by_values = found.word == INCONCLUSIVE and found != UNFAIR and how.word in (GOES_ON, GIVEN_UP)
    return "; ".join(filter(None, (found.detail, how.why if open_by_values else "")))


def seeds_wanted(standings: Mapping[str, Standing], controls: Mapping[str, str], names: Sequence[str]) -> dict[str, int]:
    """Return with how many seeds each variant is to be trained for the next look, its controls as far as they are needed.

    One that has stopped keeps what it has looked at: where nothing goes on, nothing is wanted beyond that.
    """
    wanted = {name: how.following or how.seeds for name, how in standings.items() if name in names}
    needed = dict.fromkeys(names, 0) | wanted
    for name, seeds in wanted.items():
        control = controls.get(name, "")
        if control in needed:
            needed[control] = max(needed[control], seeds)
    return needed


def _failed(ended: Completion, group: Sequence[Record], seeds: int) -> str:
    """Name the seeds whose failure may be the machine's or a fault of the code: no look makes up for them."""
    said = []
    for where, side in (("", ended.variant), ("of the control ", ended.control)):
        lost = [seed for seed, status in side.items() if status in (FAILED, TIMEOUT) and seed < seeds]
        if lost:
            said.append(f"{seeds_in_words(lost)} {where}failed")
    return f"{' and '.join(said)}: no further seeds before that is mended; the same command tries again" if said else ""


def _hope(looked: Looked, left: Left, design: Design, metric: Metric) -> float:
    """Return the chance that the last look settles a comparison that is open now."""
    held = looked.held
    difference, ended = held.difference, held.completion
    by_values = 0.0
    if is_judged(difference) and difference.std and difference.low is not None:
        share = SIGNIFICANCE * VALUES_SHARE / max(left.differing, 1) / 2, SIGNIFICANCE / max(left.alike, 1)
        last = LastLook(design.most, *(level_at(error, design.looks, design.spending) for error in share))
        by_values = float(chance_of_settling(difference.mean, difference.std, difference.n, last, metric.margin))
    elif not is_judged(difference):  # fewer pairs than a verdict takes: the next look has more
        by_values = 1.0
    if not ended.uneven:
        return by_values
    # Uneven ends leave no verdict but worse: by values that are worse as well, or by diverging more often.
    worse = difference is not None and (difference.mean > 0) != metric.higher_is_better
    return max(by_values if worse and ended.variant_alone else 0.0, float(_will_tell(ended, design, left)))


def _will_tell(ended: Completion, design: Design, left: Left) -> bool:
    """Say whether diverging as often up to the last look would be significant there."""
    mine, its = (count * design.most / max(ended.seeds, 1) for count in ended.diverged)
    error = SIGNIFICANCE * (1 - VALUES_SHARE) / max(left.differing, 1) / 2
    level = 2 * float(shares(design.looks, design.spending, error)[0, -1])
    return mine > its and mcnemar_exact(round(mine), round(its)) <= level
