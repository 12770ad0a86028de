"""What a trial and a study show in TensorBoard, read back by TensorBoard's own reader."""

import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import api_pb2, metadata
from tensorboard.util import tensor_util

from harness.tensorboard.event_file import event_files
from harness.tensorboard.hparams import hyperparameter, metric_columns, write_study
from harness.tensorboard.trial_writer import TrialWriter, as_code, as_table, hide

WITHOUT_TENSORFLOW = """
import sys
from pathlib import Path
from harness.tensorboard.hparams import write_study
from harness.tensorboard.trial_writer import TrialWriter
folder = Path(sys.argv[1])
write_study(folder, hyperparameters={"hidden": [(128,)]})
with TrialWriter(folder / "base") as board:
    board.hparams({"hidden": (128,)}, trial_id="base")
    board.text("error", "none")
    board.epoch(0, train={"loss": 1.0}, test={"loss": 1.0}, learning_rate=0.1, seconds=1.0)
    board.end(status="success")
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


def content(folder: Path, tag: str) -> bytes:
    return read(folder).SummaryMetadata(tag).plugin_data.content


def experiment(folder: Path) -> api_pb2.Experiment:
    return metadata.parse_experiment_plugin_data(content(folder, metadata.EXPERIMENT_TAG))


def tiny_model() -> keras.Model:
    dense = keras.layers.Dense
    return keras.Sequential([keras.Input((4,)), dense(3, name="hidden"), dense(2, name="outputs")])


@pytest.fixture
def trial(tmp_path) -> Path:
    """The folder of an attempt of two epochs."""
    with TrialWriter(tmp_path / "attempt-1") as board:
        board.hparams({"hidden": (512, 256), "stop_below_loss": None, "normalize": True}, trial_id="study/wide")
        for number, loss in enumerate((0.5, 0.25)):
            train, test = {"loss": loss, "accuracy": 1 - loss}, {"loss": 2 * loss, "accuracy": 0.5}
            board.epoch(number, train=train, test=test, learning_rate=0.001, seconds=1.5)
        board.end(status="failure")
    return tmp_path / "attempt-1"


def test_curves_lie_in_two_runs_under_the_same_tags(trial):
    assert points(trial / "train", "epoch_loss") == {0: 0.5, 1: 0.25}
    assert points(trial / "test", "epoch_loss") == {0: 1.0, 1: 0.5}
    assert points(trial / "train", "epoch_accuracy") == {0: 0.5, 1: 0.75}
    assert points(trial / "test", "epoch_accuracy") == {0: 0.5, 1: 0.5}


def test_learning_rate_and_seconds_lie_in_the_training_run(trial):
    assert points(trial / "train", "epoch_learning_rate") == {0: float(np.float32(0.001)), 1: float(np.float32(0.001))}
    assert points(trial / "train", "epoch_seconds") == {0: 1.5, 1: 1.5}
    assert "epoch_seconds" not in read(trial / "test").Tags()["tensors"]


def test_validation_values_lie_in_a_run_of_their_own_where_there_are_any(tmp_path):
    values = {"train": {"loss": 1.0}, "test": {"loss": 3.0}, "learning_rate": None, "seconds": 1.0}
    for name, validation in (("held-out", {"loss": 2.0}), ("plain", {})):
        with TrialWriter(tmp_path / name) as board:
            board.epoch(40, **values, validation=validation)
    assert points(tmp_path / "held-out" / "validation", "epoch_loss") == {40: 2.0}
    assert not (tmp_path / "plain" / "validation").exists()
    assert "epoch_learning_rate" not in read(tmp_path / "plain" / "train").Tags()["tensors"]


def test_tags_and_steps_are_those_of_keras_own_callback(tmp_path):
    model = tiny_model()
    model.compile(loss="mse", metrics=["accuracy"])
    x, y = np.zeros((8, 4), np.float32), np.zeros((8, 2), np.float32)
    callback = keras.callbacks.TensorBoard(tmp_path / "keras")
    history = model.fit(x, y, epochs=2, validation_data=(x, y), callbacks=[callback], verbose=0).history
    with TrialWriter(tmp_path / "own") as board:
        for number in range(2):
            train = {name: history[name][number] for name in ("loss", "accuracy")}
            test = {name: history["val_" + name][number] for name in ("loss", "accuracy")}
            board.epoch(number, train=train, test=test, learning_rate=0.001, seconds=1.0)
    for run, of_keras in (("train", "train"), ("test", "validation")):
        for tag in ("epoch_loss", "epoch_accuracy"):
            assert points(tmp_path / "own" / run, tag) == points(tmp_path / "keras" / of_keras, tag)
            assert read(tmp_path / "own" / run).SummaryMetadata(tag) == read(tmp_path / "keras" / of_keras).SummaryMetadata(tag)


def test_thirty_epochs_leave_thirty_points(tmp_path):
    with TrialWriter(tmp_path) as board:
        for number in range(30):
            board.epoch(number, train={"loss": 1.0}, test={}, learning_rate=0.1, seconds=1.0)
    assert list(points(tmp_path / "train", "epoch_loss")) == list(range(30))


def test_a_loss_that_is_not_finite_is_written_as_it_is(tmp_path):
    with TrialWriter(tmp_path) as board:
        board.epoch(0, train={"loss": float("nan")}, test={}, learning_rate=0.1, seconds=1.0)
    assert np.isnan(points(tmp_path / "train", "epoch_loss")[0])


def test_an_epoch_can_be_seen_while_the_trial_runs(tmp_path):
    with TrialWriter(tmp_path) as board:
        board.epoch(0, train={"loss": 1.0}, test={}, learning_rate=0.1, seconds=1.0)
        assert points(tmp_path / "train", "epoch_loss") == {0: 1.0}


def test_a_text_is_shown_as_it_was_written(tmp_path):
    with TrialWriter(tmp_path) as board:
        board.text("error", as_code("ValueError: größer | *wild*"))
    assert text(tmp_path, "error") == "    ValueError: größer | *wild*"
    assert read(tmp_path).SummaryMetadata("error").plugin_data.plugin_name == "text"


def test_half_a_character_in_a_message_does_not_stop_the_text(tmp_path):
    with TrialWriter(tmp_path) as board:
        board.text("error", "bad \udc80 byte")
    assert text(tmp_path, "error") == "bad ? byte"


def test_a_failed_trial_without_an_epoch_is_one_run(tmp_path):
    with TrialWriter(tmp_path) as board:
        board.text("error", "It failed.")
    assert [path.parent for path in event_files(tmp_path, recursive=True)] == [tmp_path]


def test_both_graphs_are_in_the_training_run(tmp_path):
    with TrialWriter(tmp_path) as board:
        board.graph(tiny_model())
    run = read(tmp_path / "train")
    assert {"hidden/MatMul", "outputs/MatMul"} <= {node.name for node in run.Graph().node}
    assert run.SummaryMetadata("keras").plugin_data.plugin_name == "graph_keras_model"
    assert '"name": "hidden"' in text(tmp_path / "train", "keras")


def test_the_session_holds_the_hyperparameters_that_have_a_value(trial):
    start = metadata.parse_session_start_info_plugin_data(content(trial, metadata.SESSION_START_INFO_TAG))
    assert start.group_name == "study/wide"
    assert set(start.hparams) == {"hidden", "normalize"}
    assert start.hparams["hidden"].string_value == "512-256"
    assert start.hparams["normalize"].bool_value is True


def test_the_session_ends_with_the_trials_outcome(trial):
    end = metadata.parse_session_end_info_plugin_data(content(trial, metadata.SESSION_END_INFO_TAG))
    assert end.status == api_pb2.STATUS_FAILURE
    assert 0 < end.end_time_secs <= time.time()


def test_an_attempt_that_never_ended_has_no_session(tmp_path):
    with TrialWriter(tmp_path) as board:
        board.hparams({"hidden": "128"}, trial_id="base")
    assert metadata.SESSION_START_INFO_TAG not in read(tmp_path).Tags()["tensors"]


def test_ending_a_session_that_did_not_begin_is_an_error(tmp_path):
    with TrialWriter(tmp_path) as board, pytest.raises(ValueError, match="hparams"):
        board.end(status="success")


def test_a_withdrawn_attempt_keeps_its_curves_alone(trial):
    hide(trial)
    assert not list(event_files(trial))
    assert points(trial / "train", "epoch_loss") == {0: 0.5, 1: 0.25}


def test_a_folder_takes_one_attempt(trial):
    with pytest.raises(FileExistsError, match="Another attempt"):
        TrialWriter(trial)


def test_a_study_has_the_union_of_hyperparameters_and_says_which_differ(tmp_path):
    write_study(tmp_path, hyperparameters={"hidden": [(128,), (512, 256)], "rate": [0.1, None], "epochs": [5, 5]})
    columns = {info.name: info for info in experiment(tmp_path).hparam_infos}
    assert {name: info.differs for name, info in columns.items()} == {"hidden": True, "rate": True, "epochs": False}
    assert list(columns["hidden"].domain_discrete) == ["128", "512-256"]
    assert (columns["epochs"].domain_interval.min_value, columns["epochs"].domain_interval.max_value) == (5, 5)


def test_a_study_shows_accuracy_and_loss_of_both_runs(tmp_path):
    write_study(tmp_path, hyperparameters={})
    names = [(info.name.group, info.name.tag) for info in experiment(tmp_path).metric_infos]
    assert names[0] == ("test", "epoch_accuracy")
    assert set(names) == {(run, f"epoch_{metric}") for run in ("train", "test") for metric in ("accuracy", "loss")}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, ["Test rmse", "Test loss", "Training rmse", "Training loss"]),
        ({"validation": True}, [f"{run} {name}" for run in ("Test", "Validation", "Training") for name in ("rmse", "loss")]),
    ],
)
def test_a_study_shows_the_metric_that_it_is_judged_by(tmp_path, options, expected):
    write_study(tmp_path, hyperparameters={}, metrics=metric_columns("rmse", **options))
    found = experiment(tmp_path).metric_infos
    assert [info.display_name for info in found] == expected
    assert (found[0].name.group, found[0].name.tag) == ("test", "epoch_rmse")


def test_a_study_judged_by_its_loss_shows_it_once(tmp_path):
    write_study(tmp_path, hyperparameters={}, metrics=metric_columns("loss"))
    assert [info.display_name for info in experiment(tmp_path).metric_infos] == ["Test loss", "Training loss"]


def test_a_study_written_again_replaces_its_columns(tmp_path):
    write_study(tmp_path, hyperparameters={"old": [1]})
    write_study(tmp_path, hyperparameters={"new": [1]})
    assert [info.name for info in experiment(tmp_path).hparam_infos] == ["new"]


def test_a_hyperparameter_of_two_types_is_refused(tmp_path):
    with pytest.raises(TypeError, match="'rate' must have values of one type"):
        write_study(tmp_path, hyperparameters={"rate": [0.1, "auto"]})


@pytest.mark.parametrize(("value", "shown"), [((512, 256), "512-256"), ((), "none"), (np.float64(0.5), 0.5), (True, True)])
def test_a_hyperparameter_is_shown_as_one_plain_value(value, shown):
    assert hyperparameter(value) == shown and type(hyperparameter(value)) is type(shown)


@pytest.mark.parametrize(("value", "error"), [({}, TypeError), (float("nan"), ValueError), (float("inf"), ValueError)])
def test_a_hyperparameter_that_the_tab_cannot_hold_is_refused(value, error):
    with pytest.raises(error, match="hyperparameter"):
        hyperparameter(value)


def test_a_table_shows_signs_of_markdown_as_they_are():
    rows = as_table({"a|b": "x_y", "hidden": (512, 256)}).splitlines()[2:]
    assert rows == ["| a\\|b | x\\_y |", "| hidden | 512, 256 |"]


def test_all_but_the_graph_is_written_without_tensorflow(tmp_path):
    command = [sys.executable, "-c", WITHOUT_TENSORFLOW, tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
