"""The example files of studies that train themselves, each run for real at a small size."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from calling import harness
from pytorches import needs_pytorch
from sklearn.datasets import load_digits
from tiny_dataset import write_idx_files

from harness.records.record import OK, load_records

pytestmark = pytest.mark.processes

OWN = Path(__file__).resolve().parents[2] / "docs" / "own"
FUNCTIONS = ("gradient_tape", "pipeline", "boosted_tree", "vae", "gan", "resumed")
FILES = (
    *(f"{name}.py" for name in FUNCTIONS),
    *"script.toml csv_log.toml tensorboard_log.toml printed.toml script_study.py".split(),
)
FEW = ("--set", "epochs=2", "--set", "most=6")


def lines(name: str) -> int:
    return sum(bool(line.strip()) for line in (OWN / name).read_text().splitlines())


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The log folder of all examples, run in one call."""
    logdir = tmp_path_factory.mktemp("own")
    result = harness("run", *(OWN / name for name in FILES), *FEW, "--seeds", 1, "--logdir", logdir)
    assert result.exit_code == 0, result.output
    return logdir


@pytest.mark.parametrize("name", FILES)
def test_each_example_is_short_and_trains_all_of_its_variants(logs: Path, name: str):
    study = Path(name).stem.replace("_", "-")
    records, problems = load_records(logs / study)
    assert len(records) >= 2 and not problems and {record.status for record in records} == {OK}
    assert lines(name) < 25


def test_one_script_gives_the_same_figures_in_whatever_form_it_leaves_them_and_alone(logs: Path, tmp_path):
    forms = ("csv_log.toml", "tensorboard_log.toml", "printed.toml")
    found = {}
    for name in forms:
        records, _ = load_records(logs / Path(name).stem.replace("_", "-") / "base")
        found[name] = records[0].metrics["test_accuracy"]
    arguments = ["--rate", "0.01", "--seed", "0", "--log", "csv", "--out", str(tmp_path)]
    subprocess.run([sys.executable, str(OWN / "scripts" / "digits.py"), *arguments], check=True, stdout=subprocess.DEVNULL)
    alone = float((tmp_path / "log.csv").read_text().split()[-1].split(",")[-1])
    assert found == pytest.approx(dict.fromkeys(forms, alone), abs=1e-4)


def test_the_example_of_pytorch_is_short():
    assert lines("pytorch.py") < 25


@needs_pytorch
def test_the_example_of_pytorch_trains_and_each_seed_gives_the_same_again(tmp_path):
    options = ("--set", "epochs=2", "--set", "samples=1000", "--seeds", 2, "--jobs", 2)
    found = {}
    for logdir in (tmp_path / "one", tmp_path / "again"):
        result = harness("run", OWN / "pytorch.py", *options, "--logdir", logdir)
        assert result.exit_code == 0, result.output
        records, _ = load_records(logdir)
        assert {record.status for record in records} == {OK} and len(records) == 6
        assert all(record.provenance["torch_threads"] == 1 and record.provenance["torch"] for record in records)
        assert max(record.metrics["test_accuracy"] for record in records) > 0.7
        found[logdir.name] = {(record.variant, record.seed): record.history["train_loss"] for record in records}
    assert found["one"] == found["again"]
    assert len(set(map(tuple, found["one"].values()))) == 6  # each seed draws its own


def test_a_program_of_the_course_runs_as_it_is_and_gives_what_it_has_printed(tmp_path, monkeypatch):
    images, labels = load_digits(return_X_y=True)
    images = np.pad(np.kron(images.reshape(-1, 8, 8) * 15, np.ones((3, 3))), ((0, 0), (2, 2), (2, 2)))  # 28 × 28
    parts = {"train": slice(600), "test": slice(600, 800)}
    arrays = {f"x_{part}": images[rows].astype(np.uint8) for part, rows in parts.items()}
    arrays |= {f"y_{part}": labels[rows].astype(np.uint8) for part, rows in parts.items()}
    write_idx_files(tmp_path / "data" / "mnist", arrays)
    monkeypatch.setenv("HARNESS_DATA_DIR", str(tmp_path / "data"))
    only = ["--only", "no-flatten"]
    result = harness("run", OWN / "course.toml", *only, "--seeds", 1, "--jobs", 2, "--logdir", tmp_path / "logs")
    assert result.exit_code == 0, result.output
    records = {record.variant: record for record in load_records(tmp_path / "logs")[0]}
    base, printed = records["base"], (tmp_path / "logs/course/base/seed-0/output.txt").read_text().split()
    assert base.epochs == 5 and records["no-flatten"].error.startswith("ValueError: Argument `output`")
    last = {name: float(printed[len(printed) - 1 - printed[::-1].index(f"{name}:") + 1]) for name in ("accuracy", "loss")}
    assert base.metrics["test_accuracy"] == pytest.approx(last["accuracy"], abs=1e-4)
    assert base.metrics["test_loss"] == pytest.approx(last["loss"], abs=1e-4)
