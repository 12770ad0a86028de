"""What a script has measured so far is shown while it runs; what its files hold at its end counts."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from own_trials import HEAD, planned
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from harness.records.attempts import attempt_folder
from harness.records.record import DIVERGED, FAILED, OK, Record
from harness.tensorboard.event_check import events
from harness.tensorboard.event_file import event_files
from harness.training.trial import Trial

WAITING = """import json, os, pathlib, sys, time
out, seen = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])

def wait():  # for the second epoch to be shown, which is finished when the third one is there
    begun = time.time()
    while not seen.exists():
        if time.time() - begun > 60:
            sys.exit("nobody looked")
        time.sleep(0.05)

rows = [{"epoch": n, "train_loss": 1 / n, "test_accuracy": n / 10} for n in range(1, 5)]
"""
JSON = """
(out / "metrics.json").write_text(json.dumps(rows[:2])[:-9])  # half written
time.sleep(1.5)
(out / "metrics.json").write_text(json.dumps(rows[:3]))
wait()
"""
CSV = """
with open(out / "log.csv", "w", buffering=1) as file:
    file.write("epoch,train_loss,test_accuracy\\n")
    for row in rows[:3]:
        file.write(",".join(map(str, row.values())) + ("\\n" if row["epoch"] < 3 else ""))
    file.flush()
    wait()
    file.write("\\n" + ",".join(map(str, rows[3].values())) + "\\n")
"""
EVENTS = """
from tensorboard.compat.proto.summary_pb2 import Summary
from harness.tensorboard.event_file import EventFile
with EventFile(out) as file:
    for row in rows:
        for name in ("train_loss", "test_accuracy"):
            file.add_summary(Summary(value=[Summary.Value(tag=name, simple_value=row[name])]), step=row["epoch"])
            file.flush()
        if row["epoch"] == 3:
            wait()
"""


def trial_of(folder: Path, script: str, options: str = "") -> Trial:
    (folder / "train.py").write_text(WAITING + script)
    path, line = folder / "own.py", f"python train.py {{folder}} {folder / 'seen'}"
    path.write_text(f"{HEAD}STUDY = Study('own', command=Command({line!r}, {options}), base={{}}, variants=[])\n")
    return planned(path)


def watched(trial: Trial) -> tuple[Record, list[int]]:
    """Return the record, and the epochs that were told before the script's end: it waits for the second one."""
    from harness.training.trial_runner import run_trial

    told: list[int] = []
    seen = trial.study_path.parent / "seen"

    def report(epoch: int, values: Mapping[str, float]) -> bool:
        told.append(epoch)
        if epoch == 2:
            seen.touch()
        return False

    return run_trial(trial, report), told


def points(trial: Trial, tag: str) -> list[tuple[int, float]]:
    events = EventAccumulator(str(attempt_folder(trial.folder, 1) / "test")).Reload().Tensors(tag)
    return [(event.step, round(float(event.tensor_proto.float_val[0]), 6)) for event in events]


@pytest.mark.parametrize(
    ("script", "options"),
    [(JSON + '(out / "metrics.json").write_text(json.dumps(rows))', ""), (CSV, "csv='log.csv'"), (EVENTS, "events='*'")],
)
def test_epochs_are_shown_while_a_script_runs_each_once(tmp_path, script, options):
    trial = trial_of(tmp_path, script, options)
    record, told = watched(trial)
    assert (record.status, record.error) == (OK, "") and told == [1, 2, 3, 4]
    np.testing.assert_allclose(record.history["test_accuracy"], [0.1, 0.2, 0.3, 0.4], rtol=1e-6)
    assert points(trial, "epoch_accuracy") == [(1, 0.1), (2, 0.2), (3, 0.3), (4, 0.4)]
    assert "curves_rewritten" not in record.provenance


def test_where_the_end_says_something_else_it_alone_counts(tmp_path):
    other = [{"epoch": 1, "test_accuracy": 0.7}, {"epoch": 2, "test_accuracy": 0.8}]
    trial = trial_of(tmp_path, JSON + f'(out / "metrics.json").write_text({json.dumps(other)!r})')
    record, told = watched(trial)
    assert record.status == OK and told == [1, 2, 1, 2] and record.provenance["curves_rewritten"]
    assert record.history["test_accuracy"] == [0.7, 0.8] and "train_loss" not in record.history
    assert record.metrics == {"test_accuracy": 0.8} and points(trial, "epoch_accuracy") == [(1, 0.7), (2, 0.8)]
    written = [
        value.tag for path in event_files(trial.folder, recursive=True) for one in events(path) for value in one.summary.value
    ]
    assert (
        "configuration" in written and len(written) == len({*written}) + 1
    )  # the texts are there still; a curve has two points


def test_a_script_that_fails_leaves_the_epochs_that_it_has_finished(tmp_path):
    record, told = watched(trial_of(tmp_path, JSON + "raise RuntimeError('late')"))
    assert record.status == FAILED and record.error_type == "RuntimeError"
    assert told == [1, 2] and record.history["test_accuracy"] == [0.1, 0.2]


@pytest.mark.parametrize(("last", "status"), [("rows", DIVERGED), ("[{**row, 'train_loss': 0.5} for row in rows]", OK)])
def test_a_loss_that_is_not_finite_is_a_divergence_unless_the_end_knows_of_none(tmp_path, last, status):
    nan = "rows[1]['train_loss'] = float('nan')\n"
    record, told = watched(trial_of(tmp_path, nan + JSON + f'(out / "metrics.json").write_text(json.dumps({last}))'))
    assert record.status == status, record.error
    assert told[:2] == [1, 2] and record.epochs == (2 if status == DIVERGED else 4)


def test_a_file_that_is_wrong_is_said_at_the_end(tmp_path):
    script = """
(out / "metrics.json").write_text(json.dumps([{"epoch": 1, "test_accuracy": "high"}, *rows[1:]]))
time.sleep(1.5)
"""
    record, told = watched(trial_of(tmp_path, script))
    assert record.status == FAILED and "test_accuracy is 'high', of type str; expected one number" in record.error
    assert told == []
