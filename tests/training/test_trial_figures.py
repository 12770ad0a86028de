"""What a trial shows beside its curves, from a run on the command line to TensorBoard's own answers."""

import json
import shutil
import subprocess
import sys
import urllib.parse
import urllib.request
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from calling import harness
from PIL import Image
from sklearn.linear_model import LogisticRegression
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util import tensor_util
from waiting import wait_until

from harness import Settings, Study
from harness.data.arrays import Arrays
from harness.records.record import load_records
from harness.study.figure_names import LOGS
from harness.tensorboard.failover_writer import FailoverWriter
from harness.tensorboard.server import Board, serve
from harness.tensorboard.summaries import histogram_summary, image_summary, pr_curve_summary
from harness.training.figure_logger import MOST_SURFACES, FigureLogger
from harness.training.trial import Trial

pytestmark = pytest.mark.quick

STUDY = """
from harness import Settings, Study

def build(settings):
    import keras
    layers = keras.layers
    model = keras.Sequential(
        [keras.Input((28, 28)), layers.Flatten(), layers.Dense(16, activation="relu", name="hidden"),
         layers.Dense(10, activation="softmax", name="outputs")]
    )
    model.compile("adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model

STUDY = Study("drawn", base=Settings(dataset="digits", epochs=2), variants=(), build=build,
              pictures=("confusion-matrix", "decision-surface"))
"""
RUN = "drawn/base/seed-0/test"


@pytest.fixture(scope="module")
def logdir(tmp_path_factory) -> Path:
    """The log folder of a study of two seeds, run with everything that can be asked for but pictures."""
    folder = tmp_path_factory.mktemp("logger")
    (folder / "drawn.py").write_text(STUDY)
    asked = [word for name in LOGS if name != "pictures" for word in ("--log", name)]
    result = harness("run", folder / "drawn.py", "--logdir", folder / "logs", "--seeds", 2, *asked)
    assert result.exit_code == 0, result.output
    return folder / "logs"


@pytest.fixture(scope="module")
def board(logdir) -> Board:
    """TensorBoard over it."""
    with serve(logdir) as running:
        wait_until(lambda: RUN in ask(running, "images/tags") and RUN in ask(running, "pr_curves/tags"))
        yield running


def fetch(board: Board, path: str, **query: object) -> bytes:
    with urllib.request.urlopen(f"{board.url}data/plugin/{path}?{urllib.parse.urlencode(query)}", timeout=300) as answer:
        return answer.read()


def ask(board: Board, path: str, **query: object):
    return json.loads(fetch(board, path, **query))


def read(folder: Path) -> EventAccumulator:
    accumulator = EventAccumulator(str(folder), size_guidance={"tensors": 0})
    accumulator.Reload()
    return accumulator


def text(folder: Path, tag: str) -> str:
    (event,) = read(folder).Tensors(tag)
    return tensor_util.make_ndarray(event.tensor_proto).item().decode()


@pytest.mark.processes
def test_the_images_tab_has_the_studys_pictures_of_the_first_seed_alone(board):
    tags = ask(board, "images/tags")
    assert {run: set(found) for run, found in tags.items()} == {RUN: {"confusion-matrix"}}
    (image,) = ask(board, "images/images", run=RUN, tag="confusion-matrix", sample=0)
    assert image["step"] == 2
    with urllib.request.urlopen(f"{board.url}data/plugin/images/individualImage?{image['query']}", timeout=300) as answer:
        assert Image.open(BytesIO(answer.read())).size == (640, 590)


@pytest.mark.processes
def test_the_histograms_tab_has_every_layer_of_every_seed_at_each_epoch(board):
    for seed in (0, 1):
        run = f"drawn/base/seed-{seed}/train"
        assert {"weights/hidden/kernel", "weights/outputs/bias"} <= set(ask(board, "histograms/tags")[run])
        points = ask(board, "histograms/histograms", run=run, tag="weights/hidden/kernel")
        assert [step for _, step, _ in points] == [1, 2]
        assert sum(count for _, _, count in points[0][2]) == 784 * 16


