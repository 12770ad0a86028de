import math
from dataclasses import replace

import numpy as np
import pytest
from course_records import STUDY, course_record, course_records, seven

from harness.course import claim_judging
from harness.course.claim_judging import REFUTED, SUPPORTED, UNDECIDED, ClaimResult, combined
from harness.course.question_evidence import Evidence, collect_evidence
from harness.course.questions_file import load_questions

pytestmark = pytest.mark.quick

CLAIMS = {(question.name, claim.name): claim for question in load_questions(STUDY).questions for claim in question.claims}


def evidence_with(**curves) -> Evidence:
    """Return the evidence of a whole run in which some variants' records are replaced; None removes them."""
    names = {name.replace("-", "_").replace(".", "_"): name for name in STUDY.names}
    replaced = {names[key]: records for key, records in curves.items()}
    kept = [record for record in course_records() if record.variant not in replaced]
    return collect_evidence([*kept, *(record for records in replaced.values() for record in records or ())], STUDY)


def with_values(variant: str, **values) -> list:
    """Return five records of a variant with last values (one a seed) of some metrics."""
    records = []
    for seed in range(5):
        record = course_record(variant, seed)
        last = {name: float(numbers[seed]) for name, numbers in values.items()}
        history = dict(record.history) | {name: [*record.history[name][:-1], value] for name, value in last.items()}
        records.append(replace(record, metrics=dict(record.metrics) | last, history=history))
    return records


def copied(variant: str, source: str, **changes) -> list:
    """Return a variant's records with what another variant's measured."""
    return [
        replace(course_record(variant, seed), history=found.history, metrics=found.metrics, status="ok", **changes)
        for seed, found in enumerate(course_records(only=[source]))
    ]


def accuracy_like(variant: str, source: str, *, offset: float) -> list:
    """Return a variant's records whose accuracy is another's, off by so much, more or less, on each seed."""
    base = [record.metrics["test_accuracy"] for record in course_records(only=[source])]
    wobble = np.array([-1, 1, 0, 0.5, -0.5]) * 1e-4
    return with_values(variant, test_accuracy=np.array(base) + offset + wobble)


def curves(variant: str, shape) -> list:
    """Return a variant's records whose test loss is a curve: shape(epochs, seed) → losses."""
    records = course_records(only=[variant])
    changed = [dict(record.history) | {"test_loss": list(shape(record.epochs, record.seed))} for record in records]
    return [replace(record, history=history) for record, history in zip(records, changed, strict=True)]


def starting(variant: str, losses) -> list:
    """Return a variant's records with these training losses after the first epoch, one a seed."""
    records = course_records(only=[variant])
    changed = [
        dict(record.history) | {"train_loss": [float(loss), *record.history["train_loss"][1:]]}
        for record, loss in zip(records, losses, strict=True)
    ]
    return [replace(record, history=history) for record, history in zip(records, changed, strict=True)]


def noisy(epochs: int, seed: int) -> np.ndarray:
    return np.full(epochs, 0.1) + np.random.default_rng(seed).normal(scale=0.01, size=epochs)


def timed(variant: str, seconds) -> list:
    """Return a variant's records whose epochs after the first took these seconds, one value a seed."""
    records = course_records(only=[variant])
    return [
        replace(record, history=dict(record.history) | {"epoch_seconds": [9.0, *[float(value)] * 4]})
        for record, value in zip(records, seconds, strict=True)
    ]


SPREAD = np.array([0.9, 1.2, 1.0, 0.8, 1.1])
ACROSS = np.array([-1.0, 1.0, -0.8, 0.9, 0.1])
BASE_LOSSES = np.array([record.metrics["train_loss"] for record in course_records(only=["base"])])
CONTROL_LOSSES = np.array([record.metrics["train_loss"] for record in course_records(only=["neurons-512"])])
FIFTEEN_LOSSES = np.array([record.metrics["train_loss"] for record in course_records(only=["epochs-15"])])

