"""Checkpoints on disk, and trials that are interrupted or really killed and go on where they stood."""

import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from conftest import harness
from tensorboard.backend.event_processing.event_multiplexer import EventMultiplexer
from tensorboard.plugins.scalar.summary_v2 import scalar_pb

from harness.durability.checkpoints import (
    Checkpoint,
    CheckpointError,
    discard,
    find_checkpoints,
    notices,
    read_checkpoint,
    write_checkpoint,
)
from harness.events.eventfiles import EventFile
from harness.durability.keeping import store
from harness.records import DIVERGED, EXPECTED_ERROR, FAILED, INTERRUPTED, OK, TIMEOUT, Record, load_records
from harness.runner import Options, make_plan
from harness.studies import load_study
from harness.trials import Trial, blank_record

# Once in a trial, the model kills its own process at the beginning of the fourth epoch.
STUDY = """
import os, signal
from dataclasses import dataclass
from pathlib import Path
from harness import Arrays, Settings, Study, Variant

CALLS_BEFORE = 7  # metrics are reset before training and before testing: this is the fourth epoch's beginning

@dataclass(frozen=True)
class Kinds(Settings):
    kind: str = "xla"

def arrays(settings):
    from sklearn.datasets import load_digits
    images, labels = load_digits(return_X_y=True)
    x, y = images.reshape(-1, 8, 8, 1).astype("uint8"), labels.astype("uint8")
    return Arrays(x_train=x[:165], y_train=y[:165], x_test=x[330:440], y_test=y[330:440], scale=16.0)

def build(settings):
    from keras import Sequential, layers
    from keras.optimizers import Adam

    class Mortal(Sequential):
        calls = 0

        def reset_metrics(self):
            Mortal.calls += 1
            if Mortal.calls == CALLS_BEFORE and "DEADLY_FOLDER" in os.environ:
                marker = Path(os.environ["DEADLY_FOLDER"]) / f"killed-{settings.kind}"
                if not marker.exists():
                    marker.touch()
                    os.kill(os.getpid(), signal.SIGKILL)
            super().reset_metrics()

    body = [layers.Conv2D(4, 3, activation="relu")] if settings.kind == "graph" else []
    body += [layers.Flatten(), layers.Dense(16, activation="relu")]
    # Dropout trains as a graph; what XLA carries from step to step here is Adam's and the normalization's state.
    body += [layers.BatchNormalization() if settings.kind == "xla" else layers.Dropout(0.3)]
    model = Mortal([layers.Input((8, 8, 1)), *body, layers.Dense(10, activation="softmax")])
    loss, eager = "sparse_categorical_crossentropy", settings.kind == "fit"
    model.compile(Adam(0.01), loss, metrics=["accuracy"], run_eagerly=eager)
    return model

STUDY = Study("kinds", base=Kinds(epochs=8, stop_below_loss=0.7), build=build, arrays=arrays, question="Does it go on?",
              variants=(Variant("graph", kind="graph"), Variant("fit", kind="fit")))
"""
VARIANTS = {"base": "xla", "graph": "graph", "fit": "fit"}  # and the engine that trains each
MEASURED = ("train_loss", "train_accuracy", "test_loss", "test_accuracy", "learning_rate")


@dataclass(frozen=True)
class Runs:
    """The same trials undisturbed and killed, by variant."""

    undisturbed: dict[str, Record]
    killed: dict[str, Record]
    logdir: Path  # of the killed ones
    kills: int
    output: str  # what was printed while they were killed


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    folder = tmp_path_factory.mktemp("kinds")
    study = folder / "kinds.py"
    study.write_text(STUDY)
    words = ("run", study, "--seeds", 1, "--jobs", 1, "--checkpoint-seconds", 0, "--logdir")
    assert harness(*words, folder / "undisturbed").exit_code == 0
    os.environ["DEADLY_FOLDER"] = str(folder)
    try:
        result = harness(*words, folder / "killed")  # a trial whose worker died is tried once more
    finally:
        del os.environ["DEADLY_FOLDER"]
    assert result.exit_code == 0, result.output
    undisturbed, killed = (
        {record.variant: record for record in load_records(folder / name)[0]} for name in ("undisturbed", "killed")
    )
    return Runs(undisturbed, killed, folder / "killed", len(list(folder.glob("killed-*"))), result.output)


def test_each_trial_was_really_killed_and_went_on(runs: Runs) -> None:
    assert runs.kills == 3
    for record in runs.killed.values():
        assert record.provenance["attempts"] == [1, 2]
        assert record.provenance["resumed_from"] == 3
    assert "graph seed 0 went on from epoch 3 of attempt 1." in runs.output
    assert "resumed_from" not in runs.undisturbed["graph"].provenance


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_killed_trial_ends_in_the_numbers_of_an_undisturbed_one(runs: Runs, variant: str) -> None:
    found, expected = runs.killed[variant], runs.undisturbed[variant]
    assert found.provenance["engine"] == expected.provenance["engine"] == VARIANTS[variant]
    assert found.status == expected.status == OK
    assert found.trial_id == expected.trial_id
    assert {name: found.history[name] for name in MEASURED} == {name: expected.history[name] for name in MEASURED}
    assert found.metrics == expected.metrics
    assert found.first_test_image == expected.first_test_image


