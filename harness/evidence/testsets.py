"""Whether a variant and its control were judged on the same test samples.

`test_sha256` of a record's data is a hash of all that was tested on, inputs and targets. Where `test_targets_sha256` is
there too, it says more: a variant that scales, moves or leaves out inputs is tested on the same samples all the same.
What a record does not say is unknown, and taken to be equal.
"""

from collections.abc import Mapping, Sequence

from harness.evidence.confounding import data_of
from harness.records import Record

WHOLE, TARGETS = "test_sha256", "test_targets_sha256"


def other_test_set(variant: Sequence[Record], control: Sequence[Record]) -> str:
    """Say that a variant's own change gives it another test set than its control's; empty where it does not.

    That is so on another dataset, and where the samples are the same for all seeds of either side, yet not for both.
    """
    mine, its = data_of(variant[0]), data_of(control[0])
    if mine != its:
        names = f"{mine[0]}, not {its[0]}" if mine[0] != its[0] else f"other data of the name {mine[0]}"
        return f"tested on {names}"
    if unpaired_seeds(variant, control) and all(_fixed(group) for group in (variant, control)):
        return f"tested on other samples than {control[0].variant}"
    return ""


def unpaired_seeds(variant: Sequence[Record], control: Sequence[Record]) -> frozenset[int]:
    """Return the seeds that both have and whose test samples are known to differ."""
    its = {record.seed: record.data for record in control}
    targets = not any(_drawn(group) for group in (variant, control))
    both = [(record.seed, record.data, its[record.seed]) for record in variant if record.seed in its]
    return frozenset(seed for seed, mine, other in both if not _same(mine, other, targets=targets))


def _same(one: Mapping[str, str], other: Mapping[str, str], *, targets: bool) -> bool:
    if not (one.get(WHOLE) and other.get(WHOLE)) or one[WHOLE] == other[WHOLE]:
        return True
    return bool(targets and one.get(TARGETS) and one[TARGETS] == other.get(TARGETS))


def _drawn(group: Sequence[Record]) -> bool:
    """Say whether each trial draws inputs for the same targets: then equal targets say nothing of the samples."""
    return len(_hashes(group, TARGETS)) == 1 and len(_hashes(group, WHOLE)) > 1


def _fixed(group: Sequence[Record]) -> bool:
    return len(_hashes(group, WHOLE)) == 1


def _hashes(group: Sequence[Record], name: str) -> set[str]:
    return {record.data[name] for record in group if record.data.get(name)}
