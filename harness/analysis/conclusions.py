"""What a study has shown, in a few sentences for someone who does not read tables; from the rows of its summary alone.

Every sentence follows a verdict or a status, so that it is true of any study: see docs/verdicts.md.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from harness.analysis.design import MOST
from harness.analysis.effect_sentences import effect_sentences
from harness.analysis.planning import MOST_SEEDS
from harness.analysis.sentence_parts import (
    change_of,
    delta_of,
    likely,
    lost_trials,
    names_of,
    range_text,
    size_of_effect,
    verb_for,
)
from harness.analysis.settling import GOES_ON
from harness.analysis.test_set_error import LIMITED, samples_sentences
from harness.analysis.unit import Unit, margin_of, unit_of
from harness.analysis.verdict_legend import legend
from harness.analysis.verdicts import INCONCLUSIVE, UNFAIR
from harness.records import DIVERGED, FAILED, INTERRUPTED, TIMEOUT, UNEXPECTED_PASS
from harness.study import (
    BASE,
    BETTER,
    CONFOUNDED,
    EQUIVALENT,
    FEWEST_PAIRS,
    IDENTICAL,
    NO_VERDICT,
    WORSE,
    Row,
    format_metric,
    is_missing,
    never_judged,
    number_of,
    text_of,
)

MOST_SUGGESTED = 50  # seeds
NEARLY = 1.5  # what takes so many times the seeds of another comparison is settled along with it
_TROUBLE = {
    FAILED: "failed",
    TIMEOUT: "ran out of time",
    DIVERGED: "diverged",
    INTERRUPTED: "{was} interrupted",
    UNEXPECTED_PASS: "{was} meant to fail, and trained",
}


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What a study has shown.

    sentences: in the order of their weight. legend: what each verdict that occurs means. unsettled: the variants that
    so many seeds would likely settle, as far as that is known and no more than MOST_SUGGESTED. faults: those of the
    sentences that say what is not as expected. going_on: whether the looks of a design have more seeds for a variant, or
    would have.
    """

    sentences: tuple[str, ...]
    legend: Mapping[str, str]
    unsettled: tuple[str, ...] = ()
    seeds: int | None = None
    faults: tuple[str, ...] = ()
    going_on: bool = False


def conclude(rows: Iterable[Row], *, trials: str = "seeds") -> Conclusion:
    """Say in sentences what the rows of one study's summary show.

    trials: what the trials of a variant are called: seeds, or folds.
    """
    rows = list(rows)
    unit = unit_of(rows)
    # What was meant to fail and trained is a fault of the study first of all, whatever it measured.
    judged = [row for row in rows if text_of(row.get("verdict")) in (BETTER, WORSE) and row.get("status") != UNEXPECTED_PASS]
    unsettled = [row for row in rows if _is_unsettled(row)]
    early = [row for row in rows if _wants_seeds(row)]
    seeds, near = _seeds_for(unsettled, early)
    faults, stopped = _troubles(rows, trials)
    data = next((text_of(row.get("data")) for row in rows if row["variant"] == BASE), "")
    sentences = [
        *faults,
        *stopped,
        *effect_sentences(judged, unit, data=data),
        *_too_few(early, unit, trials),
        *_too_close(unsettled, near, trials, alone=not judged),
        *samples_sentences(rows, unit),
        *_same(rows, unit, trials),
        *_as_meant(rows),
        *_not_compared(rows, trials),
    ]
    if not sentences:
        sentences = ["There is nothing to compare yet: no variant has run beside its control."]
    names = tuple(str(row["variant"]) for row in near)
    going_on = any(text_of(row.get("standing")) == GOES_ON for row in rows) or any(map(_may_be_settled, unsettled))
    return Conclusion(tuple(sentences), legend(rows), names, seeds, tuple(faults), going_on)


def _may_be_settled(row: Row) -> bool:
    """Say whether a comparison of a study without a design may well be settled within the seeds of one."""
    least = number_of(row.get("seeds_needed_low"))
    return not text_of(row.get("standing")) and least is not None and least <= MOST


def _too_few(rows: Sequence[Row], unit: Unit, trials: str) -> list[str]:
    """Say what so few seeds can tell, and the largest difference that was seen."""
    if not rows:
        return []
    pairs = sorted({int(number_of(row.get("pairs")) or 0) for row in rows})
    if pairs[-1] == 1:
        said = f"One {trials[:-1]} shows what happened once, not what happens as a rule: verdicts need {FEWEST_PAIRS}."
    else:
        said = f"{range_text(pairs)} {trials} are too few for verdicts: these need {FEWEST_PAIRS}."
    largest = max(rows, key=size_of_effect)
    if not delta_of(largest):
        return [said]
    cause = change_of(largest) or str(largest["variant"])
    moved = "higher" if delta_of(largest) > 0 else "lower"
    return [f"{said} The largest difference so far: {cause}, {unit.name} {unit.amount(delta_of(largest))} {moved}."]


def _too_close(rows: Sequence[Row], near: Sequence[Row], trials: str, *, alone: bool) -> list[str]:
    """Name what the seeds do not tell: first what is most easily settled, then what takes more of them."""
    if not rows:
        return []
    pairs = sorted({int(number_of(row.get("pairs")) or 0) for row in rows})
    lead = "Nothing was found that matters. Too close" if alone else "Too close"
    easily = [row for row in rows if any(row is other for other in near)]
    others = [row for row in rows if not any(row is other for other in near)]
    known = [row for row in others if _needs(row) is not None]
    groups = (easily, known, [row for row in others if _needs(row) is None])
    told = "; ".join(f"{names_of(group, add=likely)}{_needed(group)}" for group in groups if group)
    return [f"{lead} to call with {range_text(pairs)} {trials}: {told}."]


