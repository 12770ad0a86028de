"""Records of the course's study with numbers like the real ones, for tests that only read records."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from harness.records.record import Record, trial_folder, write_record
from harness.study.loading import load_study
from harness.study.settings import to_json

STUDY = load_study("ablations")

# Each variant's last training loss, test loss and test accuracy, near what the full data give.
LAST = {
    "base": (0.045, 0.075, 0.9770),
    "neurons-64": (0.085, 0.095, 0.9710),
    "neurons-512": (0.028, 0.070, 0.9790),
    "neurons-1024": (0.0255, 0.068, 0.9830),
    "extra-hidden-layer": (0.0306, 0.078, 0.9790),
    "epochs-15": (0.006, 0.095, 0.9785),
    "epochs-30": (0.003, 0.130, 0.9795),
    "no-normalization": (0.2551, 0.260, 0.9450),
    "learning-rate-0.0001": (0.190, 0.190, 0.9450),
    "learning-rate-0.01": (0.090, 0.190, 0.9650),
    "learning-rate-0.1": (1.900, 1.950, 0.2500),
    "fashion-baseline": (0.296, 0.350, 0.8730),
    "fashion-raw": (0.5170, 0.5208, 0.8260),
    "fashion-512": (0.270, 0.335, 0.8790),
    "early-stop": (0.3577, 0.380, 0.8620),
}
FIRST_TRAIN_LOSS = {"no-normalization": 2.72, "fashion-raw": 2.92, "fashion-baseline": 0.50, "early-stop": 0.4719}
EPOCHS = {"epochs-15": 15, "epochs-30": 30, "early-stop": 2}
ERRORS = {
    "no-flatten": ("ValueError", "ValueError: Shapes (32,) and (32, 28, 10) do not match: a shape error."),
    "output-5": ("ValueError", "ValueError: Labels reach 9; expected labels below 5, the number of outputs."),
}


def course_record(variant: str, seed: int, **changes: object) -> Record:
    """Return one trial's record, its numbers spread a little over the seeds."""
    settings = STUDY.settings(variant)
    values = dict(
        study=STUDY.name,
        variant=variant,
        seed=seed,
        trial_id="0123456789ab",
        attempt=1,
        position=STUDY.names.index(variant),
        control=STUDY.control(variant),
        change=STUDY.change(variant),
        settings=to_json(settings),
        expectation=str(STUDY.expectation(variant)),
        as_expected=True,
        data={"name": settings.dataset, "used": settings.dataset},
    )
    outcome = _failed(variant) if variant in ERRORS else _trained(variant, seed)
    return Record(**(values | outcome | changes))


def _failed(variant: str) -> dict[str, object]:
    kind, text = ERRORS[variant]
    return dict(status="expected-error", error=text, error_type=kind)


def _trained(variant: str, seed: int) -> dict[str, object]:
    # Two draws of one generator, so that differences between variants have a spread of their own.
    noise = np.random.default_rng([STUDY.names.index(variant), seed]).normal(scale=0.01, size=2)
    train, test, accuracy = LAST[variant]
    epochs = EPOCHS.get(variant, 5)
    first = FIRST_TRAIN_LOSS.get(variant, max(0.25, 1.2 * train)) * (1 + noise[0])
    last = train * (1 + noise[0])
    history = {
        "train_loss": list(np.geomspace(first, last, epochs)),
        "train_accuracy": list(np.linspace(accuracy - 0.12, accuracy, epochs) + noise[1] * 0.04),
        "test_loss": rising_curve(test * (1 + noise[1]), epochs),
        "test_accuracy": list(np.linspace(accuracy - 0.05, accuracy, epochs) + noise[1] * 0.04),
        "epoch_seconds": [5.0, *[sum(STUDY.settings(variant).hidden) / 300 * (1 + noise[0])] * (epochs - 1)],
    }
    return dict(
        status="ok",
        history=history,
        metrics={name: history[name][-1] for name in ("train_loss", "train_accuracy", "test_loss", "test_accuracy")},
        first_test_image=seven(0.999 + noise[0] / 20),
    )


def rising_curve(last: float, epochs: int) -> list[float]:
    """Return a test loss that falls; where it goes on past epoch 8, it is at 0.07 there and then rises."""
    if epochs < 10:
        return list(np.geomspace(2 * last, last, epochs))
    return [*np.geomspace(0.15, 0.07, 8), *np.linspace(0.07, last, epochs - 8)]


def seven(probability: float) -> tuple[float, ...]:
    """Return ten probabilities with this one for class 7."""
    rest = (1 - probability) / 9
    return tuple(probability if label == 7 else rest for label in range(10))


def course_records(*, seeds: Sequence[int] = range(5), only: Sequence[str] = STUDY.names) -> list[Record]:
    """Return a whole run's records."""
    return [course_record(variant, seed) for variant in only for seed in seeds]


def write_all(logdir: Path, records: Sequence[Record]) -> Path:
    """Write records where a run would have; return the log folder."""
    for record in records:
        write_record(trial_folder(logdir, record.study, record.variant, record.seed), record)
    return logdir
