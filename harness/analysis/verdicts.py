"""What a comparison shows, in a word: the one place that decides on verdicts, and on what is marked as significant.

docs/verdicts.md says the same in words.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

from harness.analysis.completion import ALL_FINISHED, Completion
from harness.analysis.planning import MOST_SEEDS, check_margin, likely_seeds, seeds_to_settle
from harness.analysis.statistics import PairedDifference, equivalence_test, holm
from harness.study import ACCURACY, BETTER, EQUIVALENT, FEWEST_PAIRS, IDENTICAL, SIGNIFICANCE, WORSE, Metric

# What of a variant's part of the error its values have in a design of looks; the rest is for diverging more often.
VALUES_SHARE = 0.9

INCONCLUSIVE = "inconclusive"
NOTHING_IN_COMMON = "no seed in common with the control"
NONE_FINISHED = "no seed finished on both sides"

FOLDED = "more samples, not more folds, would settle it"

# A computed mean of exactly the margin must not miss it by the last bit of a sum.
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Verdict:
    """One word on a variant, and what stands behind it.

    word: `better`, `worse`, `equivalent`, `inconclusive`, `identical`, or empty where there are too few pairs for any.
    seeds: how many would settle an inconclusive comparison if its mean and spread were the true ones; None where that is
    unknown or beyond MOST_SEEDS. likely: the quartiles of that number, None for one beyond MOST_SEEDS.
    """

    word: str
    detail: str
    seeds: int | None = None
    likely: tuple[int | None, int | None] = (None, None)


UNFAIR = Verdict(INCONCLUSIVE, "the seeds that finished are no fair sample of all")


@dataclass(frozen=True, slots=True)
class Corrected:
    """The p-values of one comparison, each Holm's over a study's comparisons; None where it has none.

    different: that the values differ. diverging: that one side diverges more often. equivalent: that the values differ
    by less than the margin, a family of its own. comparisons: how many comparisons there are. looks: at how many numbers of
    seeds a design has looked, for which the p-values allow too; 0 without one.
    """

    different: float | None = None
    diverging: float | None = None
    equivalent: float | None = None
    comparisons: int = 1
    looks: int = 0

    @property
    def allowing(self) -> str:
        """Say what the p-values allow for besides the number of comparisons."""
        return f" over {self.looks} {'look' if self.looks == 1 else 'looks'}" if self.looks else ""


def is_judged(difference: PairedDifference | None) -> TypeGuard[PairedDifference]:
    """Say whether a comparison of values has the pairs that a verdict takes; without them it has no p-value either."""
    return difference is not None and difference.n >= FEWEST_PAIRS


def corrected(
    differences: Sequence[PairedDifference | None],
    *,
    margin: float,
    completions: Sequence[Completion] = (),
) -> list[Corrected]:
    """Return each comparison's p-values, corrected over all that are judged.

    completions: one for each difference, or none at all. Those that say `better` or `worse` are one family, values and
    completion together; those that say `equivalent` are another: either kind of false word falls in a study with a
    probability of at most SIGNIFICANCE.
    """
    check_margin(margin)
    judged = [difference if is_judged(difference) else None for difference in differences]
    different = [difference.p_value if difference else None for difference in judged]
    diverging = [one.p_value if one.seeds >= FEWEST_PAIRS else None for one in completions] or [None] * len(judged)
    adjusted = holm([*different, *diverging])
    alike = holm([equivalence_test(difference, margin) if difference else None for difference in judged])
    family = max(sum(p_value is not None for p_value in adjusted), 1)
    rows = zip(adjusted[: len(judged)], adjusted[len(judged) :], alike, strict=True)
    return [Corrected(*row, comparisons=family) for row in rows]


def verdict(
    difference: PairedDifference | None,
    p_values: Corrected,
    *,
    metric: Metric = ACCURACY,
    completion: Completion = ALL_FINISHED,
) -> Verdict:
    """Judge a variant's difference from its control by these rules, the first that holds.

    1. Fewer than FEWEST_PAIRS seeds that both ran: no word.  2. Seeds that finished on one side alone: worse where the
    variant diverges significantly more often, or where its values are worse as well; else inconclusive.  3. Every pair
    equal: identical.  4. Adjusted p below SIGNIFICANCE and a mean of at least the margin: better or worse.  5. Adjusted
    p of equivalence below SIGNIFICANCE and the whole interval inside ± margin: equivalent.  6. Otherwise inconclusive:
    also for a difference that is more than noise yet smaller than the margin while its interval reaches beyond, and for
    one that is the same on every seed, as no spread means no measure of chance.
    """
    word = _by_values(difference, p_values, metric) if is_judged(difference) else too_few(difference)
    if not completion.uneven or completion.seeds < FEWEST_PAIRS:
        return word
    mine, its = completion.diverged
    if p_values.diverging is not None and p_values.diverging < SIGNIFICANCE and mine > its:
        return Verdict(WORSE, f"diverges more often, Holm p = {p_values.diverging:.2g}{p_values.allowing}")
    if word.word == WORSE and completion.variant_alone:
        return word
    return UNFAIR if difference is not None else Verdict(INCONCLUSIVE, NONE_FINISHED)


def _by_values(difference: PairedDifference, p_values: Corrected, metric: Metric) -> Verdict:
    margin = metric.margin
    if difference.identical:
        return Verdict(IDENTICAL, f"the same on all {difference.n} seeds")
    if difference.low is None or difference.high is None or difference.std is None:
        return Verdict(INCONCLUSIVE, f"off by the same {difference.mean:+.4g} on every seed: no spread to judge by")
    significant = p_values.different is not None and p_values.different < SIGNIFICANCE
    large = abs(difference.mean) >= margin * (1 - ROUNDING)
    if significant and large:
        better = (difference.mean > 0) == metric.higher_is_better
        return Verdict(BETTER if better else WORSE, f"Holm p = {p_values.different:.2g}{p_values.allowing}")
    alike = p_values.equivalent is not None and p_values.equivalent < SIGNIFICANCE
    if alike and -margin < difference.low and difference.high < margin:
        said = f"Holm p = {p_values.equivalent:.2g}{p_values.allowing}"
        return Verdict(EQUIVALENT, f"within ±{margin:g} of the control, {said}")
    reason = f"more than noise, but perhaps below ±{margin:g}; " if significant else ""
    if difference.overlap:  # more of them would share their samples all the more, and no number of seeds says how much
        return Verdict(INCONCLUSIVE, f"{reason}{FOLDED}")
    if p_values.looks:  # what further looks may show, harness.analysis.settling says
        return Verdict(INCONCLUSIVE, reason.removesuffix("; "))
    plan = {"n": difference.n, "margin": margin, "comparisons": p_values.comparisons}
    return _open(difference.mean, difference.std, reason, plan)


def _open(mean: float, std: float, reason: str, plan: Mapping[str, Any]) -> Verdict:
    seeds, likely = seeds_to_settle(mean, std, **plan), likely_seeds(mean, std, **plan)
    # The range, not the number: that takes mean and spread for the true ones, and may lie outside of it.
    if likely[0] is None:
        return Verdict(INCONCLUSIVE, f"{reason}more than {MOST_SEEDS} seeds would be needed", seeds)
    return Verdict(INCONCLUSIVE, f"{reason}likely {in_words(likely)} seeds would settle it", seeds, likely)


def in_words(likely: tuple[int | None, int | None]) -> str:
    """Write the range that a number of seeds likely lies in: 31 to 209.

    >>> in_words((31, 209)), in_words((85, None))
    ('31 to 209', '85 to more than 1000')
    """
    low, high = (f"more than {MOST_SEEDS}" if end is None else str(end) for end in likely)
    return low if low == high else f"{low} to {high}"


def too_few(difference: PairedDifference | None) -> Verdict:
    """Return the empty verdict of a comparison with fewer than FEWEST_PAIRS pairs."""
    if difference is None:
        return Verdict("", NOTHING_IN_COMMON)
    if difference.identical:
        prefix = "identical so far"
    elif difference.n > 1 and difference.low is None:
        prefix = "same difference in every seed so far"
    else:
        prefix = "intervals only"
    return Verdict("", f"{prefix}: {difference.n} of {FEWEST_PAIRS} seeds")


def is_marked(p_value: float, word: str | None) -> bool:
    """Say whether a difference is marked as significant in a table: a p-value below SIGNIFICANCE, and a verdict.

    p_value, word: cells of a table, which may come from a file of an older version; None: of one without verdicts.
    """
    return word != "" and p_value < SIGNIFICANCE