@pytest.mark.processes
def test_the_pr_curves_tab_has_a_curve_of_each_class(board):
    assert len(ask(board, "pr_curves/tags")[RUN]) == 10
    curves = ask(board, "pr_curves/pr_curves", run=RUN, tag="pr-curves/3")
    (curve,) = curves[RUN]
    assert curve["step"] == 2 and curve["recall"][0] == 1.0
    assert curve["true_positives"][0] + curve["false_positives"][0] == 360


@pytest.mark.processes
def test_the_projector_finds_points_labels_and_thumbnails(board):
    assert ask(board, "projector/runs") == [RUN]
    (entry,) = ask(board, "projector/info", run=RUN)["embeddings"]
    assert entry["tensorShape"] == [360, 16]
    name = entry["tensorName"]
    assert np.frombuffer(fetch(board, "projector/tensor", run=RUN, name=name), np.float32).size == 360 * 16
    labels = fetch(board, "projector/metadata", run=RUN, name=name).decode().splitlines()
    assert labels[0] == "true\tpredicted\tright" and len(labels) == 361
    assert fetch(board, "projector/sprite_image", run=RUN, name=name).startswith(b"\x89PNG")


@pytest.mark.processes
def test_a_picture_that_does_not_fit_is_named_on_the_board_and_in_the_record(logdir):
    record = next(record for record in load_records(logdir)[0] if record.seed == 0)
    assert record.status == "ok"
    assert "needs 2 inputs" in record.provenance["pictures"]["decision-surface"]
    assert "decision-surface" in text(logdir / RUN, "pictures")
    assert record.provenance["picture_seconds"] > 0


@pytest.mark.processes
def test_what_is_recorded_already_is_not_logged_anew_and_that_is_said(logdir):
    result = harness("run", logdir.parent / "drawn.py", "--logdir", logdir, "--seeds", 2, "--log", "histograms")
    assert "--log histograms logged nothing; it needs --force" in " ".join(result.output.split())


def plane_trial(tmp_path: Path, **more) -> Trial:
    folder = tmp_path / "study" / "base" / "seed-0"
    folder.mkdir(parents=True)
    values = {"study_path": tmp_path, "base_changes": (), "study": "study", "variant": "base", "seed": 0, "position": 0}
    return Trial(**values, trial_id="0", attempt=1, folder=folder, engine="fit", data=None, **more)


def plane_arrays() -> Arrays:
    x = np.random.default_rng(0).normal(size=(60, 2)).astype(np.float32)
    y = (x[:, 0] * x[:, 1] > 0).astype(np.int64)
    return Arrays(x[:40], y[:40], x[40:], y[40:])


def epoch(number: int) -> SimpleNamespace:
    return SimpleNamespace(number=number, step=number - 1, test={"accuracy": 0.5})


def show(trial: Trial, study: Study, epochs: list[int], *, planned: int, predict=None, model=None) -> tuple[FigureLogger, Path]:
    """Let a logger see a fitted model's epochs and its end; return it with the run of its pictures."""
    arrays = plane_arrays()
    fitted = LogisticRegression().fit(arrays.x_train, arrays.y_train)
    model, answer = model or fitted, predict or fitted.predict_proba
    with FailoverWriter(trial.folder, fallback=None, home=trial.folder.parent.parent) as board:
        logger = FigureLogger(trial, study, arrays, board)
        for number in epochs:
            logger.epoch(model, answer, epoch(number), planned=planned)
        logger.end(model, answer, {"test_loss": [1.0] * len(epochs)}, fitted.predict_proba(arrays.x_test))
    return logger, trial.folder / "test"


def study(*pictures: str) -> Study:
    return Study("study", base=Settings(), variants=(), pictures=pictures)


def steps(folder: Path, tag: str) -> list[int]:
    return [event.step for event in read(folder).Tensors(tag)]


def test_surfaces_are_taken_evenly_over_the_planned_epochs_and_at_the_last(tmp_path):
    planned = 40 * MOST_SURFACES
    _, folder = show(plane_trial(tmp_path), study("decision-surface"), list(range(10, planned + 1, 10)), planned=planned)
    found = steps(folder, "decision-surface")
    assert MOST_SURFACES <= len(found) <= MOST_SURFACES + 1 and found[-1] == planned - 1
    assert {later - earlier for earlier, later in pairwise(found[:-1])} == {40}


