"""Holding numbers against a claim: supported, refuted or undecided. Nothing here knows a question.

A question stands only if each of its claims does: an intersection–union test, which needs no correction for their
number (Berger, "Multiparameter hypothesis testing and acceptance sampling", Technometrics 24 (1982)). Claims on test
accuracy take the study's own verdict, which is corrected over its variants, so that both say the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

import numpy as np

from harness.analysis import (
    CONFIDENCE,
    INCONCLUSIVE,
    UNFAIR,
    Comparison,
    PairedDifference,
    pair,
    paired_difference,
    wilson_interval,
)
from harness.records import DIVERGED
from harness.study import BETTER, EQUIVALENT, FEWEST_PAIRS, IDENTICAL, WORSE, never_judged

SUPPORTED = "supported"
REFUTED = "refuted"
UNDECIDED = "undecided"
STATES = (SUPPORTED, REFUTED, UNDECIDED)

# Why a claim stands as it does; each is a text in every language.
REASONS = (
    *("missing", "few", "interval-above", "interval-below", "interval-across", "no-spread", "unfinished", "refused"),
    *("all", "not-all", "most", "minority", "split"),
    *(BETTER, WORSE, EQUIVALENT, IDENTICAL, INCONCLUSIVE, DIVERGED),
)


@dataclass(frozen=True, slots=True)
class ClaimResult:
    """What the records say of one claim.

    mean, low, high: the measured value with its 95% interval, None where there is none; a fraction of the runs where
    `count` is given, otherwise variant minus control. n: runs, or pairs of runs. count: runs of which the claim holds.
    seeds_needed: how many would likely settle it, from and to, where that is known. detail: the records' own words.
    """

    state: str
    reason: str
    n: int = 0
    mean: float | None = None
    low: float | None = None
    high: float | None = None
    count: int | None = None
    seeds_needed: tuple[int | None, int | None] | None = None
    detail: str = ""


MISSING = ClaimResult(UNDECIDED, "missing")


def combined(results: Iterable[ClaimResult]) -> str:
    """Return the state of an answer: refuted with any of its claims, supported only with all of them."""
    states = {result.state for result in results}
    if REFUTED in states:
        return REFUTED
    return SUPPORTED if states == {SUPPORTED} else UNDECIDED


def more(variant: Mapping[int, float], control: Mapping[int, float]) -> ClaimResult:
    """Judge that the variant's values, by seed, lie above the control's."""
    return _directed(variant, control, upwards=True)


def less(variant: Mapping[int, float], control: Mapping[int, float]) -> ClaimResult:
    """Judge that the variant's values, by seed, lie below the control's."""
    return _directed(variant, control, upwards=False)


def _directed(
    variant: Mapping[int, float], control: Mapping[int, float], *, upwards: bool, confidence: float = CONFIDENCE
) -> ClaimResult:
    pairs = pair(variant, control)
    if not pairs.seeds:
        return MISSING
    difference = paired_difference(pairs.variant, pairs.control, confidence=confidence)
    if difference.n < FEWEST_PAIRS:
        return _result(UNDECIDED, "few", difference)
    if difference.identical:
        return _result(REFUTED, IDENTICAL, difference)
    if difference.low is None or difference.high is None:
        return _result(UNDECIDED, "no-spread", difference)
    if difference.low > 0:
        return _result(SUPPORTED if upwards else REFUTED, "interval-above", difference)
    if difference.high < 0:
        return _result(REFUTED if upwards else SUPPORTED, "interval-below", difference)
    return _result(UNDECIDED, "interval-across", difference)


def better(comparison: Comparison | None) -> ClaimResult:
    """Judge that a variant is better than its control, by the study's verdict."""
    return _by_verdict(comparison, supporting=(BETTER,), refuting=(WORSE, EQUIVALENT, IDENTICAL, DIVERGED))


def worse(comparison: Comparison | None) -> ClaimResult:
    """Judge that a variant is worse than its control, by the study's verdict; one that diverges is worse than any."""
    return _by_verdict(comparison, supporting=(WORSE, DIVERGED), refuting=(BETTER, EQUIVALENT, IDENTICAL))