def _needs(row: Row) -> float | None:
    """Return up to how many seeds it likely takes to settle a comparison; None where that is not known, as of folds."""
    return number_of(row.get("seeds_needed_high"))


def _needed(rows: Sequence[Row]) -> str:
    """Say how many seeds would likely settle the hardest of some comparisons."""
    needs = [most for row in rows if (most := _needs(row)) is not None]
    if not needs:
        return ""
    return f" (over {MOST_SEEDS} may be needed)" if max(needs) > MOST_SEEDS else f" (up to {max(needs):.0f} needed)"


def _same(rows: Sequence[Row], unit: Unit, trials: str) -> list[str]:
    margin = margin_of(rows)
    size = f" of {unit.chosen_amount(margin)} or more" if margin else " that matters"
    equivalent = [row for row in rows if text_of(row.get("verdict")) == EQUIVALENT]
    identical = [row for row in rows if text_of(row.get("verdict")) == IDENTICAL]
    return [
        *([f"No difference{size}: {names_of(equivalent, add=lambda row: _stray(row, trials))}."] if equivalent else []),
        *([f"Exactly the same numbers as the control: {names_of(identical)}."] if identical else []),
    ]


def _stray(row: Row, trials: str) -> str:
    """Name the worst seed's value of an equivalent variant where it lies farther from the mean than what matters."""
    worst, mean, margin = (number_of(row.get(name)) for name in ("worst_value", "value", "margin"))
    if worst is None or (mean is not None and margin is not None and abs(worst - mean) < margin):
        return ""
    return f" (worst {trials[:-1]} {format_metric(worst, fraction=unit_of([row]).points)})"


def _as_meant(rows: Sequence[Row]) -> list[str]:
    """Name the variants none of whose seeds trained, as it was expected."""
    failing = [row for row in rows if _as_expected(row) is True and _all_lost(row)]
    return [f"{names_of(failing)} {verb_for('fails', 'fail', failing)}, as expected."] if failing else []


def _not_compared(rows: Sequence[Row], trials: str) -> list[str]:
    """Name the variants that have no verdict for another reason than too few seeds, with the reason."""
    reasons: dict[str, list[Row]] = {}
    for row in rows:
        detail = text_of(row.get("verdict_detail"))
        word = text_of(row.get("verdict"))
        stopped = text_of(row.get("status")) == INTERRUPTED
        if not text_of(row.get("control")) or _all_lost(row) or stopped or _wants_seeds(row) or _is_unsettled(row):
            continue
        if word == INCONCLUSIVE and detail == UNFAIR.detail:
            reasons.setdefault(f"some {trials} did not finish, so that the others are no fair sample", []).append(row)
        elif word == INCONCLUSIVE or (not word and detail):
            reasons.setdefault(detail.removeprefix(NO_VERDICT).removeprefix(CONFOUNDED), []).append(row)
    return [f"No verdict on {names_of(found)}: {why}." for why, found in reasons.items()]


def _troubles(rows: Sequence[Row], trials: str) -> tuple[list[str], list[str]]:
    """Name the variants that did not do what is expected of them, and those that were stopped before they could."""
    by_status: dict[str, list[Row]] = {}
    for row in rows:
        if _as_expected(row) is False:
            lost = number_of(row.get("failed_seeds"))
            status = text_of(row.get("status")) if lost else ""
            by_status.setdefault(status if status in _TROUBLE else "", []).append(row)
    faults, stopped = [], []
    for status, found in by_status.items():
        if not status:
            faults.append(f"Not as the study expects: {names_of(found)}.")
            continue
        words = _TROUBLE[status].format(was=verb_for("was", "were", found))
        often = f" in {lost_trials(found[0], trials)}" if len(found) == 1 and number_of(found[0].get("seeds")) != 1 else ""
        said = f"{names_of(found)} {words}{often}."
        if status == INTERRUPTED:
            stopped.append(f"Not finished: {said}")
        else:
            faults.append(f"Not as expected: {said}")
    return faults, stopped


def _is_unsettled(row: Row) -> bool:
    """Say whether a row is inconclusive by its values, so that more seeds could tell."""
    return (
        text_of(row.get("verdict")) == INCONCLUSIVE
        and number_of(row.get("ci_low")) is not None
        and text_of(row.get("verdict_detail")) != UNFAIR.detail
    )


def _wants_seeds(row: Row) -> bool:
    """Say whether a row has a difference, and too few seeds for the verdict that more of them would give."""
    pairs = number_of(row.get("pairs"))
    few = pairs is not None and pairs < FEWEST_PAIRS and not text_of(row.get("verdict"))
    return few and not never_judged(text_of(row.get("verdict_detail")))


def _seeds_for(unsettled: Sequence[Row], early: Sequence[Row]) -> tuple[int | None, list[Row]]:
    """Return how many seeds to run next, and of which rows: enough for verdicts, else for what is most easily settled."""
    if early:
        return FEWEST_PAIRS, [*early]
    unsettled = [row for row in unsettled if text_of(row.get("limited_by")) != LIMITED]  # more seeds are no way out
    highest = {id(row): number_of(row.get("seeds_needed_high")) or math.inf for row in unsettled}
    limit = min(MOST_SUGGESTED, NEARLY * min(highest.values(), default=math.inf))
    near = [row for row in unsettled if highest[id(row)] <= limit]
    return max((math.ceil(highest[id(row)]) for row in near), default=None), near


def _as_expected(row: Row) -> bool | None:
    """Say whether a variant did what is expected of it; None where the table does not tell."""
    value = row.get("as_expected")
    return None if is_missing(value) else bool(value)


def _all_lost(row: Row) -> bool:
    seeds, lost = (number_of(row.get(name)) for name in ("seeds", "unfinished_seeds"))
    return bool(seeds) and seeds == lost
