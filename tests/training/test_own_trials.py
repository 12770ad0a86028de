"""Whole trials of models with steps of their own: what stands in their records."""

import pytest

from harness.records.attempts import attempt_folder
from harness.records.record import DIVERGED, OK
from harness.runs.plan import make_plan
from harness.runs.request import RunRequest
from harness.study.loading import load_study

STUDY = """
from dataclasses import dataclass
from harness import Arrays, Metric, Settings, Study, Variant

@dataclass(frozen=True)
class Steps(Settings):
    root: bool = False

def arrays(settings):
    import numpy as np
    x = np.random.default_rng(0).normal(size=(20, 3)).astype("float32")
    return Arrays(x_train=x, y_train=None, x_test=x[:12], y_test=None)

def build(settings):
    import keras, tensorflow as tf
    class Parts(keras.Model):
        def __init__(self):
            super().__init__()
            self.narrow, self.wide = keras.layers.Dense(2), keras.layers.Dense(3)
        def error(self, x):
            mean = tf.reduce_mean((self.wide(self.narrow(x)) - x) ** 2)
            return tf.sqrt(-mean) if settings.root else mean
        def train_step(self, x):
            with tf.GradientTape() as tape:
                error = self.error(x)
            weights = self.trainable_weights
            self.optimizer.apply_gradients(zip(tape.gradient(error, weights), weights))
            return {"error": error}
        def test_step(self, x):
            return {"error": self.error(x)}
    model = Parts()
    model.compile("sgd")
    return model

METRIC = Metric("error", margin=0.01, higher_is_better=False)
STUDY = Study("steps", base=Steps(epochs=2, batch_size=8), build=build, arrays=arrays, metric=METRIC, question="Does it?",
              variants=(Variant("nan", root=True),))
"""


@pytest.mark.parametrize(("variant", "status"), [("base", OK), ("nan", DIVERGED)])
def test_a_model_without_call_and_targets_is_recorded_with_what_its_steps_return(tmp_path, variant, status):
    from harness.training.trial_runner import run_trial

    path = tmp_path / "steps.py"
    path.write_text(STUDY)
    (tmp_path / "logs" / "steps").mkdir(parents=True)
    plan = make_plan(load_study(str(path)), RunRequest(logdir=tmp_path / "logs", seeds=1), {})
    (trial,) = (trial for trial in plan.trials if trial.variant == variant)
    record = run_trial(trial, lambda epoch, values: False)
    assert record.status == status, record.error
    assert set(record.metrics) == {"train_error", "test_error"}
    assert record.cost["parameters"] == 17 and not record.first_test_image
    assert any(attempt_folder(trial.folder, 1).rglob("events.*"))
