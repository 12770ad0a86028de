"""The studies of the course notes on images: their declarations, their models trained as fit does it, and a small run."""

from pathlib import Path

import keras
import numpy as np
import pytest
from calling import harness
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util import tensor_util

from harness.data.arrays import Arrays
from harness.data.resolve import Images, open_dataset, prepare
from harness.engine.batches import epoch_order
from harness.engine.engine_choice import train
from harness.models.build import make_model
from harness.records.attempts import attempt_folder
from harness.records.record import Record, trial_folder
from harness.runs.plan import make_plan
from harness.runs.request import RunRequest
from harness.study.loading import load_study
from harness.study.study import BASE
from harness.training.trial_runner import run_trial

STUDIES = ("hello-mnist", "keras-mlp", "mnist-cnn", "lenet")
EPOCHS, BATCH, TRAIN, TEST = 3, 32, 330, 110  # 330: ten batches of 32 and a short one

# Every model that a study builds without a layer that draws numbers of its own: study, variant.
MODELS = (
    ("hello-mnist", BASE),
    ("hello-mnist", "weight-decay"),
    ("keras-mlp", BASE),
    ("mnist-cnn", BASE),
    ("lenet", BASE),
    ("lenet", "lenet-5"),
)


@pytest.fixture(scope="module")
def digits() -> Images:
    """Scikit-learn's digits in the shape of MNIST."""
    return open_dataset(prepare("digits"))


def small(images: Images) -> Images:
    return Images(images.x_train[:TRAIN], images.y_train[:TRAIN], images.x_test[:TEST], images.y_test[:TEST])


def arrays_of(name: str, variant: str, images: Images) -> Arrays:
    study = load_study(name)
    if study.arrange:
        return study.arrange(study.settings(variant), images)
    return Arrays(*images, scale=255.0)


def fitted(model: keras.Model, arrays: Arrays) -> list[dict[str, float]]:
    """Train with nothing but Keras, and return what each epoch measured."""
    x, x_test = ((part / arrays.scale).astype(np.float32) for part in (arrays.x_train, arrays.x_test))
    measured = []
    for index in range(EPOCHS):
        rows = epoch_order(TRAIN, 0, index)
        history = model.fit(
            x[rows], arrays.y_train[rows], batch_size=BATCH, shuffle=False, verbose=0,
            validation_data=(x_test, arrays.y_test),
        ).history  # fmt: skip
        measured.append({name: values[0] for name, values in history.items()})
    return measured


@pytest.mark.parametrize(("name", "variant"), MODELS)
def test_the_compiled_engine_trains_a_study_s_model_as_fit_does(name: str, variant: str, digits: Images):
    study = load_study(name)
    settings, arrays = study.settings(variant), arrays_of(name, variant, small(digits))
    expected = fitted(make_model(study, settings, seed=0), arrays)
    training = train(make_model(study, settings, seed=0), arrays, batch_size=BATCH, epochs=EPOCHS, seed=0)
    epochs = list(training.epochs())
    assert training.engine in ("xla", "graph")
    for epoch, values in zip(epochs, expected, strict=True):
        found = {**epoch.train, **{f"val_{name}": value for name, value in epoch.test.items()}}
        assert found == pytest.approx(values, rel=1e-3, abs=1e-4)


@pytest.mark.parametrize(
    ("name", "variant", "parameters"),
    [
        ("hello-mnist", BASE, 784 * 512 + 512 + 512 * 10 + 10),
        ("keras-mlp", BASE, 266_610),  # as the notes' summary() prints it
        ("lenet", BASE, 335_114),
        ("lenet", "lenet-5", 61_706),
    ],
)
def test_a_model_has_the_parameters_of_the_notes(name: str, variant: str, parameters: int):
    study = load_study(name)
    assert make_model(study, study.settings(variant), seed=0).count_params() == parameters


def test_the_weights_of_the_convolutional_network_are_drawn_as_the_notes_say():
    study = load_study("mnist-cnn")
    for layer in make_model(study, study.base, seed=0).layers:
        if layer.weights:
            kernel, bias = layer.get_weights()
            assert np.abs(kernel).max() <= 0.2 + 1e-6 and np.std(kernel) == pytest.approx(0.088, rel=0.1)
            assert np.all(bias == np.float32(0.1))