def test_a_model_whose_answers_fail_costs_its_surface_and_nothing_else(tmp_path):
    def predict(x: np.ndarray) -> np.ndarray:
        raise RuntimeError("no answer")

    asked = study("decision-surface", "confusion-matrix")
    logger, folder = show(plane_trial(tmp_path), asked, [1, 2], planned=2, predict=predict)
    assert logger.notes["pictures"] == {"decision-surface": "failed: RuntimeError: no answer"}
    assert steps(folder, "confusion-matrix") == [1] and "no answer" in text(folder, "pictures")


class Unreadable:
    """A model none of whose weights can be read."""

    @property
    def trainable_weights(self):
        raise RuntimeError("no layers")


def test_weights_that_cannot_be_read_cost_their_histograms_and_their_picture_alone(tmp_path):
    asked = study("first-layer-weights", "learning-curves")
    logger, folder = show(plane_trial(tmp_path, log=("histograms",)), asked, [1, 2], planned=2, model=Unreadable())
    reason = "failed: RuntimeError: no layers"
    assert logger.notes["pictures"] == {"histograms": reason, "first-layer-weights": reason}
    assert steps(folder, "learning-curves") == [1]


@pytest.mark.processes
def test_a_picture_that_fails_as_it_is_written_costs_itself_alone_and_is_not_written_again(tmp_path, monkeypatch):
    def fail(folder: Path, embedding: object) -> None:
        raise ValueError("no such point")

    monkeypatch.setattr("harness.training.figure_logger.write_embedding", fail)
    monkeypatch.setattr("harness.figures.embedding.point_cloud", lambda subject, model: None)
    arrays, trial = plane_arrays(), plane_trial(tmp_path, log=("embeddings",))
    with FailoverWriter(trial.folder, fallback=tmp_path / "spare", home=trial.folder.parent.parent) as board:
        logger = FigureLogger(trial, study(), arrays, board)
        logger.end(None, lambda x: None, {}, None)
        assert logger.notes["pictures"] == {"embeddings": "failed: ValueError: no such point"}
        shutil.rmtree(tmp_path / "study")
        board.text("after", "all is written again, elsewhere")
    assert "embeddings" in text(tmp_path / "spare/test", "pictures")


def test_all_pictures_are_those_that_fit_without_a_word_on_the_others(tmp_path):
    logger, folder = show(plane_trial(tmp_path, log=("pictures",)), study(), [1, 2], planned=2)
    assert "pictures" not in logger.notes
    images = set(read(folder).Tags()["tensors"])
    assert images == {"learning-curves", "confusion-matrix", "first-layer-weights", "decision-surface"}


@pytest.mark.processes
def test_a_trial_without_pictures_loads_no_matplotlib():
    names = "harness.training.figure_logger, harness.cli.study_runs"
    program = f"import sys, {names}; print({{'matplotlib', 'tensorflow'}} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_a_histogram_leaves_out_what_is_not_finite_and_holds_a_single_value():
    buckets = tensor_util.make_ndarray(histogram_summary("tag", [0.0, 1.0, np.nan, np.inf]).value[0].tensor)
    assert buckets.shape == (30, 3) and buckets[:, 2].sum() == 2 and buckets[0, 0] == 0.0 and buckets[-1, 1] == 1.0
    single = tensor_util.make_ndarray(histogram_summary("tag", [2.0, 2.0]).value[0].tensor)
    assert single[-1].tolist() == [2.0, 2.0, 2.0]


def test_a_pr_curve_counts_at_each_threshold():
    rows = tensor_util.make_ndarray(
        pr_curve_summary("tag", np.array([True, True, False]), np.array([0.9, 0.4, 0.6])).value[0].tensor
    )
    true, false, precision, recall = rows[[0, 1, 4, 5], 50]
    assert (true, false, precision, recall) == (1.0, 1.0, 0.5, 0.5)


def test_bytes_that_are_no_png_are_refused():
    with pytest.raises(ValueError, match="PNG"):
        image_summary("tag", b"GIF89a")
