"""Studies of records by hand, with answers and test samples, for what shows them."""

from pathlib import Path

import numpy as np
from plain_records import record

from harness.analysis.predictions import write_predictions
from harness.analysis.test_samples import write_test_samples
from harness.records.attempts import attempt_folder
from harness.records.record import Record, trial_folder, write_record
from harness.report.study_data import StudyData, read_study

LABELS = np.array([0, 1, 2, 0, 1, 2, 0, 1])
SHA = "ab" * 32
KEY = "cd" * 16  # of what the models were given of these samples
IMAGES = np.linspace(0, 1, len(LABELS) * 64).reshape(-1, 8, 8)


def store(logdir: Path, *records: Record) -> Path:
    """Write records below a log folder; return the study's folder."""
    for one in records:
        folder = trial_folder(logdir, one.study, one.variant, one.seed)
        folder.mkdir(parents=True, exist_ok=True)
        write_record(folder, one)
    return logdir / records[0].study


def small_study(logdir: Path, *, seeds: int = 5) -> Path:
    """A base, a variant that is worse, one that fails as it should, one of which a seed diverged."""
    records = []
    for seed in range(seeds):
        history = {"train_loss": [0.5, 0.2], "test_accuracy": [0.8, 0.9 + seed / 1000], "epoch_seconds": [0.2, 0.1]}
        data = {"name": "digits", "used": "digits", "test_sha256": SHA}
        shared = {"history": history, "data": data, "provenance": {"test_samples": KEY}}
        cost = {"seconds": 2.0, "parameters": 10, "flops_per_sample": 20}
        records.append(record("base", seed, 0.95 + seed / 1000, cost=cost, **shared))
        small = {"cost": {**cost, "parameters": 5}, "changes": {"hidden": [64]}, "settings": {"hidden": [64]}}
        records.append(record("small", seed, 0.90 + seed / 900, **small, **shared))
        error = {
            "status": "expected-error",
            "error": "ValueError: shapes <b>do not</b> fit",
            "expects": {"raises": "ValueError"},
        }
        records.append(
            record("no-flatten", seed, position=2, settings={"hidden": [128], "flatten": False}, changes={"flatten": False},
                   metrics={}, history={}, data=data, expectation="raises ValueError", change="flatten=False", **error)
        )  # fmt: skip
        lost = seed == 1
        records.append(
            record("hot", seed, 0.7 + seed / 100, position=3, settings={"hidden": [128], "learning_rate": 1.0},
                   changes={"learning_rate": 1.0}, change="learning_rate=1.0", data=data, cost=cost,
                   status="diverged" if lost else "ok", as_expected=not lost, error="loss is nan" if lost else "",
                   history={} if lost else history)
        )  # fmt: skip
    return store(logdir, *records)


def answered(folder: Path, variant: str, *answers: "list[int]", key: str = KEY) -> None:
    """Keep what each seed of a variant answered, and the test set beside them."""
    for seed, classes in enumerate(answers):
        trial = trial_folder(folder.parent, folder.name, variant, seed)
        write_predictions(attempt_folder(trial, 1), np.array(classes), LABELS)
    write_test_samples(folder, key, LABELS, names=("zero", "one", "<two>"), images=IMAGES)


def read_small(logdir: Path, *, seeds: int = 5) -> StudyData:
    """The small study, read."""
    return read_study(small_study(logdir, seeds=seeds))
