"""Study files as texts, small enough to be trained in a test."""

from pathlib import Path

from harness.runs.plan import Plan, make_plan
from harness.runs.request import RunRequest
from harness.study.loading import load_study

HEAD = "from dataclasses import dataclass, field\nfrom harness import Settings, Study, Variant\n"

GROWING = """
from harness import Settings, Study, Variant
WIDTH = 3
def helper():
    return WIDTH
def build(settings):
    return helper()
def arrays(settings):
    return None
STUDY = Study("one", base=Settings(), build=build, arrays=arrays, variants=[Variant("wide", hidden=(512,))])
"""

VARIED = """
import os, time
from harness import Settings, Study, Variant, Arrays, diverges, raises

def arrays(settings):
    import numpy as np
    random = np.random.default_rng(0)
    x = random.normal(size=(200, 4)).astype("float32")
    y = (x[:, 0] > 0).astype("int64")
    return Arrays(x_train=x[:150], y_train=y[:150], x_test=x[150:], y_test=y[150:])

def build(settings):
    import keras
    if settings.optimizer == "lion":
        os.kill(os.getpid(), 9)
    if settings.optimizer == "ftrl":
        time.sleep(600)
    layers = [keras.layers.Dense(units, activation="relu") for units in settings.hidden]
    return keras.Sequential([keras.Input((4,)), *layers, keras.layers.Dense(settings.outputs, activation="softmax")])

STUDY = Study("tiny", base=Settings(outputs=2, hidden=(8,), epochs=2, optimizer="sgd", learning_rate=0.1),
              build=build, arrays=arrays, question="Does it hold?", variants=(VARIANTS))
"""


def plan_of(folder: Path, *, text: str = GROWING, **options) -> Plan:
    path = folder / "study.py"
    path.write_text(text)
    return make_plan(load_study(str(path)), RunRequest(**({"logdir": folder / "logs", "seeds": 2} | options)), {})
