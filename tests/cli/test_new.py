"""`new`: each file runs as it stands, and nothing that is there is overwritten."""

import csv
from pathlib import Path

import pytest
from calling import harness

SCRIPT = """
import argparse, json, pathlib, random
parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=1e-3)
parser.add_argument("-b", "--batch-size", type=int, default=64)
parser.add_argument("--augment", action="store_true")
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--out", required=True)
parser.add_argument("--data")
args = parser.parse_args()
accuracy = 0.5 + random.Random(args.seed).random() / 10 + args.lr + args.batch_size / 1000 + args.augment / 10
pathlib.Path(args.out, "metrics.json").write_text(json.dumps({"test_accuracy": accuracy}))
"""


@pytest.mark.processes
@pytest.mark.parametrize("kind", ["arrays", "datasets", "train"])
def test_a_new_study_runs_as_it_stands(place: Path, kind: str):
    written = harness("new", "my-study", f"--{kind}")
    assert written.exit_code == 0 and "Wrote my_study.py" in written.output
    result = harness("run", "my_study.py", "--seeds", 1, "--set", "epochs=1", "--logdir", "logs")
    assert result.exit_code == 0, result.output
    with open("logs/my-study/summary.csv") as file:
        assert {row["status"] for row in csv.DictReader(file)} == {"ok"}


@pytest.mark.processes
def test_a_scripts_flags_become_a_study_that_runs_it(place: Path):
    (place / "train.py").write_text(SCRIPT)
    assert harness("new", "train.py").exit_code == 0
    text = (place / "train_study.toml").read_text()
    assert "--lr {lr} --batch-size {batch_size} {augment:--augment} --seed {seed} --out {folder}" in text
    assert "lr = 0.001\nbatch_size = 64\naugment = false\n" in text and "left out: --data" in text
    result = harness("run", "train_study.toml", "--seeds", 2, "--logdir", "logs")
    assert result.exit_code == 0, result.output
    with open("logs/train-study/summary.csv") as file:
        rows = {row["variant"]: float(row["delta_test_accuracy"] or 0) for row in csv.DictReader(file)}
    assert rows["augment"] == pytest.approx(0.1) and rows["batch-size-32"] == pytest.approx(-0.032)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["mine"], "File 'mine.py' is there already"),
        (["bad name"], "cannot be a folder's name"),
        (["absent.py"], "Script 'absent.py' cannot be read (No such file or directory)"),
        (["broken.py"], "Script 'broken.py' is no Python (line 1"),
    ],
)
def test_what_cannot_be_written_is_one_line_and_leaves_what_is_there(place: Path, words: list[str], said: str):
    (place / "mine.py").write_text("mine")
    (place / "broken.py").write_text("def (")
    result = harness("new", *words)
    assert result.exit_code == 2 and said in result.output and len(result.output.splitlines()) == 1
    assert sorted(path.name for path in place.iterdir()) == ["broken.py", "mine.py"]
    assert (place / "mine.py").read_text() == "mine"
