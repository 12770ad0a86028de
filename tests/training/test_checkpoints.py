"""Checkpoints: kept when it is time, read back whole, set aside when damaged, and removed when the trial is done."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from tensorboard.plugins.scalar.summary_v2 import scalar_pb

from harness.records.record import DIVERGED, EXPECTED_ERROR, FAILED, INTERRUPTED, OK, TIMEOUT, Record
from harness.runs.plan import make_plan
from harness.runs.record_store import store
from harness.runs.request import RunRequest
from harness.study.loading import load_study
from harness.tensorboard.event_file import EventFile
from harness.training.checkpoint_file import (
    Checkpoint,
    CheckpointError,
    discard,
    find_checkpoints,
    notices,
    read_checkpoint,
    write_checkpoint,
)
from harness.training.trial import Trial, blank_record

MEASURED = ("train_loss", "train_accuracy", "test_loss", "test_accuracy", "learning_rate")
TINY = """
from harness import Arrays, Settings, Study, Variant

def arrays(settings):
    import numpy as np
    random = np.random.default_rng(0)
    x = random.normal(size=(200, 4)).astype("float32")
    y = (x[:, 0] > 0).astype("int64")
    return Arrays(x_train=x[:150], y_train=y[:150], x_test=x[150:], y_test=y[150:])

def build(settings):
    from keras import Sequential, layers
    return Sequential([layers.Input((4,)), layers.Dense(8, activation="relu"), layers.Dropout(0.2),
                       layers.Dense(2, activation="softmax")])

STUDY = Study("tiny", base=Settings(outputs=2, epochs=6), build=build, arrays=arrays, question="Does it go on?",
              variants=(Variant("slow", learning_rate=0.0001),))
