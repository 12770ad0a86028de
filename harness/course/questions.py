"""The nine questions in their order: which variants each needs, and how each of its claims is held against them."""

import math
import re
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from harness.course.answers import (
    Finding,
    always,
    better,
    combined,
    equivalent,
    less,
    more,
    mostly,
    rise_from_best,
    worse,
)
from harness.course.question_evidence import Evidence
from harness.records import DIVERGED, EXPECTED_ERROR, Record
from harness.study import BASE

STUDY = "ablations"
FIRST_TEST_IMAGE_CLASS = 7  # MNIST's first test image shows a seven
CLASSES = 10
PROBABILITY_TOLERANCE = 1e-3  # ten probabilities in single precision add up to 1 within this
EARLY_STOP_LOSS = 0.4
EARLY_STOP_EPOCHS = 2


@dataclass(frozen=True, slots=True)
class Claim:
    """One part of a documented answer that records can speak on; its words are in the texts, under its name."""

    name: str
    judge: Callable[[Evidence], Finding]


@dataclass(frozen=True, slots=True)
class Question:
    """One of the course's questions: the variants whose records answer it, and what its answer claims."""

    name: str
    variants: tuple[str, ...]
    claims: tuple[Claim, ...]

    def findings(self, evidence: Evidence) -> tuple[Finding, ...]:
        """Return what the evidence says of each claim."""
        return tuple(claim.judge(evidence) for claim in self.claims)

    def state(self, evidence: Evidence) -> str:
        """Return whether the evidence supports the documented answer as a whole."""
        return combined(self.findings(evidence))


def train_loss(record: Record) -> float:
    """Return the training loss of the last epoch."""
    return record.metrics.get("train_loss", math.nan)


def first_train_loss(record: Record) -> float:
    """Return the training loss of the first epoch."""
    return next(iter(record.history.get("train_loss", ())), math.nan)


def epoch_seconds(record: Record) -> float:
    """Return the seconds of a typical epoch: the median without the first, in which the program may be compiled."""
    every = record.history.get("epoch_seconds", ())
    seconds = every[1:] or every
    return statistics.median(seconds) if seconds else math.nan


def outputs_are_probabilities(evidence: Evidence) -> Finding:
    """Judge that the ten numbers for the first test image lie between 0 and 1 and add up to 1."""

    def holds(numbers: Sequence[float]) -> bool:
        return (
            len(numbers) == CLASSES
            and all(0 <= number <= 1 for number in numbers)
            and abs(sum(numbers) - 1) <= PROBABILITY_TOLERANCE
        )

    return always({record.seed: holds(record.first_test_image) for record in _with_first_image(evidence)})


def first_image_is_a_seven(evidence: Evidence) -> Finding:
    """Judge that the most probable class of the first test image is the right one."""
    records = _with_first_image(evidence)
    chosen = {record.seed: list(record.first_test_image).index(max(record.first_test_image)) for record in records}
    return mostly({seed: label == FIRST_TEST_IMAGE_CLASS for seed, label in chosen.items()})


def _with_first_image(evidence: Evidence) -> list[Record]:
    return [record for record in evidence.finished(BASE) if record.first_test_image]


def wide_layer_is_slower(evidence: Evidence) -> Finding:
    """Judge that an epoch with 1024 neurons takes longer than with 128."""
    return more(evidence.values("neurons-1024", epoch_seconds), evidence.values(BASE, epoch_seconds))


def wide_layer_fits_closer(evidence: Evidence) -> Finding:
    """Judge that 1024 neurons end at a lower training loss than 128."""
    return less(evidence.values("neurons-1024", train_loss), evidence.values(BASE, train_loss))


def wide_layer_is_more_accurate(evidence: Evidence) -> Finding:
    """Judge that 1024 neurons are right more often on the test set than 128."""
    return better(evidence.comparisons.get("neurons-1024"))


def without_flatten_shapes_clash(evidence: Evidence) -> Finding:
    """Judge that a model without Flatten stops with an error about shapes."""
    ended = _ended_by_itself(evidence.of("no-flatten"))
    outcomes = {record.seed: record.status == EXPECTED_ERROR and bool(re.search("(?i)shape", record.error)) for record in ended}
    return always(outcomes, detail=_first_error(ended))


def five_outputs_cannot_train(evidence: Evidence) -> Finding:
    """Judge that five outputs for ten classes end in an error or in a loss that is not finite."""
    ended = _ended_by_itself(evidence.of("output-5"))
    outcomes = {record.seed: record.status in (EXPECTED_ERROR, DIVERGED) for record in ended}
    return always(outcomes, detail=_first_error(ended))


def _ended_by_itself(records: Sequence[Record]) -> list[Record]:
    """Return the runs that the model ended, not a killed worker, a time limit or the user."""
    return [record for record in records if record.finished or record.status == DIVERGED or record.error_type]


