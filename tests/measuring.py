"""A recorded regression study for the tests: a metric of which lower is better, a validation set, epochs left out."""

from collections.abc import Sequence
from typing import Any

from harness.records.record import Record
from harness.study.metrics import Metric

RMSE = Metric("rmse", margin=0.01, higher_is_better=False)
DEPTHS = {"base": "", "deep": "hidden=30-30", "poor": "hidden=1", "alike": "hidden=31"}
LAST_RMSE = {"base": 0.70, "deep": 0.65, "poor": 1.20, "alike": 0.701}


def regression_record(variant: str = "base", seed: int = 0, **values: Any) -> Record:
    """Return a record of the study `r`: deep is better than base, poor is worse, alike is equivalent.

    Three epochs of thirty were logged: 10, 20, 30. The test value is best at 20, the validation value at 10.
    """
    noise = 0.0005 * (seed * (2 + list(DEPTHS).index(variant)) % 5 - 2)
    last = values.pop("rmse", LAST_RMSE[variant] + noise)
    history: dict[str, Sequence[float]] = {
        "train_loss": [0.9, 0.5, 0.4], "train_rmse": [0.95, 0.71, 0.63],
        "validation_loss": [0.36, 0.5, 0.6], "validation_rmse": [0.6, 0.71, 0.77],
        "test_loss": [1.0, 0.4, last**2], "test_rmse": [last + 0.3, last - 0.05, last],
        "epoch": [10, 20, 30], "learning_rate": [0.01] * 3, "epoch_seconds": [0.1] * 3, "test_seconds": [0.01] * 3,
    }  # fmt: skip
    metrics = {name: series[-1] for name, series in history.items() if name.startswith(("train_", "validation_", "test_"))}
    metrics.pop("test_seconds")
    position = list(DEPTHS).index(variant)
    plain: dict[str, Any] = dict(
        study="r", variant=variant, seed=seed, trial_id=f"{position:06x}{seed:06x}", attempt=1, position=position,
        control="base" if position else "", change=DEPTHS[variant], settings={"hidden": DEPTHS[variant]},
        expectation="finishes", status="ok", as_expected=True, history=history, metrics=metrics,
        cost={"parameters": 301 + position, "seconds": 2.0, "flops_per_sample": 600.0},
        data={"name": "housing", "used": "housing", "sha256": "cd" * 32}, provenance={"engine": "xla"},
        metric=RMSE.to_dict(),
    )  # fmt: skip
    return Record(**(plain | values))


def regression_study(*, seeds: int = 5, **values: Any) -> list[Record]:
    """Return the whole study's records."""
    return [regression_record(variant, seed, **values) for variant in DEPTHS for seed in range(seeds)]
