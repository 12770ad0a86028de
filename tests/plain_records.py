"""Records by hand: one variant, one seed, a few plain numbers."""

from harness.records.record import Record


def record(variant: str, seed: int, accuracy: float = 0.9, **changes) -> Record:
    metrics = {"train_loss": 0.1, "train_accuracy": 0.97, "test_loss": 0.2, "test_accuracy": accuracy}
    values = dict(
        study="s", variant=variant, seed=seed, trial_id="0123456789ab", attempt=1, position=0 if variant == "base" else 1,
        control="" if variant == "base" else "base", change="" if variant == "base" else "hidden=64",
        settings={"hidden": [128] if variant == "base" else [64]},
        expectation="finishes", status="ok", as_expected=True, metrics=metrics, cost={"seconds": 2.0, "parameters": 10},
        history={"train_loss": [0.1, 0.2]}, first_test_image=[0.1, 0.7, 0.2],
    )  # fmt: skip
    return Record(**(values | changes))