def _first_error(records: Sequence[Record]) -> str:
    return next((record.error for record in records if record.error), "")


def second_layer_changes_little(evidence: Evidence) -> Finding:
    """Judge that a second hidden layer makes no difference to the test accuracy that matters."""
    return equivalent(evidence.comparisons.get("extra-hidden-layer"))


def fifteen_epochs_lower_the_loss(evidence: Evidence) -> Finding:
    """Judge that 15 epochs end at a lower training loss than 5."""
    return less(evidence.values("epochs-15", train_loss), evidence.values(BASE, train_loss))


def thirty_epochs_lower_it_further(evidence: Evidence) -> Finding:
    """Judge that 30 epochs end at a lower training loss than 15."""
    return less(evidence.values("epochs-30", train_loss), evidence.values("epochs-15", train_loss))


def thirty_epochs_raise_the_test_loss(evidence: Evidence) -> Finding:
    """Judge that the test loss after 30 epochs lies above the best it was on the way."""
    curves = {record.seed: record.history.get("test_loss", ()) for record in evidence.finished("epochs-30")}
    return rise_from_best(curves)


def raw_pixels_start_higher(evidence: Evidence) -> Finding:
    """Judge that raw pixels give a higher training loss in the first epoch than scaled ones."""
    return more(evidence.values("no-normalization", first_train_loss), evidence.values("neurons-512", first_train_loss))


def raw_pixels_end_higher(evidence: Evidence) -> Finding:
    """Judge that raw pixels give a higher training loss in the last epoch too."""
    return more(evidence.values("no-normalization", train_loss), evidence.values("neurons-512", train_loss))


def raw_pixels_are_worse(evidence: Evidence) -> Finding:
    """Judge that raw pixels cost test accuracy."""
    return worse(evidence.comparisons.get("no-normalization"))


def stops_below_the_threshold(evidence: Evidence) -> Finding:
    """Judge that training ends after the first epoch below the threshold, and not before."""

    def holds(losses: Sequence[float]) -> bool:
        return bool(losses) and losses[-1] < EARLY_STOP_LOSS and all(loss >= EARLY_STOP_LOSS for loss in losses[:-1])

    runs = evidence.finished("early-stop")
    return always({record.seed: holds(record.history.get("train_loss", ())) for record in runs})


def stops_after_two_epochs(evidence: Evidence) -> Finding:
    """Judge that training ends after two epochs."""
    return mostly({record.seed: record.epochs == EARLY_STOP_EPOCHS for record in evidence.finished("early-stop")})


def _worse_rate(variant: str) -> Callable[[Evidence], Finding]:
    def judge(evidence: Evidence) -> Finding:
        return worse(evidence.comparisons.get(variant))

    return judge


QUESTIONS = (
    Question(
        "predictions",
        (BASE,),
        (Claim("probabilities", outputs_are_probabilities), Claim("seven", first_image_is_a_seven)),
    ),
    Question(
        "neurons",
        (BASE, "neurons-64", "neurons-512", "neurons-1024"),
        (
            Claim("slower", wide_layer_is_slower),
            Claim("closer-fit", wide_layer_fits_closer),
            Claim("more-accurate", wide_layer_is_more_accurate),
        ),
    ),
    Question("flatten", ("neurons-64", "no-flatten"), (Claim("shape-error", without_flatten_shapes_clash),)),
    Question("output-layer", ("neurons-64", "output-5"), (Claim("cannot-train", five_outputs_cannot_train),)),
    Question("extra-layer", ("neurons-512", "extra-hidden-layer"), (Claim("little-effect", second_layer_changes_little),)),
    Question(
        "epochs",
        (BASE, "epochs-15", "epochs-30"),
        (
            Claim("fifteen-lower-loss", fifteen_epochs_lower_the_loss),
            Claim("thirty-lower-loss", thirty_epochs_lower_it_further),
            Claim("test-loss-rises", thirty_epochs_raise_the_test_loss),
        ),
    ),
    Question(
        "normalization",
        ("neurons-512", "no-normalization"),
        (
            Claim("higher-start", raw_pixels_start_higher),
            Claim("higher-end", raw_pixels_end_higher),
            Claim("less-accurate", raw_pixels_are_worse),
        ),
    ),
    Question(
        "callbacks",
        ("fashion-512", "early-stop"),
        (Claim("below-threshold", stops_below_the_threshold), Claim("two-epochs", stops_after_two_epochs)),
    ),
    Question(
        "learning-rate",
        ("learning-rate-0.0001", BASE, "learning-rate-0.01", "learning-rate-0.1"),
        (
            Claim("too-slow", _worse_rate("learning-rate-0.0001")),
            Claim("too-large", _worse_rate("learning-rate-0.01")),
            Claim("far-too-large", _worse_rate("learning-rate-0.1")),
        ),
    ),
)
