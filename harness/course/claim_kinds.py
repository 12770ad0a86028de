"""The kinds of claims that a documented answer can make, each held against the evidence of a study.

A kind's parameters are those of its function, and stand under the same names in a study's questions file. `variant` and
`control` are variants of the study, `value` is what the records measured: a metric as train_loss or test_accuracy, or
epoch_seconds. `epoch` takes the value after that epoch, else it is the last. Where runs are counted, a claim must
hold of every one where chance has no part in it, and of most where it has.
"""

import math
import re
import statistics
from collections.abc import Callable, Sequence
from functools import partial

from harness.analysis import epoch_numbers
from harness.course import claim_judging
from harness.course.claim_judging import ClaimResult, always, mostly
from harness.course.question_evidence import EPOCH_SECONDS, Evidence
from harness.records import DIVERGED, EXPECTED_ERROR, Record

PROBABILITY_TOLERANCE = 1e-3  # probabilities in single precision add up to 1 within this


def better(evidence: Evidence, *, variant: str) -> ClaimResult:
    """Judge that a variant is better than its control, by the study's verdict."""
    return claim_judging.better(evidence.comparisons.get(variant))


def worse(evidence: Evidence, *, variant: str) -> ClaimResult:
    """Judge that a variant is worse than its control, by the study's verdict."""
    return claim_judging.worse(evidence.comparisons.get(variant))


def equivalent(evidence: Evidence, *, variant: str) -> ClaimResult:
    """Judge that a variant makes no difference that matters to its control, by the study's verdict."""
    return claim_judging.equivalent(evidence.comparisons.get(variant))


def higher(evidence: Evidence, *, variant: str, control: str, value: str, epoch: int | None = None) -> ClaimResult:
    """Judge that a variant's value lies above the control's, paired by seed."""
    measure = partial(measured, value=value, epoch=epoch)
    return claim_judging.more(evidence.values(variant, measure), evidence.values(control, measure))


def lower(evidence: Evidence, *, variant: str, control: str, value: str, epoch: int | None = None) -> ClaimResult:
    """Judge that a variant's value lies below the control's, paired by seed."""
    measure = partial(measured, value=value, epoch=epoch)
    return claim_judging.less(evidence.values(variant, measure), evidence.values(control, measure))


def above(evidence: Evidence, *, variant: str, value: str, limit: float, epoch: int | None = None) -> ClaimResult:
    """Judge that a variant's value lies above the limit on most seeds."""
    values = evidence.values(variant, partial(measured, value=value, epoch=epoch))
    return mostly({seed: number > limit for seed, number in values.items()})


def below(evidence: Evidence, *, variant: str, value: str, limit: float, epoch: int | None = None) -> ClaimResult:
    """Judge that a variant's value lies below the limit on most seeds."""
    values = evidence.values(variant, partial(measured, value=value, epoch=epoch))
    return mostly({seed: number < limit for seed, number in values.items()})


def rises_again(evidence: Evidence, *, variant: str, value: str) -> ClaimResult:
    """Judge that a value ends above the lowest that it was on the way, on the mean over the seeds."""
    return claim_judging.rise_from_best({record.seed: record.history.get(value, ()) for record in evidence.finished(variant)})


def raises(evidence: Evidence, *, variant: str, match: str) -> ClaimResult:
    """Judge that every run ends in the error that the variant is expected to raise, and that `match` is found in it."""
    ended = _ended_by_itself(evidence.of(variant))
    outcomes = {record.seed: record.status == EXPECTED_ERROR and bool(re.search(match, record.error)) for record in ended}
    return always(outcomes, detail=_first_error(ended))


def cannot_train(evidence: Evidence, *, variant: str) -> ClaimResult:
    """Judge that every run ends in the error that the variant is expected to raise, or in a loss that is not finite."""
    ended = _ended_by_itself(evidence.of(variant))
    outcomes = {record.seed: record.status in (EXPECTED_ERROR, DIVERGED) for record in ended}
    return always(outcomes, detail=_first_error(ended))


def stops_below(evidence: Evidence, *, variant: str, value: str, limit: float) -> ClaimResult:
    """Judge that every run ends after the first epoch whose value is below the limit, and not before."""

    def holds(values: Sequence[float]) -> bool:
        return bool(values) and values[-1] < limit and all(number >= limit for number in values[:-1])

    return always({record.seed: holds(record.history.get(value, ())) for record in evidence.finished(variant)})


def stops_after(evidence: Evidence, *, variant: str, epochs: int) -> ClaimResult:
    """Judge that training ends after so many epochs on most seeds."""
    return mostly({record.seed: record.epochs == epochs for record in evidence.finished(variant)})


def probabilities(evidence: Evidence, *, variant: str, classes: int) -> ClaimResult:
    """Judge that each run's numbers for the first test image, one a class, lie between 0 and 1 and add up to 1."""

    def holds(numbers: Sequence[float]) -> bool:
        return (
            len(numbers) == classes
            and all(0 <= number <= 1 for number in numbers)
            and abs(sum(numbers) - 1) <= PROBABILITY_TOLERANCE
        )

    return always({seed: holds(image) for seed, image in evidence.first_test_images(variant).items()})


def predicts(evidence: Evidence, *, variant: str, label: int) -> ClaimResult:
    """Judge that the most probable class of the first test image is this one on most seeds."""
    images = evidence.first_test_images(variant)
    return mostly({seed: list(image).index(max(image)) == label for seed, image in images.items()})


ClaimKind = Callable[..., ClaimResult]

KINDS: dict[str, ClaimKind] = {
    kind.__name__.replace("_", "-"): kind
    for kind in (
        *(better, worse, equivalent, higher, lower, above, below, rises_again),
        *(raises, cannot_train, stops_below, stops_after, probabilities, predicts),
    )
}
BY_VERDICT = ("better", "worse", "equivalent")  # against the control that the study declares
ON_FIRST_IMAGE = ("probabilities", "predicts")


def measured(record: Record, *, value: str, epoch: int | None) -> float:
    """Return what a record measured after an epoch, else at its end; NaN where it did not."""
    if epoch is not None:
        by_epoch = zip(epoch_numbers(record), record.history.get(value, ()), strict=False)
        return next((number for at, number in by_epoch if at == epoch), math.nan)
    return epoch_seconds(record) if value == EPOCH_SECONDS else record.metrics.get(value, math.nan)


def epoch_seconds(record: Record) -> float:
    """Return the seconds of a typical epoch: the median without the first, in which the program may be compiled."""
    every = record.history.get(EPOCH_SECONDS, ())
    seconds = every[1:] or every
    return statistics.median(seconds) if seconds else math.nan


def _ended_by_itself(records: Sequence[Record]) -> list[Record]:
    """Return the runs that the model ended, not a killed worker, a time limit or the user."""
    return [record for record in records if record.finished or record.status == DIVERGED or record.error_type]


def _first_error(records: Sequence[Record]) -> str:
    return next((record.error for record in records if record.error), "")
