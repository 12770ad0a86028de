"""Models with a train_step of their own: what is wrong with it is said, where it would train on in silence."""

from pathlib import Path

import pytest

from harness.records.record import FAILED, OK, Record
from harness.runs.plan import make_plan
from harness.runs.request import RunRequest
from harness.study.loading import load_study
from harness.training.checkpoint_file import notices

STUDY = """
from harness import Arrays, Settings, Study

def arrays(settings):
    import numpy as np
    x = np.random.default_rng(0).normal(size=(60, 4)).astype("float32")
    y = (x[:, 0] > 0).astype("int64") + (x[:, 1] > 0) + FIRST
    return Arrays(x[:40], y[:40], x[40:], y[40:])

def build(settings):
    import keras, tensorflow as tf
    class Own(keras.Model):
        def __init__(self):
            super().__init__()
            self.layer = keras.layers.Dense(3, "softmax")
        def call(self, x):
            return self.layer(x)
        def train_step(self, data):
            x, y = data
            with tf.GradientTape() as tape:
                given = self(x)
                loss = -tf.reduce_mean(tf.reduce_sum(tf.one_hot(y, 3) * tf.math.log(given), axis=-1))
            gradients = tape.gradient(loss, self.trainable_variables)
            APPLY
            return RETURNED
        def test_step(self, data):
            x, y = data
            right = tf.cast(tf.equal(tf.argmax(self(x), axis=-1), tf.cast(y, "int64")), "float32")
            return {"accuracy": tf.reduce_mean(right)}
    model = Own()
    COMPILE
    return model

STUDY = Study("own", base=Settings(outputs=3, epochs=2, batch_size=20), build=build, arrays=arrays, variants=[])
"""
APPLY = "self.optimizer.apply_gradients(zip(gradients, self.trainable_variables))"


def record_of(
    folder: Path, *, first: int = 0, apply: str = APPLY, returned: str = '{"loss": loss}', compile: str = ""
) -> Record:
    from harness.training.trial_runner import run_trial

    path = folder / "own.py"
    text = STUDY.replace("FIRST", str(first)).replace("APPLY", apply).replace("RETURNED", returned)
    path.write_text(text.replace("COMPILE", compile))
    (folder / "logs" / "own").mkdir(parents=True)
    (trial,) = make_plan(load_study(str(path)), RunRequest(logdir=folder / "logs", seeds=1), {}).trials
    return run_trial(trial, lambda epoch, values: False)


def test_a_sound_step_is_not_spoken_of(tmp_path):
    record = record_of(tmp_path)
    assert record.status == OK, record.error
    assert notices(record) == [] and "labels_fault" not in record.provenance


def test_labels_that_no_output_is_for_are_refused_where_the_harness_compiles(tmp_path):
    assert "labels run from 1 to 3, but the model has 3 outputs" in record_of(tmp_path, first=1).error


def test_one_that_changes_no_weight_is_noted(tmp_path):
    record = record_of(tmp_path, apply="pass")
    said = "base: no weight has changed in its training; does its train_step apply the gradients?"
    assert record.status == OK and notices(record) == [said]


def test_labels_that_are_counted_from_1_are_noted(tmp_path):
    record = record_of(tmp_path, first=1, compile='model.compile("sgd")')
    assert record.provenance["labels_fault"].startswith("labels run from 1 to 3, of 3 outputs counted from 0: does train_step")


@pytest.mark.parametrize("returned", ["loss", "None", "(loss, given)"])
def test_one_that_returns_no_dict_fails_with_what_to_return(tmp_path, returned):
    record = record_of(tmp_path, returned=returned)
    assert record.status == FAILED
    assert "train_step or test_step returned a " in record.error and record.error.endswith(
        "expected a dict of values, such as {'loss': loss}."
    )
