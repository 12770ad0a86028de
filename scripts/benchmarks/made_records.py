"""Recorded trials that nobody trained, as many as wanted, of the size that a real study's have."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from harness.records import EXPECTED_ERROR, OK, Record, attempt_folder, environment, trial_folder, write_record
from harness.runs import dense_parameters
from harness.study import TEST, Study, load_study
from harness.training import Trial, blank_record

STUDY = "ablations"


def make_records(logdir: Path, count: int) -> None:
    """Write the records of the study's first `count` trials, seed by seed, below a log folder."""
    study = load_study(STUDY)
    for number in range(count):
        seed, position = divmod(number, len(study.names))
        folder = trial_folder(logdir, study.name, study.names[position], seed)
        (attempt_folder(folder, 1) / TEST).mkdir(parents=True)
        write_record(folder, made_record(study, study.names[position], seed, folder=folder))


def made_record(study: Study, variant: str, seed: int, *, folder: Path) -> Record:
    """Return a record with plausible, repeatable numbers; of an expected error where the study expects one."""
    identity = hashlib.sha256(f"{variant} {seed}".encode()).hexdigest()[:12]
    trial = Trial(
        study_path=study.file,
        base_changes=(),
        study=study.name,
        variant=variant,
        seed=seed,
        position=study.names.index(variant),
        trial_id=identity,
        attempt=1,
        folder=folder,
        engine="auto",
        data=None,
    )
    settings = study.settings(variant)
    engine = {"engine": "xla", "engine_reason": "made by the benchmark"}
    provenance = _environment() | engine | {"started": 0.0, "ended": 4.0}
    cost = {"parameters": dense_parameters(settings), "seconds": 4.0, "peak_memory_mb": 800.0}
    record = replace(blank_record(trial, study), as_expected=True, provenance=provenance, cost=cost)
    if not study.expectation(variant).finishes:
        error = "ValueError: made by the benchmark in place of the shape error that this variant raises"
        return replace(record, status=EXPECTED_ERROR, error=error, error_type="ValueError", traceback=error * 20)
    history = _history(settings.epochs, np.random.default_rng(int(identity, 16)))
    return replace(
        record,
        status=OK,
        history=history,
        metrics={name: history[name][-1] for name in list(history)[:4]},
        first_test_image=[0.1] * settings.outputs,
        architecture=[
            {"name": f"layer-{number}", "class": "Dense", "output": f"(None, {units})", "parameters": units}
            for number, units in enumerate((784, *settings.hidden, settings.outputs))
        ],
    )


def _history(epochs: int, random: np.random.Generator) -> Mapping[str, Sequence[float]]:
    loss = 0.3 * np.exp(-np.arange(epochs) / 5) + random.normal(0, 0.003, epochs)
    columns = {
        "train_loss": loss,
        "train_accuracy": 1 - loss / 3,
        "test_loss": loss + 0.03,
        "test_accuracy": 0.978 - loss / 10 + random.normal(0, 0.001, epochs),
        "learning_rate": np.full(epochs, 0.001),
        "epoch_seconds": random.uniform(0.4, 0.5, epochs),
        "test_seconds": random.uniform(0.02, 0.03, epochs),
    }
    return {name: values.tolist() for name, values in columns.items()}


@lru_cache(maxsize=1)
def _environment() -> dict[str, Any]:
    return environment()