"""


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    """The first attempt at a trial of six short epochs, which keeps its state after each."""
    path = tmp_path / "tiny.py"
    path.write_text(TINY)
    request = RunRequest(logdir=tmp_path / "logs", seeds=1, engine="graph", only=("base",), checkpoint_seconds=0.0)
    (trial,) = make_plan(load_study(str(path)), request, {}).trials
    (request.logdir / "tiny").mkdir(parents=True)
    return trial


def attempt(trial: Trial, *, stop_after: int = 99) -> Record:
    from harness.training.trial_runner import run_trial

    return run_trial(trial, lambda epoch, values: epoch >= stop_after)


def measured(record: Record) -> dict[str, list[float]]:
    return {name: list(record.history[name]) for name in MEASURED}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[float]]:
    """What the tiny trial measures when nothing happens to it."""
    path = tmp_path_factory.mktemp("undisturbed")
    (path / "tiny.py").write_text(TINY)
    request = RunRequest(logdir=path / "logs", seeds=1, engine="graph", only=("base",))
    (trial,) = make_plan(load_study(str(path / "tiny.py")), request, {}).trials
    (request.logdir / "tiny").mkdir(parents=True)
    record = attempt(trial)
    assert not list(path.rglob("*checkpoint*"))  # it is shorter than the 60 seconds after which a trial keeps its state
    return measured(record)


def test_an_interrupted_trial_keeps_its_state_and_goes_on(trial: Trial, undisturbed: dict[str, list[float]]) -> None:
    first = attempt(trial, stop_after=2)
    assert (first.status, first.epochs) == (INTERRUPTED, 2)
    second = attempt(replace(trial, attempt=2))
    assert second.provenance["resumed_from"] == 2
    assert measured(second) == undisturbed


def test_a_trial_goes_on_through_any_number_of_attempts(trial: Trial, undisturbed: dict[str, list[float]]) -> None:
    attempt(trial, stop_after=1)
    attempt(replace(trial, attempt=2), stop_after=3)
    record = attempt(replace(trial, attempt=3))
    assert (record.provenance["resumed_from"], record.provenance["attempts"]) == (3, [1, 2, 3])
    assert measured(record) == undisturbed
    assert [path.parent.name for path in find_checkpoints(trial.folder, trial.trial_id)] == ["attempt-3"]
    assert [path.parts[-3] for path in trial.folder.rglob("train/events*")] == ["attempt-3"]


def test_an_attempt_that_dies_before_it_trains_leaves_the_checkpoint_to_the_next(trial: Trial) -> None:
    attempt(trial, stop_after=2)
    (trial.folder / "attempt-2").mkdir()
    record = attempt(replace(trial, attempt=3))
    assert (record.provenance["resumed_from"], record.provenance["attempts"]) == (2, [1, 3])


@pytest.mark.parametrize(
    ("seconds", "ending", "kept"), [(61, False, True), (59, False, False), (59, True, True), (2, True, False)]
)
def test_a_state_is_kept_when_it_is_time_or_when_it_would_be_lost(
    trial: Trial, monkeypatch: pytest.MonkeyPatch, seconds: float, ending: bool, kept: bool
) -> None:
    from harness.engine.engine_choice import train
    from harness.models.build import make_model
    from harness.training import checkpoints

    study, settings = trial.load()
    arrays, model = study.arrays(settings), make_model(study, settings, seed=0)
    training = train(model, arrays, batch_size=32, epochs=3, seed=0, engine="fit")
    epoch = next(training.epochs())
    trial.folder.mkdir(parents=True, exist_ok=True)
    monkeypatch.setattr(checkpoints, "time", SimpleNamespace(perf_counter=lambda: 1000.0 + seconds))
    checkpoints = checkpoints.Checkpoints(replace(trial, checkpoint_seconds=60.0), training, arrays, started=1000.0, notes={})
    checkpoints.after(epoch, ending=ending)
    assert bool(find_checkpoints(trial.folder, trial.trial_id)) == kept


def damage(path: Path, how: Callable[[bytes], bytes]) -> None:
    path.write_bytes(how(path.read_bytes()))


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "torn": lambda content: content[:-100],
    "altered": lambda content: content[:-1000] + bytes([content[-1000] ^ 1]) + content[-999:],
    "empty": lambda content: b"",
    "newer": lambda content: content.replace(b'"schema": 1', b'"schema": 7', 1),
}


@pytest.mark.parametrize("how", DAMAGES)
def test_a_damaged_checkpoint_is_set_aside_by_name_and_the_trial_begins_anew(
    trial: Trial, undisturbed: dict[str, list[float]], how: str
) -> None:
    attempt(trial, stop_after=2)
    (path,) = find_checkpoints(trial.folder, trial.trial_id)
    damage(path, DAMAGES[how])
    record = attempt(replace(trial, attempt=2))
    assert str(path) in record.provenance["checkpoint_set_aside"]
    assert f"base seed 0 began anew. Set aside: {path}" in notices(record)[0]
    assert "resumed_from" not in record.provenance
    assert not path.exists() and path.with_name(f"damaged.{path.name}").exists()
    assert measured(record) == undisturbed


def test_a_checkpoint_of_another_machine_is_left_alone(trial: Trial, undisturbed: dict[str, list[float]]) -> None:
    attempt(trial, stop_after=2)
    (path,) = find_checkpoints(trial.folder, trial.trial_id)
    checkpoint = read_checkpoint(path)
    write_checkpoint(trial.folder, replace(checkpoint, conditions={**checkpoint.conditions, "processor": "abacus"}))
    record = attempt(replace(trial, attempt=2))
    assert "other conditions (processor)" in record.provenance["checkpoint_unused"]
    assert path.exists() and "resumed_from" not in record.provenance
    assert measured(record) == undisturbed


def test_a_checkpoint_of_another_trial_is_not_trusted(trial: Trial) -> None:
    attempt(trial, stop_after=2)
    (path,) = find_checkpoints(trial.folder, trial.trial_id)
    path.rename(path.with_name("checkpoint-0123456789ab.npz"))
    record = attempt(replace(trial, attempt=2, trial_id="0123456789ab", source=""))
    assert "is of trial" in record.provenance["checkpoint_set_aside"]


def test_a_trial_that_is_begun_anew_on_purpose_leaves_checkpoints_alone(trial: Trial) -> None:
    attempt(trial, stop_after=2)
    record = attempt(replace(trial, attempt=2, resumable=2))
    assert "resumed_from" not in record.provenance


def test_a_checkpoint_that_cannot_be_written_costs_the_trial_nothing(trial: Trial, undisturbed: dict[str, list[float]]) -> None:
    (trial.folder / f"checkpoint-{trial.trial_id}.npz").mkdir(parents=True)
    record = attempt(replace(trial, resumable=2))
    assert record.status == OK and measured(record) == undisturbed
    assert "Is a directory" in record.provenance["checkpoint_unwritten"]


def test_lost_epochs_are_counted_as_time_spent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from harness.training.checkpoints import seconds_after

    with EventFile(tmp_path / "train") as file:
        moments = iter([file.now() + seconds for seconds in (10.0, 20.0, 22.0, 27.0)])
        monkeypatch.setattr(type(file), "now", lambda _: next(moments))
        for step in (0, 0, 1, 2):  # a graph lies at step 0 long before that epoch ends
            file.add_summary(scalar_pb("epoch_loss", 1.0), step=step)
    assert seconds_after(tmp_path / "train", step=0) == pytest.approx(7.0, abs=1e-3)
    assert seconds_after(tmp_path / "train", step=2) == 0.0
    assert seconds_after(tmp_path / "absent", step=1) == 0.0


def checkpoint(*, trial_id: str = "0123456789ab", attempts: tuple[int, ...] = (1,)) -> Checkpoint:
    state = {"epoch": 1, "stopped": False, "logs": {"loss": math.inf}, "variables": [np.arange(6.0).reshape(2, 3)]}
    return Checkpoint(trial_id, attempts, {"engine": "xla"}, 1.5, 0.25, [{"number": 1, "train": {"loss": 0.1}}], state)


def test_a_checkpoint_is_read_as_it_was_written(tmp_path: Path) -> None:
    back = read_checkpoint(write_checkpoint(tmp_path, checkpoint()))
    assert repr(back) == repr(checkpoint())


def test_a_folder_that_is_gone_does_not_come_back(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="folder is gone"):
        write_checkpoint(tmp_path / "seed-0", checkpoint())
    assert not (tmp_path / "seed-0").exists()


def test_the_newest_attempts_checkpoint_comes_first(tmp_path: Path) -> None:
    for number in (2, 10, 1):
        (tmp_path / f"attempt-{number}").mkdir()
        write_checkpoint(tmp_path, checkpoint(attempts=(number,)))
    found = find_checkpoints(tmp_path, "0123456789ab")
    assert [path.parent.name for path in found] == ["attempt-10", "attempt-2", "attempt-1"]
    assert find_checkpoints(tmp_path, "0123456789ab", first=3) == found[:1]


def test_a_file_of_anything_else_is_no_checkpoint(tmp_path: Path) -> None:
    for content in (b"", b"\x00" * 500, b'{"schema": 1, "sha256": "' + b"0" * 64 + b'"}\n', b"PK\x03\x04"):
        path = tmp_path / "checkpoint-0.npz"
        path.write_bytes(content)
        with pytest.raises(CheckpointError, match="checkpoint-0.npz"):
            read_checkpoint(path)


@pytest.mark.parametrize(
    ("status", "kept"),
    [(OK, False), (DIVERGED, False), (EXPECTED_ERROR, False), (FAILED, True), (TIMEOUT, True), (INTERRUPTED, True)],
)
def test_a_record_that_leaves_nothing_to_train_removes_checkpoints(trial: Trial, status: str, kept: bool) -> None:
    trial.folder.mkdir(parents=True, exist_ok=True)
    path = write_checkpoint(trial.folder, checkpoint(trial_id=trial.trial_id))
    store(trial.folder, replace(blank_record(trial, trial.load()[0]), status=status))
    assert path.exists() == kept


def test_another_trials_checkpoints_stay(trial: Trial) -> None:
    trial.folder.mkdir(parents=True, exist_ok=True)
    path = write_checkpoint(trial.folder, checkpoint())
    discard(trial.folder, replace(blank_record(trial, trial.load()[0]), status=OK))
    assert path.exists()
