"""Models that trials keep: written with their hash, read in safe mode, refused where anything does not fit."""

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from calling import harness

from harness.analysis.predictions import write_predictions
from harness.analysis.test_samples import FOLDER
from harness.draw.saved_models import load_ensembles, saved_variants
from harness.errors import UsageError
from harness.records.record import MODEL_FILE, PREDICTIONS_FILE, RECORD_FILE, read_record, trial_folder, write_record

pytestmark = [pytest.mark.slow, pytest.mark.processes]


@pytest.fixture(scope="module")
def logdir(tmp_path_factory) -> Path:
    logdir = tmp_path_factory.mktemp("saved") / "logs"
    run = harness(
        "run", "ablations", "--dataset", "digits", "--only", "neurons-64", "--only", "no-normalization", "--only", "no-flatten",
        "--seeds", 2, "--set", "epochs=1", "--save-models", "--logdir", logdir,
    )  # fmt: skip
    assert run.exit_code == 0, run.output
    return logdir


def test_a_saved_model_answers_as_its_trial_did(logdir):
    (ensemble,) = load_ensembles(["ablations/no-normalization"], logdir)
    record = read_record(trial_folder(logdir, "ablations", "no-normalization", 0) / RECORD_FILE)
    assert ensemble.seeds == [0, 1] and ensemble.scales == [1.0, 1.0] and ensemble.data == "digits"
    answers = ensemble.probabilities(ensemble.samples.images)
    accuracy = (answers[0].argmax(axis=1) == ensemble.samples.labels).mean()
    assert accuracy == pytest.approx(record.metrics["test_accuracy"], abs=1e-6)
    (scaled,) = load_ensembles(["ablations/base"], logdir)
    first = scaled.probabilities(scaled.samples.images[:1])[0, 0]
    base = read_record(trial_folder(logdir, "ablations", "base", 0) / RECORD_FILE)
    assert scaled.scales == [255.0, 255.0] and first == pytest.approx(base.first_test_image, abs=1e-4)


def test_what_failed_as_expected_keeps_no_model(logdir):
    assert set(saved_variants(logdir)) == {
        "ablations/base",
        "ablations/neurons-64",
        "ablations/neurons-512",
        "ablations/no-normalization",
    }
    with pytest.raises(UsageError, match="neurons-512"):
        load_ensembles(["ablations/neurons-51"], logdir)


def test_models_of_two_datasets_do_not_answer_together(copied, logdir, tmp_path):
    source, target = (trial_folder(place, "ablations", "base", 0) for place in (logdir, tmp_path))
    target.mkdir(parents=True)
    (target / MODEL_FILE).write_bytes((source / MODEL_FILE).read_bytes())
    record = read_record(source / RECORD_FILE)
    write_record(target, replace(record, data={**record.data, "used": "fashion-mnist", "name": "fashion-mnist"}))
    with pytest.raises(UsageError, match="about different things"):
        load_ensembles(["ablations/neurons-64", "ablations/base"], tmp_path)


def test_the_trial_is_the_same_with_its_model_kept_or_not(logdir, tmp_path):
    run = harness(
        "run",
        "ablations",
        "--dataset",
        "digits",
        "--only",
        "neurons-64",
        "--seeds",
        1,
        "--set",
        "epochs=1",
        "--logdir",
        tmp_path,
    )
    assert run.exit_code == 0, run.output
    plain, kept = (read_record(trial_folder(place, "ablations", "base", 0) / RECORD_FILE) for place in (tmp_path, logdir))
    assert plain.trial_id == kept.trial_id and plain.metrics == kept.metrics and "model" not in plain.provenance


@pytest.fixture
def copied(logdir, tmp_path):
    """One trial's folder, to be spoilt, with the test samples of its study."""
    source, target = (trial_folder(place, "ablations", "neurons-64", 0) for place in (logdir, tmp_path))
    target.mkdir(parents=True)
    for name in (MODEL_FILE, RECORD_FILE, PREDICTIONS_FILE):
        (target / name).write_bytes((source / name).read_bytes())
    shutil.copytree(logdir / "ablations" / FOLDER, tmp_path / "ablations" / FOLDER)
    return target