# Evidence that refutes each claim, and evidence that leaves it open; the whole run of course_records supports it.
REFUTING = {
    ("predictions", "probabilities"): dict(base=[course_record("base", 0, first_test_image=(0.2,) * 10)]),
    ("predictions", "seven"): dict(
        base=[course_record("base", seed, first_test_image=tuple(reversed(seven(0.9)))) for seed in range(5)]
    ),
    ("neurons", "slower"): dict(neurons_1024=timed("neurons-1024", 0.1 * SPREAD)),
    ("neurons", "closer-fit"): dict(neurons_1024=with_values("neurons-1024", train_loss=BASE_LOSSES + 0.01 * SPREAD)),
    ("neurons", "more-accurate"): dict(neurons_1024=accuracy_like("neurons-1024", "base", offset=0.0005)),
    ("flatten", "shape-error"): dict(no_flatten=copied("no-flatten", "neurons-64")),
    ("output-layer", "cannot-train"): dict(output_5=copied("output-5", "neurons-64")),
    ("extra-layer", "little-effect"): dict(extra_hidden_layer=accuracy_like("extra-hidden-layer", "neurons-512", offset=-0.01)),
    ("epochs", "fifteen-lower-loss"): dict(epochs_15=with_values("epochs-15", train_loss=BASE_LOSSES + 0.01 * SPREAD)),
    ("epochs", "thirty-lower-loss"): dict(epochs_30=with_values("epochs-30", train_loss=FIFTEEN_LOSSES + 0.01 * SPREAD)),
    ("epochs", "test-loss-rises"): dict(
        epochs_30=curves("epochs-30", lambda epochs, seed: np.geomspace(0.3, 0.05, epochs) * (1 + seed / 100))
    ),
    ("normalization", "higher-start"): dict(no_normalization=starting("no-normalization", 0.1 * SPREAD)),
    ("normalization", "higher-end"): dict(
        no_normalization=with_values("no-normalization", train_loss=CONTROL_LOSSES - 0.01 * SPREAD)
    ),
    ("normalization", "less-accurate"): dict(no_normalization=accuracy_like("no-normalization", "neurons-512", offset=0.01)),
    ("callbacks", "below-threshold"): dict(early_stop=copied("early-stop", "fashion-raw")),
    ("callbacks", "two-epochs"): dict(early_stop=copied("early-stop", "fashion-512")),
    ("learning-rate", "too-slow"): dict(learning_rate_0_0001=accuracy_like("learning-rate-0.0001", "base", offset=0.0)),
    ("learning-rate", "too-large"): dict(learning_rate_0_01=accuracy_like("learning-rate-0.01", "base", offset=0.01)),
    ("learning-rate", "far-too-large"): dict(learning_rate_0_1=accuracy_like("learning-rate-0.1", "base", offset=0.0)),
}
OPEN = {
    ("predictions", "seven"): dict(
        base=[
            course_record("base", seed, first_test_image=seven(0.9) if seed % 2 else tuple(reversed(seven(0.9))))
            for seed in range(5)
        ]
    ),
    ("neurons", "slower"): dict(neurons_1024=timed("neurons-1024", 0.427 + 0.1 * ACROSS)),
    ("neurons", "closer-fit"): dict(neurons_1024=with_values("neurons-1024", train_loss=BASE_LOSSES + 0.01 * ACROSS)),
    ("neurons", "more-accurate"): dict(neurons_1024=with_values("neurons-1024", test_accuracy=0.979 + 0.01 * ACROSS)),
    ("extra-layer", "little-effect"): dict(
        extra_hidden_layer=with_values("extra-hidden-layer", test_accuracy=0.979 + 0.01 * ACROSS)
    ),
    ("epochs", "fifteen-lower-loss"): dict(epochs_15=with_values("epochs-15", train_loss=BASE_LOSSES + 0.01 * ACROSS)),
    ("epochs", "thirty-lower-loss"): dict(epochs_30=with_values("epochs-30", train_loss=FIFTEEN_LOSSES + 0.01 * ACROSS)),
    ("epochs", "test-loss-rises"): dict(epochs_30=curves("epochs-30", noisy)),
    ("normalization", "higher-start"): dict(no_normalization=course_records(only=["no-normalization"])[:4]),
    ("normalization", "higher-end"): dict(
        no_normalization=with_values("no-normalization", train_loss=CONTROL_LOSSES + 0.01 * ACROSS)
    ),
    ("normalization", "less-accurate"): dict(
        no_normalization=with_values("no-normalization", test_accuracy=0.979 + 0.01 * ACROSS)
    ),
    ("callbacks", "two-epochs"): dict(early_stop=course_records(only=["early-stop"])[:4]),
    ("learning-rate", "too-slow"): dict(
        learning_rate_0_0001=with_values("learning-rate-0.0001", test_accuracy=0.977 + 0.01 * ACROSS)
    ),
    ("learning-rate", "too-large"): dict(
        learning_rate_0_01=with_values("learning-rate-0.01", test_accuracy=0.977 + 0.01 * ACROSS)
    ),
    ("learning-rate", "far-too-large"): dict(
        learning_rate_0_1=with_values("learning-rate-0.1", test_accuracy=0.977 + 0.01 * ACROSS)
    ),
}


@pytest.mark.parametrize("name", CLAIMS, ids="/".join)
def test_records_like_the_real_ones_support_a_claim(name):
    assert CLAIMS[name].judge(evidence_with()).state == SUPPORTED


@pytest.mark.parametrize("name", CLAIMS, ids="/".join)
def test_records_that_show_the_contrary_refute_a_claim(name):
    assert CLAIMS[name].judge(evidence_with(**REFUTING[name])).state == REFUTED


@pytest.mark.parametrize("name", OPEN, ids="/".join)
def test_an_interval_that_cannot_tell_leaves_a_claim_undecided(name):
    assert CLAIMS[name].judge(evidence_with(**OPEN[name])).state == UNDECIDED


