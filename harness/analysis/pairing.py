"""A variant and its control on the same seeds: which can be paired, and why there may be no verdict on them."""

from collections.abc import Sequence
from dataclasses import dataclass

from harness.analysis.completion import ALL_FINISHED, Completion, completion
from harness.analysis.confounding import confounding
from harness.analysis.epochs import BEST, LAST, measured_epochs
from harness.analysis.statistics import PairedDifference, Pairs, TooLarge, pair, paired_difference, seeds_in_words
from harness.analysis.test_sets import other_loss, other_test_set, overlap, same_stand_in, unpaired_seeds
from harness.records import INTERRUPTED, Record
from harness.study import CONFOUNDED, NO_VERDICT, Metric, crossed

CROSSED = "trials whose sources of randomness are crossed are no independent repeats"


@dataclass(frozen=True, slots=True)
class Held:
    """A variant held against its control, before any correction.

    refused: why there is no verdict on it; empty where there may be one.
    """

    difference: PairedDifference | None
    completion: Completion
    seeds: tuple[int, ...]
    note: str
    refused: str = ""


def hold(variant: Sequence[Record], control: Sequence[Record], *, metric: Metric, epoch: str = LAST) -> Held:
    """Pair a variant's seeds with its control's; say which could not be, and why there can be no verdict."""
    if reason := confounding(variant, control):
        return Held(None, ALL_FINISHED, (), "", f"{CONFOUNDED}{reason}")
    if crossed(variant[0].vary):
        return Held(None, ALL_FINISHED, (), "", f"{NO_VERDICT}{CROSSED}")
    if reason := same_stand_in(variant, control):
        return Held(None, ALL_FINISHED, (), "", f"{NO_VERDICT}{reason}")
    return hold_seeds(variant, control, metric=metric, epoch=epoch)


def hold_seeds(variant: Sequence[Record], control: Sequence[Record], *, metric: Metric, epoch: str = LAST) -> Held:
    """Pair seeds whatever else differs between the two, as `hold` does where nothing does but what is declared."""
    # By another epoch than the last, a trial without a value has none to choose by, and did finish.
    ended = completion(variant, control, metric if epoch == LAST else None)
    elsewhere = other_test_set(variant, control)
    apart = frozenset() if elsewhere else unpaired_seeds(variant, control)
    interrupted = {record.seed for group in (variant, control) for record in group if record.status == INTERRUPTED}
    left_out = apart | interrupted | ended.variant.keys() | ended.control.keys()  # each is named once
    mine, its = (
        {seed: value for seed, value in by_seed(group, metric).items() if seed not in left_out} for group in (variant, control)
    )
    pairs = pair(mine, its)
    difference, too_large = _difference(pairs, overlap(variant, control))
    drawn = f"{seeds_in_words(apart)} tested on other samples than in the control, so not paired" if apart else ""
    stopped = f"{seeds_in_words(interrupted)} interrupted" if interrupted else ""
    note = "; ".join(filter(None, (ended.words, drawn, stopped, pairs.note)))
    refused = (
        elsewhere
        or other_loss(variant, control, metric)
        or too_large
        or (_unequal_choice(variant, control, metric, pairs.seeds) if epoch == BEST else "")
    )
    return Held(difference, ended, pairs.seeds, note, refused and f"{NO_VERDICT}{refused}")


def _difference(pairs: Pairs, overlapping: float) -> tuple[PairedDifference | None, str]:
    """Return the difference of the pairs, if there are any, and why it cannot be computed."""
    try:
        return (paired_difference(pairs.variant, pairs.control, overlap=overlapping) if pairs.seeds else None), ""
    except TooLarge as error:
        return None, str(error).rstrip(".")


def _unequal_choice(variant: Sequence[Record], control: Sequence[Record], metric: Metric, seeds: Sequence[int]) -> str:
    """Say that the best was chosen among unequally many epochs: the best of many is better by chance alone."""
    mine, its = ({record.seed: measured_epochs(record, metric) for record in group} for group in (variant, control))
    for seed in seeds:
        if mine[seed] != its[seed]:
            few, many = sorted((mine[seed], its[seed]))
            return f"a best of {many} epochs has more chances than a best of {few}"
    return ""


def by_seed(records: Sequence[Record], metric: Metric) -> dict[int, float]:
    """Return what the finished trials of one variant measured, by their seeds."""
    return {record.seed: metric.of(record.metrics) for record in records if record.finished}
