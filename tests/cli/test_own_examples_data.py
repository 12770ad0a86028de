"""The examples of data of one's own: each trains as it stands, at tiny size."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from harness.records.record import OK, Record
from harness.runs.plan import make_plan
from harness.runs.request import RunRequest
from harness.study.loading import load_study

OWN = Path(__file__).resolve().parents[2] / "docs" / "own"
EXAMPLES = ("tf_data_pipeline", "images_on_disk", "generator", "larger_than_memory", "table_split_by_seed")
ENGINES = {"generator": "fit", "larger_than_memory": "fit"}


def trained(folder: Path, name: str, *, seeds: int = 1) -> list[Record]:
    """Train the base of an example in this process, as a worker does, with the files that it reads beside it."""
    from harness.training.trial_runner import run_trial

    shutil.copy(OWN / f"{name}.py", folder)
    random = np.random.default_rng(0)
    x = random.normal(size=(60, 4)).astype("float32")
    np.save(folder / "x.npy", x)
    np.save(folder / "y.npy", (x[:, 0] > 0).astype("int64"))
    if name == "images_on_disk":
        _write_images(folder / "images", random)
    study = load_study(str(folder / f"{name}.py"))
    (folder / "logs" / study.name).mkdir(parents=True)
    plan = make_plan(study, RunRequest(logdir=folder / "logs", seeds=seeds, only=("base",)), {})
    return [run_trial(trial, lambda epoch, values: False) for trial in plan.trials]


def _write_images(folder: Path, random: np.random.Generator) -> None:
    from PIL import Image

    for number in range(40):
        path = folder / ("train" if number < 25 else "test") / ("cat", "dog")[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(0, 255, (8, 8), "uint8")).save(path)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_trains_as_it_stands_and_is_short(tmp_path: Path, name: str) -> None:
    (record,) = trained(tmp_path, name)
    assert record.status == OK, record.traceback
    assert record.epochs == 2 and record.data["arrays_sha256"]
    assert (
        record.provenance["engine"] == ENGINES.get(name, record.provenance["engine"])
        and "not_reproducible" not in record.provenance
    )
    assert len((OWN / f"{name}.py").read_text().splitlines()) < 25


def test_a_split_by_seed_is_told_by_its_own_hashes(tmp_path: Path) -> None:
    first, second = trained(tmp_path, "table_split_by_seed", seeds=2)
    assert first.data["arrays_sha256"] != second.data["arrays_sha256"]
    assert first.data["test_sha256"] != second.data["test_sha256"]
