"""The examples of callbacks and phases in docs/own, run as a user runs them, on little data."""

from pathlib import Path

import pytest
from calling import harness

from harness.records.record import read_record

OWN = Path(__file__).resolve().parents[2] / "docs" / "own"
SMALL = ("--seeds", 1, "--set", "samples=200", "--set", "validation=50", "--dataset", "digits", "--jobs", 1)


def ran(tmp_path: Path, name: str, *options: object, folder: Path = OWN) -> dict[str, object]:
    result = harness("run", folder / f"{name}.py", *SMALL, "--logdir", tmp_path, *options)
    assert result.exit_code == 0, result.output
    paths = sorted(tmp_path.glob("*/*/seed-0/record.json"))
    return {path.parents[1].name: read_record(path) for path in paths} | {"printed": result.output}


@pytest.mark.processes
def test_a_callback_is_ablated(tmp_path: Path) -> None:
    found = ran(tmp_path, "early_stopping", "--set", "epochs=30", "--engine", "auto")
    base, stopped, patient = (found[name] for name in ("base", "early-stop", "patience-2"))
    losses = base.history["train_loss"]
    assert base.epochs == 30 and stopped.epochs == next(place for place, loss in enumerate(losses, 1) if loss < 0.4) < 30
    assert stopped.history["train_loss"] == losses[: stopped.epochs]
    best = patient.epochs - 2
    assert patient.provenance["weights"] == f"best epoch {best}" and patient.provenance["engine"] == "xla"
    assert patient.metrics["test_loss"] == pytest.approx(base.history["test_loss"][best - 1])
    assert f"patience-2 is judged with the weights of the best epoch ({best})." in found["printed"]


@pytest.mark.processes
def test_each_trial_keeps_files_of_its_own(tmp_path: Path) -> None:
    found = ran(tmp_path, "training_files", "--set", "epochs=3")
    assert found["falling"].status == "ok"
    for variant in ("base", "falling"):
        folder = tmp_path / "training-files" / variant / "seed-0" / "callbacks"
        assert sorted(path.name for path in folder.iterdir()) == ["best.keras", "epochs.csv"]
        assert len((folder / "epochs.csv").read_text().splitlines()) == 4


@pytest.mark.processes
def test_a_backbone_is_tuned_in_two_phases(tmp_path: Path) -> None:
    # The whole MobileNetV2 of the file is trained in tests/training/test_phases.py, against its plain script.
    text = (OWN / "two_phases.py").read_text()
    small = (
        'Sequential([layers.Input((32, 32, 3)), layers.Conv2D(2, 3, 9, name="block_13"), layers.Flatten()], name="backbone")'
    )
    whole = next(line for line in text.splitlines() if "MobileNetV2" in line).strip()
    (tmp_path / "two_phases.py").write_text(text.replace(whole, f"backbone = {small}"))
    found = ran(tmp_path, "two_phases", "--only", "base", folder=tmp_path)
    record = found["base"]
    phases = record.provenance["phases"]
    assert record.epochs == 4 and phases["2"]["first_epoch"] == 3
    assert record.history["learning_rate"] == pytest.approx([0.001, 0.001, 1e-5, 1e-5])
    assert phases["1"]["weights_that_learn"] < phases["2"]["weights_that_learn"]
