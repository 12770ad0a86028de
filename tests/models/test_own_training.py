"""What the plan finds out of a study's callbacks and phases, before anything trains."""

from pathlib import Path

import pytest

from harness.models.fingerprint import effect
from harness.models.variant_fingerprint import VariantFingerprint
from harness.study.loading import load_study
from harness.study.study import Study
from harness.training.trial import trial_id

STUDY = """
from dataclasses import dataclass
import keras
from harness import Arrays, Phase, Settings, Study, Variant

SHARED = keras.callbacks.EarlyStopping("loss")

@dataclass(frozen=True)
class Own(Settings):
    patience: int = 1
    unused: int = 0

def arrays(settings):
    import numpy as np
    x = np.random.default_rng(0).normal(size=(60, 4)).astype("float32")
    y = (x[:, 0] > 0).astype("int64")
    return Arrays(x_train=x[:40], y_train=y[:40], x_test=x[40:], y_test=y[40:])

def build(settings):
    if settings.flatten is False:
        from sklearn.linear_model import LogisticRegression
        return LogisticRegression()
    layers = keras.layers
    return keras.Sequential([layers.Input((4,)), layers.Dense(4, name="hidden"), layers.Dense(2, activation="softmax")])

stopping = keras.callbacks.EarlyStopping
CALLBACKS
STUDY = Study("own", base=Own(outputs=2), build=build, arrays=arrays, variants=(), TRAINING)
"""


def study_of(folder: Path, training: str, before: str = "") -> Study:
    path = folder / "own.py"
    path.write_text(STUDY.replace("TRAINING", training).replace("CALLBACKS", before))
    return load_study(str(path))


def found(study: Study, **changes: object) -> VariantFingerprint:
    return effect(study, study.with_base(changes).base, traced=True)


@pytest.mark.parametrize(
    ("training", "words"),
    [
        ("callbacks=lambda settings: stopping('loss')", "callbacks(settings) must return a list of keras.callbacks.Callback"),
        ("callbacks=lambda settings: [stopping]", "received one with a type"),
        ("callbacks=lambda settings: [SHARED]", "gave the same EarlyStopping twice"),
        ("callbacks=lambda settings: [stopping()]", "monitors 'val_loss', but no samples are held out"),
        ("callbacks=lambda settings: [stopping('los')]", "Did you mean 'loss'"),
        (
            "callbacks=lambda settings: [keras.callbacks.ModelCheckpoint('best.keras')]",
            "ModelCheckpoint writes to 'best.keras', which all trials would share; expected a place in the folder",
        ),
        ("callbacks=lambda settings: [keras.callbacks.BackupAndRestore('/tmp/backup')]", "BackupAndRestore writes to"),
        ("phases=lambda settings: Phase(1)", "phases(settings) must return a list of harness.Phase; received Phase"),
        ("phases=lambda settings: [Phase(1, freeze='hiden')]", "phase 1: freeze: Layer 'hiden' is not known. Did you mean"),
    ],
)
def test_what_would_not_be_trained_as_it_says_is_refused_in_one_line(tmp_path: Path, training: str, words: str) -> None:
    fault = found(study_of(tmp_path, training)).fault
    assert words in fault and "\n" not in fault


def test_an_estimator_is_given_neither_callbacks_nor_phases(tmp_path: Path) -> None:
    for training in ("callbacks=lambda settings: [stopping('loss')]", "phases=lambda settings: [Phase(1)]"):
        assert "LogisticRegression of scikit-learn" in found(study_of(tmp_path, training), flatten=False).fault
    assert not found(study_of(tmp_path, "callbacks=lambda settings: []"), flatten=False).fault


def test_settings_of_callbacks_are_a_difference_and_others_are_none(tmp_path: Path) -> None:
    made = "[stopping('loss', settings.patience), keras.callbacks.CSVLogger(folder / 'x')]"
    own = f"def callbacks(settings, folder):\n    return {made}"
    study = study_of(tmp_path, "callbacks=callbacks", own)
    base = found(study)
    assert base.digest and not base.fault
    assert found(study, unused=1) == base == found(study)
    assert found(study, patience=2).digest != base.digest


def test_the_epochs_of_phases_count_and_the_setting_does_not(tmp_path: Path) -> None:
    study = study_of(tmp_path, "phases=lambda settings: [Phase(settings.patience, 0.1, freeze='hid*'), Phase(1, 0.01)]")
    base = found(study)
    assert base.digest and found(study, epochs=50) == base == found(study, learning_rate=0.5)
    assert found(study, patience=3).digest != base.digest
    alike = study_of(tmp_path, "phases=lambda settings: [Phase(1, 0.1, freeze='hidden'), Phase(1, 0.01)]")
    assert found(alike) == base


def test_a_trials_id_knows_the_source_of_the_functions(tmp_path: Path) -> None:
    trainings = (
        *("callbacks=None", "phases=None", "callbacks=lambda settings: []"),
        *("callbacks=lambda settings: [stopping('loss')]", "phases=lambda settings: [Phase(1)]"),
    )
    studies = (study_of(tmp_path, training) for training in trainings)  # one behind the other: all are in one file
    ids = [trial_id(study, study.base, seed=0, data_sha256="", engine="auto") for study in studies]
    assert ids[0] == ids[1] and len(set(ids)) == 4
