"""What an attempt at a trial shows in TensorBoard, read back by TensorBoard's own reader."""

import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util import tensor_util

from harness.tensorboard.event_file import event_files
from harness.tensorboard.trial_writer import TrialWriter, as_code, as_table, hide, unhide, write_error

WITHOUT_TENSORFLOW = """
import sys
from pathlib import Path
from harness.tensorboard.trial_writer import TrialWriter
with TrialWriter(Path(sys.argv[1])) as board:
    board.text("error", "none")
    board.epoch(1, train={"loss": 1.0}, test={"loss": 1.0}, learning_rate=0.1, seconds=1.0)
print("tensorflow" in sys.modules)
"""


def read(folder: Path) -> EventAccumulator:
    """Return all that is in a run; the size guidance 0 keeps every point."""
    accumulator = EventAccumulator(str(folder), size_guidance={"tensors": 0, "graph": 0})
    accumulator.Reload()
    return accumulator


def points(folder: Path, tag: str) -> dict[int, float]:
    return {event.step: tensor_util.make_ndarray(event.tensor_proto).item() for event in read(folder).Tensors(tag)}


def text(folder: Path, tag: str) -> str:
    (event,) = read(folder).Tensors(tag)
    return tensor_util.make_ndarray(event.tensor_proto).item().decode()


def tiny_model() -> keras.Model:
    dense = keras.layers.Dense
    return keras.Sequential([keras.Input((4,)), dense(3, name="hidden"), dense(2, name="outputs")])


@pytest.fixture
def trial(tmp_path) -> Path:
    """The folder of a trial with an attempt of two epochs."""
    with TrialWriter(tmp_path / "seed-0") as board:
        for number, loss in enumerate((0.5, 0.25), start=1):
            train, test = {"loss": loss, "accuracy": 1 - loss}, {"loss": 2 * loss, "accuracy": 0.5}
            board.epoch(number, train=train, test=test, learning_rate=0.001, seconds=1.5)
    return tmp_path / "seed-0"


def test_curves_lie_in_two_runs_under_the_same_tags(trial):
    assert points(trial / "train", "epoch_loss") == {1: 0.5, 2: 0.25}
    assert points(trial / "test", "epoch_loss") == {1: 1.0, 2: 0.5}
    assert points(trial / "train", "epoch_accuracy") == {1: 0.5, 2: 0.75}
    assert points(trial / "test", "epoch_accuracy") == {1: 0.5, 2: 0.5}


def test_learning_rate_and_seconds_lie_in_the_training_run(trial):
    assert points(trial / "train", "epoch_learning_rate") == {1: float(np.float32(0.001)), 2: float(np.float32(0.001))}
    assert points(trial / "train", "epoch_seconds") == {1: 1.5, 2: 1.5}
    assert "epoch_seconds" not in read(trial / "test").Tags()["tensors"]


def test_validation_values_lie_in_a_run_of_their_own_where_there_are_any(tmp_path):
    values = {"train": {"loss": 1.0}, "test": {"loss": 3.0}, "learning_rate": None, "seconds": 1.0}
    for name, validation in (("held-out", {"loss": 2.0}), ("plain", {})):
        with TrialWriter(tmp_path / name) as board:
            board.epoch(40, **values, validation=validation)
    assert points(tmp_path / "held-out" / "validation", "epoch_loss") == {40: 2.0}
    assert not (tmp_path / "plain" / "validation").exists()
    assert "epoch_learning_rate" not in read(tmp_path / "plain" / "train").Tags()["tensors"]


def test_tags_are_those_of_keras_own_callback_and_steps_one_further(tmp_path):
    model = tiny_model()
    model.compile(loss="mse", metrics=["accuracy"])
    x, y = np.zeros((8, 4), np.float32), np.zeros((8, 2), np.float32)
    callback = keras.callbacks.TensorBoard(tmp_path / "keras")
    history = model.fit(x, y, epochs=2, validation_data=(x, y), callbacks=[callback], verbose=0).history
    with TrialWriter(tmp_path / "own") as board:
        for number in range(2):
            train = {name: history[name][number] for name in ("loss", "accuracy")}
            test = {name: history["val_" + name][number] for name in ("loss", "accuracy")}
            board.epoch(number + 1, train=train, test=test, learning_rate=0.001, seconds=1.0)
    for run, of_keras in (("train", "train"), ("test", "validation")):
        for tag in ("epoch_loss", "epoch_accuracy"):
            from_zero = points(tmp_path / "keras" / of_keras, tag)
            assert points(tmp_path / "own" / run, tag) == {step + 1: value for step, value in from_zero.items()}
            assert read(tmp_path / "own" / run).SummaryMetadata(tag) == read(tmp_path / "keras" / of_keras).SummaryMetadata(tag)