@pytest.mark.parametrize("name", CLAIMS, ids="/".join)
def test_a_claim_without_records_is_undecided(name):
    assert CLAIMS[name].judge(collect_evidence([], STUDY)) == claim_judging.MISSING


def test_three_seeds_decide_nothing_that_depends_on_the_seed():
    evidence = collect_evidence(course_records(seeds=range(3)), STUDY)
    decided = {name for name, claim in CLAIMS.items() if claim.judge(evidence).state != UNDECIDED}
    by_the_program = {
        ("predictions", "probabilities"),
        ("flatten", "shape-error"),
        ("output-layer", "cannot-train"),
        ("callbacks", "below-threshold"),
    }
    assert decided == by_the_program


def test_a_killed_worker_is_no_evidence_of_a_shape_error():
    killed = course_record("no-flatten", 0, status="failed", error="Worker was killed (signal 9).", error_type="")
    assert CLAIMS["flatten", "shape-error"].judge(evidence_with(no_flatten=[killed])) == claim_judging.MISSING


def test_another_error_than_a_shape_error_refutes():
    other = course_record("no-flatten", 0, status="failed", error="TypeError: None", error_type="TypeError")
    assert CLAIMS["flatten", "shape-error"].judge(evidence_with(no_flatten=[other])).state == REFUTED


def test_a_loss_that_is_not_finite_is_not_training():
    diverged = [course_record("output-5", seed, status="diverged", error="", error_type="") for seed in range(5)]
    assert CLAIMS["output-layer", "cannot-train"].judge(evidence_with(output_5=diverged)).state == SUPPORTED


def test_a_learning_rate_that_diverges_on_every_seed_is_worse():
    diverged = [course_record("learning-rate-0.1", seed, status="diverged", metrics={}) for seed in range(5)]
    result = CLAIMS["learning-rate", "far-too-large"].judge(evidence_with(learning_rate_0_1=diverged))
    assert (result.state, result.reason) == (SUPPORTED, "diverged")


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ((SUPPORTED, SUPPORTED), SUPPORTED),
        ((SUPPORTED, UNDECIDED), UNDECIDED),
        ((SUPPORTED, UNDECIDED, REFUTED), REFUTED),
        ((), UNDECIDED),
    ],
)
def test_an_answer_stands_only_with_all_its_claims(states, expected):
    assert combined([ClaimResult(state, "all") for state in states]) == expected


def test_the_same_values_on_every_seed_refute_a_difference():
    values = dict(enumerate([0.5, 0.6, 0.7, 0.8, 0.9]))
    assert claim_judging.more(values, values).reason == "identical"


def test_a_difference_without_any_spread_is_undecided():
    control = dict(enumerate([0.5, 0.75, 1.0, 1.25, 1.5]))
    assert claim_judging.more({seed: value + 0.25 for seed, value in control.items()}, control).reason == "no-spread"


def test_only_seeds_that_both_have_are_compared():
    values = dict(enumerate(SPREAD))
    assert claim_judging.less(values | {9: math.nan, 10: 100.0}, dict.fromkeys(range(10), 2.0)).n == 5


@pytest.mark.parametrize("shape", [np.zeros(30), np.maximum(0.0, 0.1 - np.arange(30) / 60)], ids=["flat", "falling"])
def test_noise_alone_rarely_looks_like_a_rise(shape):
    rng, found = np.random.default_rng(5), 0
    for _ in range(1000):
        curves = dict(enumerate(shape + rng.normal(0.1, 0.01, size=(5, 30))))
        found += claim_judging.rise_from_best(curves).state == SUPPORTED
    assert found / 1000 <= 0.025  # an epoch that the other seeds choose gives 0.05, a curve's own minimum 1.0


def test_a_rise_from_the_lowest_epoch_is_found():
    rng = np.random.default_rng(5)
    curve = np.concatenate([np.geomspace(0.15, 0.07, 8), np.linspace(0.07, 0.13, 22)])
    result = claim_judging.rise_from_best(dict(enumerate(curve + rng.normal(0, 0.002, size=(5, 30)))))
    assert result.state == SUPPORTED and result.mean == pytest.approx(0.06, abs=0.004) and result.n == 5


def test_a_curve_that_falls_to_its_end_does_not_rise():
    rng = np.random.default_rng(5)
    curves = dict(enumerate(np.linspace(1.0, 0.1, 10) + rng.normal(0, 0.001, size=(5, 10))))
    assert claim_judging.rise_from_best(curves).state == claim_judging.REFUTED


def test_one_curve_or_one_epoch_has_nothing_to_rise_from():
    assert claim_judging.rise_from_best({0: [1.0, 2.0]}) == claim_judging.MISSING
    assert claim_judging.rise_from_best({0: [1.0], 1: [2.0]}) == claim_judging.MISSING