def test_the_callback_that_stops_below_a_loss_stops_in_the_same_epoch(runs: Runs) -> None:
    assert 3 < runs.killed["base"].epochs < 8


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("part", ["train", "test"])
def test_tensorboard_shows_every_epoch_once(runs: Runs, variant: str, part: str) -> None:
    shown = EventMultiplexer(size_guidance={"tensors": 0})
    shown.AddRunsFromDirectory(str(runs.logdir / "kinds" / variant)).Reload()
    curves = [run for run in shown.Runs() if run.endswith(part)]
    record = runs.killed[variant]
    assert curves == [f"seed-0/attempt-{record.attempt}/{part}"]
    points = shown.Tensors(curves[0], "epoch_loss")
    assert [point.step for point in points] == list(range(record.epochs))
    values = [point.tensor_proto.float_val[0] for point in points]
    assert values == [float(np.float32(value)) for value in record.history[f"{part}_loss"]]


def test_a_finished_trial_keeps_no_checkpoint(runs: Runs) -> None:
    assert not list(runs.logdir.rglob("*checkpoint*"))


def test_the_seconds_of_all_attempts_are_counted(runs: Runs) -> None:
    record = runs.killed["base"]
    assert 0 < record.provenance["earlier_seconds"] < record.cost["seconds"]
    assert record.cost["seconds"] >= sum(record.history["epoch_seconds"])


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
    options = Options(logdir=tmp_path / "logs", seeds=1, engine="graph", only=("base",), checkpoint_seconds=0.0)
    (trial,) = make_plan(load_study(str(path)), options, {}).trials
    (options.logdir / "tiny").mkdir(parents=True)
    return trial


def attempt(trial: Trial, *, stop_after: int = 99) -> Record:
    from harness.training import run_trial

    return run_trial(trial, lambda epoch, values: epoch >= stop_after)


def measured(record: Record) -> dict[str, list[float]]:
    return {name: list(record.history[name]) for name in MEASURED}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[float]]:
    """What the tiny trial measures when nothing happens to it."""
    path = tmp_path_factory.mktemp("undisturbed")
    (path / "tiny.py").write_text(TINY)
    options = Options(logdir=path / "logs", seeds=1, engine="graph", only=("base",))
    (trial,) = make_plan(load_study(str(path / "tiny.py")), options, {}).trials
    (options.logdir / "tiny").mkdir(parents=True)
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
    trial: Trial, seconds: float, ending: bool, kept: bool
) -> None:
    from harness.engine import train
    from harness.models import make_model
    from harness.durability.resuming import Checkpoints

    study, settings = trial.load()
    arrays, model = study.arrays(settings), make_model(study, settings, seed=0)
    training = train(model, arrays, batch_size=32, epochs=3, seed=0, engine="fit")
    epoch = next(training.epochs())
    (trial.folder / "attempt-1").mkdir(parents=True)
    started = time.perf_counter() - seconds
    checkpoints = Checkpoints(replace(trial, checkpoint_seconds=60.0), training, arrays, started=started, notes={})
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


def test_a_checkpoint_that_cannot_be_written_costs_the_trial_nothing(
    trial: Trial, undisturbed: dict[str, list[float]]
) -> None:
    (trial.folder / "attempt-1" / f"checkpoint-{trial.trial_id}.npz").mkdir(parents=True)
    record = attempt(replace(trial, resumable=2))
    assert record.status == OK and measured(record) == undisturbed
    assert "Is a directory" in record.provenance["checkpoint_unwritten"]


def test_lost_epochs_are_counted_as_time_spent(tmp_path: Path) -> None:
    from harness.durability.resuming import seconds_after

    moments = []
    with EventFile(tmp_path / "train") as file:
        for step in (0, 0, 1, 2):  # a graph lies at step 0 long before that epoch ends
            time.sleep(0.1)
            file.add_summary(scalar_pb("epoch_loss", 1.0), step=step)
            moments.append(file.now())
    assert seconds_after(tmp_path / "train", step=0) == pytest.approx(moments[3] - moments[1], abs=0.03)
    assert seconds_after(tmp_path / "train", step=2) == 0.0
    assert seconds_after(tmp_path / "absent", step=1) == 0.0


def checkpoint(*, trial_id: str = "0123456789ab", attempts: tuple[int, ...] = (1,)) -> Checkpoint:
    state = {"epoch": 1, "stopped": False, "logs": {"loss": math.inf}, "variables": [np.arange(6.0).reshape(2, 3)]}
    return Checkpoint(trial_id, attempts, {"engine": "xla"}, 1.5, 0.25, [{"number": 1, "train": {"loss": 0.1}}], state)


def test_a_checkpoint_is_read_as_it_was_written(tmp_path: Path) -> None:
    (tmp_path / "attempt-1").mkdir()
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
    (trial.folder / "attempt-1").mkdir(parents=True)
    path = write_checkpoint(trial.folder, checkpoint(trial_id=trial.trial_id))
    store(trial.folder, replace(blank_record(trial, trial.load()[0]), status=status))
    assert path.exists() == kept


def test_another_trials_checkpoints_stay(trial: Trial) -> None:
    (trial.folder / "attempt-1").mkdir(parents=True)
    path = write_checkpoint(trial.folder, checkpoint())
    discard(trial.folder, replace(blank_record(trial, trial.load()[0]), status=OK))
    assert path.exists()
