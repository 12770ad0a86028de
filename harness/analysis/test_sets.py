"""Whether a variant and its control were judged on the same test samples, and by the same loss.

`test_sha256` of a record's data is the same where they were; what a record does not say is taken to be equal.
"""

from collections.abc import Iterable, Sequence

from harness.analysis.confounding import data_of
from harness.records import Record
from harness.study import Metric, number_of

TEST_HASH = "test_sha256"


def other_test_set(variant: Sequence[Record], control: Sequence[Record]) -> str:
    """Say that a variant's own change gives it another test set than its control's; empty where it does not.

    That is so on another dataset; where the samples are the same for all seeds of either side, yet not for both; and where
    they differ on each seed that finished on both sides, as of samples that every trial draws for itself.
    """
    mine, its = data_of(variant[0]), data_of(control[0])
    if mine[0] != its[0] or (mine[1] and its[1] and mine[1] != its[1]):
        names = f"{mine[0]}, not {its[0]}" if mine[0] != its[0] else f"other data of the name {mine[0]}"
        return f"tested on {names}"
    apart = unpaired_seeds(variant, control)
    ended = set.intersection(*({record.seed for record in group if record.finished} for group in (variant, control)))
    if apart and (apart >= ended > frozenset() or all(_fixed(group) for group in (variant, control))):
        return f"tested on other samples than {control[0].variant}, or weighted otherwise"
    return ""


def other_loss(variant: Sequence[Record], control: Sequence[Record], metric: Metric) -> str:
    """Say that the losses by which a study is judged are not one measure; empty where they are, or it is judged otherwise."""
    mine, its = (next(filter(None, (record.provenance.get("loss") for record in group)), "") for group in (variant, control))
    if metric.name != "loss" or not mine or not its or mine == its:
        return ""
    return (
        f"its loss is another measure than that of {control[0].variant} ({mine}, not {its}); judge by a metric that both have"
    )


def same_stand_in(variant: Sequence[Record], control: Sequence[Record]) -> str:
    """Say that a variant whose change is its dataset ran on its control's own data, a stand-in for both; else nothing."""
    mine, its = variant[0].data, control[0].data
    apart, used = mine.get("name") != its.get("name"), mine.get("used")
    if apart and used == its.get("used") and (variant[0].on_stand_in or control[0].on_stand_in):
        return f"it ran on the data of {control[0].variant}, as {used} stands in for both"
    return ""


def unpaired_seeds(variant: Sequence[Record], control: Sequence[Record]) -> frozenset[int]:
    """Return the seeds that both have and whose test samples are known to differ."""
    mine, its = ({record.seed: record.data.get(TEST_HASH) for record in group} for group in (variant, control))
    return frozenset(seed for seed in mine.keys() & its.keys() if mine[seed] and its[seed] and mine[seed] != its[seed])


def _fixed(group: Sequence[Record]) -> bool:
    return len({record.data[TEST_HASH] for record in group if record.data.get(TEST_HASH)}) == 1


def overlap(*groups: Sequence[Record]) -> float:
    """Return the test samples over the training samples of a fold, the most that a trial of these has; 0 without folds."""
    return max((number_of(record.data.get("test_share")) or 0.0 for group in groups for record in group), default=0.0)


def trials_called(records: Iterable[Record]) -> str:
    """Return what the trials of a variant are to a reader: folds where the study divides its samples, else seeds."""
    return "folds" if any(record.data.get("fold") for record in records) else "seeds"


def fold_scheme(record: Record) -> str:
    """Return how the samples of a record's study were divided, as `str` of its folds; empty for one of a seed."""
    return record.data.get("fold", "").partition(" of ")[2].partition(", repeat ")[0]
