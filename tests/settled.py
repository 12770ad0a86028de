"""A study whose trainings are numbers, for tests of looks: run by name, and what is kept and said of it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from calling import harness
from click.testing import Result

from harness.analysis.judging import judged
from harness.cli import study_runs
from harness.records.record import FAILED, OK, find_records, read_record
from harness.results.compare_inputs import read_tables
from harness.runs.execution import write_judged
from harness.runs.plan import Plan, results
from harness.runs.record_store import store
from harness.training.trial import Trial, blank_record

STUDY = """
from dataclasses import dataclass
from harness import Metric, Study, Variant

@dataclass(frozen=True)
class Settings:
    shift: float = 0.0
    kind: str = ""

def train(settings, trial):
    return {"test_accuracy": 0.9 + settings.shift + len(settings.kind)}

STUDY = Study("toy", question="Which?", base=Settings(), train=train,
    metric=Metric("accuracy", margin=%s, higher_is_better=True),
    variants=[Variant("big", shift=0.05), Variant("small", shift=0.0055), Variant("none", kind="n")%s])
"""
LATE = ', Variant("late", shift=0.06)'
SPREAD = 0.005
NO_ROOM = {"status": FAILED, "error": "OSError: no room", "error_type": "OSError"}


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A study whose trials give numbers at once: a base, a large effect, a small one, and none."""
    monkeypatch.chdir(tmp_path)
    training(monkeypatch, lambda _: False)
    return write(tmp_path)


def write(folder: Path, *, margin: float = 0.003, more: str = "") -> Path:
    path = folder / "toy.py"
    path.write_text(STUDY % (margin, more))
    return path


def training(
    monkeypatch: pytest.MonkeyPatch,
    failing: Callable[[Trial], bool],
    *,
    spread: float = SPREAD,
    ended: Mapping[str, str] = NO_ROOM,
    trained: list[tuple[str, int]] | None = None,
) -> None:
    """Have trials give numbers in place of being trained, those that are to fail none, but end so; trained: takes them down."""

    def train(run: study_runs._Run, plan: Plan, interrupts: object) -> tuple[str, ...]:
        for trial in plan.trials:
            settings = plan.study.settings(trial.variant)
            noise = np.random.default_rng([trial.seed, *trial.variant.encode()]).normal(0, spread)
            how = ended if failing(trial) else {"status": OK}
            if trained is not None:
                trained.append((trial.variant, trial.seed))
            metrics = {} if failing(trial) else {"test_accuracy": 0.9 + settings.shift + noise}
            record = replace(blank_record(trial, plan.study), metrics=metrics, history={"test_accuracy": [0.9]}, **how)
            record = replace(record, provenance=plan.request.provenance)
            store(trial.folder, judged(record, plan.study.expectation(trial.variant)))
        write_judged(plan, results(plan))
        run.shown.append(SimpleNamespace(finished=len(plan.trials)))  # type: ignore[arg-type]
        return ()

    monkeypatch.setattr(study_runs._Run, "train", train)
    monkeypatch.setattr(study_runs, "_written_again", lambda plan: write_judged(plan, results(plan)) or ())
    monkeypatch.setattr(study_runs, "begin_study", lambda _: None)  # TensorBoard's share is tested elsewhere


def run(*words: object, status: int = 0) -> Result:
    found = harness("run", "toy.py", *words)
    assert found.exit_code == status, found.output
    return found


def seeds() -> dict[str, int]:
    """Return how many seeds of each variant are recorded."""
    found: dict[str, int] = {}
    for path in find_records(Path("logs/toy")):
        variant = read_record(path).variant
        found[variant] = found.get(variant, 0) + 1
    return found


def words() -> dict[str, str]:
    """Return the verdict of each variant as the study's table has it."""
    (table,) = read_tables([Path("logs/toy")])
    return {row["variant"]: row["verdict"] for row in table.table.to_dict("records") if row["variant"] != "base"}


def kept() -> dict:
    return json.loads(Path("logs/toy/design.json").read_text())


def shown() -> list[int]:
    """Return with how many seeds the study was shown, one after another."""
    return [one["seeds"] for one in kept()["shown"]]