def test_a_model_that_does_not_answer_as_its_trial_did_is_not_drawn_for(copied, tmp_path):
    (ensemble,) = load_ensembles(["ablations/neurons-64"], tmp_path)
    classes = (ensemble.probabilities(ensemble.samples.images)[0].argmax(axis=1) + 1) % 10  # as of inverted inputs
    write_predictions(copied, classes, ensemble.samples.labels)
    with pytest.raises(UsageError, match="does not answer to kept test images as its trial did"):
        load_ensembles(["ablations/neurons-64"], tmp_path)


def resaved(copied: Path, model: keras.Model) -> None:
    """Put another model in the place of the trial's, with its hash in the record."""
    model.save(copied / MODEL_FILE)
    record = read_record(copied / RECORD_FILE)
    note = record.provenance["model"] | {"sha256": hashlib.sha256((copied / MODEL_FILE).read_bytes()).hexdigest()}
    write_record(copied, replace(record, provenance={**record.provenance, "model": note}))


@pytest.mark.parametrize(("outputs", "said"), [("logits", "no probabilities"), ("two", "has 2 outputs")])
def test_what_is_no_probability_of_classes_is_refused(copied, tmp_path, outputs, said):
    image = keras.Input((28, 28))
    found = keras.layers.Dense(10)(keras.layers.Flatten()(image))
    resaved(copied, keras.Model(image, found if outputs == "logits" else [found, found]))
    with pytest.raises(UsageError, match=said):
        load_ensembles(["ablations/neurons-64"], tmp_path)


@pytest.mark.parametrize(
    "note", [{"file": "../../model.keras"}, {"scale": None}, {"sha256": 5}, {"input_shapes": [[28, 28], [1]]}]
)
def test_what_no_trial_writes_of_its_model_is_passed_over(copied, tmp_path, note):
    record = read_record(copied / RECORD_FILE)
    changed = {**record.provenance, "model": {**record.provenance["model"], **note}}
    write_record(copied, replace(record, provenance=changed))
    assert saved_variants(tmp_path) == {}


def test_another_file_than_the_record_names_is_not_loaded(copied, tmp_path, monkeypatch):
    monkeypatch.setattr(keras.models, "load_model", lambda *_, **__: pytest.fail("it was loaded"))
    (copied / MODEL_FILE).write_bytes((copied / MODEL_FILE).read_bytes() + b"\0")
    with pytest.raises(UsageError, match="its SHA-256 is another"):
        load_ensembles(["ablations/neurons-64"], tmp_path)
    (copied / MODEL_FILE).unlink()
    with pytest.raises(UsageError, match="--force --save-models"):
        load_ensembles(["ablations/neurons-64"], tmp_path)


def test_a_model_with_code_of_its_own_is_not_run(copied, tmp_path):
    resaved(copied, keras.Sequential([keras.Input((28, 28)), keras.layers.Flatten(), keras.layers.Lambda(lambda x: x[:, :10])]))
    with pytest.raises(UsageError, match="safe mode"):
        load_ensembles(["ablations/neurons-64"], tmp_path)


def test_saliency_is_a_picture_of_what_matters(logdir):
    (ensemble,) = load_ensembles(["ablations/neurons-64"], logdir)
    found = ensemble.saliency(ensemble.samples.images[0])
    assert found.shape == (28, 28) and found.max() == 1.0 and found.min() >= 0.0 and np.isfinite(found).all()


def test_draw_without_models_says_how_to_get_them(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    found = harness("draw", "--logdir", tmp_path)
    assert found.exit_code == 2 and "--save-models" in found.output and "--yes" in found.output
    assert list(tmp_path.iterdir()) == []
