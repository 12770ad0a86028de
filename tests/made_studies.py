"""Records of any study as a run would leave them, with numbers that nobody measured."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from harness.records.record import DIVERGED, EXPECTED_ERROR, OK, Record, trial_folder
from harness.study.study import Study
from harness.training.trial import Trial, blank_record


def made_record(study: Study, variant: str, seed: int, **values: Any) -> Record:
    """Return one trial's record that ended as the study expects it to."""
    position = study.names.index(variant)
    trial = Trial(
        study_path=study.path, base_changes=(), study=study.name, variant=variant, seed=seed, position=position,
        trial_id=f"{position:06x}{seed:06x}", attempt=1, folder=trial_folder(Path("logs"), study.name, variant, seed),
        engine="auto", data=None,
    )  # fmt: skip
    settings, expectation = study.settings(variant), study.expectation(variant)
    used = "study" if study.arrays else settings.dataset
    plain: dict[str, Any] = dict(
        as_expected=True, data={"name": used, "used": used, "sha256": ""}, cost={"parameters": 10.0, "seconds": 2.0},
        provenance={"engine": "xla", "study_file": str(study.path)},
    )  # fmt: skip
    if expectation.raises:
        error = "ValueError: Shapes differ, and a label is out of range"
        plain |= dict(status=EXPECTED_ERROR, error=error, error_type="ValueError")
    elif expectation.diverges:
        plain |= dict(status=DIVERGED, error="Loss is not finite after epoch 1.", history={"train_loss": [float("nan")]})
    else:
        history = _history(study, settings.validation is not None, np.random.default_rng((position, seed)))
        plain |= dict(status=OK, history=history, metrics={name: series[-1] for name, series in history.items()})
    return replace(blank_record(trial, study), **(plain | values))


def _history(study: Study, validated: bool, random: np.random.Generator) -> dict[str, list[float]]:
    parts = ("train", "validation", "test") if validated else ("train", "test")
    names = {"loss": 0.1, study.metric.name: 0.97 if study.metric.higher_is_better else 0.6}
    return {
        f"{part}_{name}": [value + 0.01 * float(random.normal()) / epoch for epoch in (2, 3, 4)]
        for part in parts
        for name, value in names.items()
    }


def made_records(study: Study, *, seeds: int = 5) -> list[Record]:
    """Return the records of a whole run."""
    return [made_record(study, variant, seed) for variant in study.names for seed in range(seeds)]
