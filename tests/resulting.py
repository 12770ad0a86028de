"""A small recorded study for the tests of what is done with results: records as a run leaves them, without training."""

from pathlib import Path
from typing import Any

from harness.records.record import Record, trial_folder, write_record

CHANGES: dict[str, dict[str, Any]] = {
    "base": {},
    "wide": {"hidden": [512]},
    "deep": {"hidden": [512, 256]},
    "broken": {"outputs": 5},
}
ACCURACIES = {"base": 0.970, "wide": 0.980, "deep": 0.9705, "broken": 0.0}


def make_record(variant: str = "base", seed: int = 0, **values: Any) -> Record:
    """Return a record of the study `s`: base, wide (better), deep (much like the base), broken (fails)."""
    accuracy = values.pop("accuracy", ACCURACIES[variant] + (seed * (2 + list(CHANGES).index(variant)) % 5 - 2) / 5000)
    change = ", ".join(
        f"{name}={'-'.join(map(str, value)) if isinstance(value, list) else value}" for name, value in CHANGES[variant].items()
    )
    position = list(CHANGES).index(variant)
    plain: dict[str, Any] = dict(
        study="s", variant=variant, seed=seed, trial_id=f"{position:06x}{seed:06x}", attempt=1, position=position,
        control="" if variant == "base" else "base", change=change,
        settings={"dataset": "mnist", "hidden": [128], "outputs": 10, "epochs": 2, "rate": 0.001} | CHANGES[variant],
        expectation="finishes", status="ok", as_expected=True,
        history={"train_loss": [0.5, 0.3], "test_accuracy": [0.9, accuracy]},
        metrics={"train_loss": 0.3, "train_accuracy": 0.97, "test_loss": 0.2 + seed / 100, "test_accuracy": accuracy},
        cost={"parameters": 1000, "seconds": 2.0}, data={"name": "mnist", "used": "mnist", "sha256": "ab" * 32},
        architecture=[{"name": "dense", "kind": "Dense", "units": (CHANGES[variant].get("hidden") or [128])[0]}],
        provenance={"engine": "xla", "tensorflow": "2.21.0"}, first_test_image=[0.1] * 7 + [0.3, 0.0, 0.0],
    )  # fmt: skip
    if variant == "broken":
        error = "ValueError: 5% of a_b | c"
        plain |= dict(
            status="expected-error", expectation="raises ValueError", error=error, error_type="ValueError",
            traceback=f"Traceback\n{error}\n", history={}, metrics={}, first_test_image=[],
        )  # fmt: skip
    return Record(**(plain | values))


def store(logdir: Path, *records: Record) -> Path:
    """Write records where they belong below a log folder; return it."""
    for record in records:
        write_record(trial_folder(logdir, record.study, record.variant, record.seed), record)
    return logdir


def store_study(logdir: Path, *, seeds: int = 5, **values: Any) -> Path:
    """Write the whole study for some seeds; return the log folder."""
    return store(logdir, *(make_record(variant, seed, **values) for variant in CHANGES for seed in range(seeds)))