def equivalent(comparison: Comparison | None) -> ClaimResult:
    """Judge that a variant makes no difference that matters, by the study's verdict."""
    return _by_verdict(comparison, supporting=(EQUIVALENT, IDENTICAL), refuting=(BETTER, WORSE, DIVERGED))


def _by_verdict(comparison: Comparison | None, *, supporting: Sequence[str], refuting: Sequence[str]) -> ClaimResult:
    if comparison is None:
        return MISSING
    word, difference = comparison.verdict.word, comparison.difference
    if not word and never_judged(comparison.verdict.detail):
        return replace(_result(UNDECIDED, "refused", difference), detail=comparison.verdict.detail)
    if difference is None and not word:
        return MISSING
    if word in supporting:
        return _result(SUPPORTED, word, difference)
    if word in refuting:
        return _result(REFUTED, word, difference)
    if word != INCONCLUSIVE:
        return _result(UNDECIDED, "few", difference)
    if difference is None or comparison.verdict == UNFAIR:
        return _result(UNDECIDED, "unfinished", difference)
    if difference.low is None:
        return _result(UNDECIDED, "no-spread", difference)
    needed = comparison.verdict.likely if comparison.verdict.likely[0] else None
    return _result(UNDECIDED, INCONCLUSIVE, difference, seeds_needed=needed)


def always(outcomes: Mapping[int, bool], *, detail: str = "") -> ClaimResult:
    """Judge what chance does not decide, such as an error: one run is enough, and one exception refutes."""
    if not outcomes:
        return MISSING
    holds = all(outcomes.values())
    state, reason = (SUPPORTED, "all") if holds else (REFUTED, "not-all")
    return ClaimResult(
        state, reason, n=len(outcomes), mean=fmean(outcomes.values()), count=sum(outcomes.values()), detail=detail
    )


def mostly(outcomes: Mapping[int, bool], *, detail: str = "") -> ClaimResult:
    """Judge that something holds of more than half of all seeds, by Wilson's interval of the share."""
    if not outcomes:
        return MISSING
    count, n = sum(outcomes.values()), len(outcomes)
    share = wilson_interval(count, n)
    if n < FEWEST_PAIRS:
        state, reason = UNDECIDED, "few"
    elif share.low is not None and share.low > 0.5:
        state, reason = SUPPORTED, "most"
    elif share.high is not None and share.high < 0.5:
        state, reason = REFUTED, "minority"
    else:
        state, reason = UNDECIDED, "split"
    return ClaimResult(state, reason, n=n, mean=share.mean, low=share.low, high=share.high, count=count, detail=detail)


def rise_from_best(curves: Mapping[int, Sequence[float]]) -> ClaimResult:
    """Judge that the last value of a curve lies above the best one on the way, on the mean over the seeds.

    The best epoch is the lowest on the mean of all curves. It was looked for, so that a rise from it is seen in noise,
    too: the interval is Bonferroni's over all epochs that might have been it, and holds for any of them. An epoch that
    the other seeds choose has no bias, yet its differences depend on each other, and a t-test on them finds twice the
    rises that it should. curves: loss by epoch for each seed; those shorter than the longest are left out.
    """
    longest = max(map(len, curves.values()), default=0)
    whole = {seed: np.asarray(curve, dtype=float) for seed, curve in curves.items() if len(curve) == longest}
    if longest < 2 or len(whole) < 2:
        return MISSING
    on_the_way = np.stack([curve[:-1] for curve in whole.values()])
    means = on_the_way.mean(axis=0)
    if not np.isfinite(means).any():
        return MISSING
    best = int(np.nanargmin(means))
    last, lowest = ({seed: float(curve[place]) for seed, curve in whole.items()} for place in (-1, best))
    return _directed(last, lowest, upwards=True, confidence=1 - (1 - CONFIDENCE) / (longest - 1))


def _result(
    state: str, reason: str, difference: PairedDifference | None, *, seeds_needed: tuple[int | None, int | None] | None = None
) -> ClaimResult:
    if difference is None:
        return ClaimResult(state, reason)
    return ClaimResult(
        state, reason, n=difference.n, mean=difference.mean, low=difference.low, high=difference.high,
        seeds_needed=seeds_needed,
    )  # fmt: skip