def test_thirty_epochs_leave_thirty_points(tmp_path):
    with TrialWriter(tmp_path) as board:
        for number in range(30):
            board.epoch(number, train={"loss": 1.0}, test={}, learning_rate=0.1, seconds=1.0)
    assert list(points(tmp_path / "train", "epoch_loss")) == list(range(30))


def test_a_loss_that_is_not_finite_is_written_as_it_is(tmp_path):
    with TrialWriter(tmp_path) as board:
        board.epoch(1, train={"loss": float("nan")}, test={}, learning_rate=0.1, seconds=1.0)
    assert np.isnan(points(tmp_path / "train", "epoch_loss")[1])


def test_an_epoch_can_be_seen_while_the_trial_runs(tmp_path):
    with TrialWriter(tmp_path) as board:
        board.epoch(1, train={"loss": 1.0}, test={}, learning_rate=0.1, seconds=1.0)
        assert points(tmp_path / "train", "epoch_loss") == {1: 1.0}


def test_a_text_is_shown_as_it_was_written(tmp_path):
    with TrialWriter(tmp_path) as board:
        board.text("error", as_code("ValueError: größer | *wild*"))
    assert text(tmp_path / "test", "error") == "    ValueError: größer | *wild*"
    assert read(tmp_path / "test").SummaryMetadata("error").plugin_data.plugin_name == "text"


def test_half_a_character_in_a_message_does_not_stop_the_text(tmp_path):
    with TrialWriter(tmp_path) as board:
        board.text("error", "bad \udc80 byte")
    assert text(tmp_path / "test", "error") == "bad ? byte"


def test_a_failed_trial_without_an_epoch_is_one_run(tmp_path):
    with TrialWriter(tmp_path) as board:
        board.text("error", "It failed.")
    assert [path.parent for path in event_files(tmp_path, recursive=True)] == [tmp_path / "test"]


def test_both_graphs_are_in_the_training_run(tmp_path):
    with TrialWriter(tmp_path) as board:
        board.graph(tiny_model())
    run = read(tmp_path / "train")
    assert {"hidden/MatMul", "outputs/MatMul"} <= {node.name for node in run.Graph().node}
    assert run.SummaryMetadata("keras").plugin_data.plugin_name == "graph_keras_model"
    assert '"name": "hidden"' in text(tmp_path / "train", "keras")


def test_the_error_of_a_lost_writer_is_shown_beside_its_curves(trial):
    write_error(trial, "WorkerLost: killed")
    assert text(trial / "test", "error") == "    WorkerLost: killed"
    assert points(trial / "test", "epoch_loss") == {1: 1.0, 2: 0.5}


def test_a_hidden_first_attempt_leaves_the_trials_own_folder_and_comes_back_apart_from_it(trial):
    (trial / "record.json").write_text("{}")
    with TrialWriter(trial / "attempt-2") as board:
        board.text("error", "It failed.")
    assert hide(trial, 1) == trial / "attempt-1"
    assert [path.parent for path in event_files(trial, recursive=True)] == [trial / "attempt-2/test"]
    assert sorted(path.name for path in trial.iterdir()) == ["attempt-1", "attempt-2", "record.json"]
    unhide(trial, 1)
    assert points(trial / "attempt-1/train", "epoch_loss") == {1: 0.5, 2: 0.25}


def test_a_hidden_later_attempt_stays_where_it_is_and_takes_no_other_with_it(trial):
    with TrialWriter(trial / "attempt-2") as board:
        board.text("error", "It failed.")
    assert hide(trial, 2) == trial / "attempt-2"
    assert {path.parent for path in event_files(trial, recursive=True)} == {trial / "train", trial / "test"}


def test_a_folder_takes_one_attempt(trial):
    with pytest.raises(FileExistsError, match="Another attempt"):
        TrialWriter(trial)


def test_a_table_shows_signs_of_markdown_as_they_are():
    rows = as_table({"a|b": "x_y", "hidden": (512, 256)}).splitlines()[2:]
    assert rows == ["| a\\|b | x\\_y |", "| hidden | 512, 256 |"]


def test_all_but_the_graph_is_written_without_tensorflow(tmp_path):
    command = [sys.executable, "-c", WITHOUT_TENSORFLOW, tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