def test_moved_test_images_lose_what_leaves_the_picture(digits: Images):
    study = load_study("mnist-cnn")
    arrays = study.arrange(study.settings("test-shift-4"), small(digits))
    assert np.array_equal(arrays.x_test[:, :, 4:], digits.x_test[:TEST, :, :-4]) and not arrays.x_test[:, :, :4].any()
    assert np.array_equal(arrays.x_train, digits.x_train[:TRAIN])


def test_one_hot_labels_stand_for_the_classes(digits: Images):
    arrays = arrays_of("lenet", BASE, small(digits))
    assert np.array_equal(arrays.y_train.argmax(axis=1), digits.y_train[:TRAIN])
    assert arrays.y_train.sum() == TRAIN and arrays.y_test.shape == (TEST, 10)


def test_an_architecture_that_is_not_known_is_answered_with_the_nearest():
    result = harness("run", "lenet", "--dry-run", "--set", "architecture=lenet")
    assert result.exit_code == 2 and "Did you mean 'lenet-5'" in result.output


REDUCED = {  # what each study's base is reduced to, beside one epoch of 192 samples, in full batches; a curve needs more
    "hello-mnist": {"hidden": (32,), "samples": 128},
    "keras-mlp": {"validation": 64, "epochs": 2},
    "mnist-cnn": {"hidden": (32,), "epochs": 3, "steps_per_epoch": 2, "batch_size": 20},
    "lenet": {"batch_size": 64},
}


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("course")


@pytest.fixture(scope="module")
def records(logs: Path) -> dict[str, dict[str, Record]]:
    """Every study at a reduced size on digits, trained in this process: study → variant → record."""
    found: dict[str, dict[str, Record]] = {}
    for name, changes in REDUCED.items():
        reduced = {"dataset": "digits", "epochs": 1, "samples": 192, **changes}
        # The graph engine: no wait for XLA.
        request = RunRequest(logdir=logs, seeds=2, engine="graph", base_changes=tuple(reduced.items()))
        plan = make_plan(load_study(name), request, {"digits": prepare("digits")})
        # Pictures are drawn of seed 0 alone: those of the base are enough here.
        trials = [trial for trial in plan.trials if trial.seed == (0 if trial.variant == BASE else 1)]
        for trial in trials:
            trial.folder.mkdir(parents=True)  # as a run does: a board whose study's folder is gone writes elsewhere
        found[name] = {trial.variant: run_trial(trial, lambda epoch, values: False) for trial in trials}
    return found


@pytest.mark.parametrize("name", STUDIES)
def test_every_variant_of_a_study_trains_at_a_reduced_size(name: str, records: dict[str, dict[str, Record]]):
    study = load_study(name)
    assert set(records.get(name, ())) == set(study.names)
    for variant, record in records[name].items():
        assert record.finished, (variant, record.traceback)
        assert 0 <= record.metrics["test_accuracy"] <= 1


def test_a_trial_s_text_in_tensorboard_is_keras_own_summary(records: dict[str, dict[str, Record]], logs: Path):
    folder = attempt_folder(trial_folder(logs, "keras-mlp", BASE, 0), records["keras-mlp"][BASE].attempt)
    accumulator = EventAccumulator(str(folder / "test")).Reload()
    (event,) = accumulator.Tensors("model")
    text = tensor_util.make_ndarray(event.tensor_proto).item().decode()
    assert "hidden-1" in text and "235,500" in text and "Total params: 266,610" in text


@pytest.mark.parametrize("name", STUDIES)
def test_every_picture_that_a_study_asks_for_is_drawn(name: str, records: dict[str, dict[str, Record]], logs: Path):
    folder = attempt_folder(trial_folder(logs, name, BASE, 0), records[name][BASE].attempt)
    assert set(load_study(name).pictures) <= set(EventAccumulator(str(folder / "test")).Reload().Tags()["tensors"])
