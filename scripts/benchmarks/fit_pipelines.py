"""Time epochs of plain `model.fit` on the pipeline of studies/pipelines.py: python fit_pipelines.py EPOCHS SECONDS.json.

TensorFlow may use as many threads as a worker of the harness, one, so that both have the same part of the machine.
"""

import json
import sys
import time
from itertools import pairwise
from pathlib import Path

import keras
import tensorflow as tf

from harness.study import load_study


def fit_seconds(epochs: int) -> list[float]:
    """Train one epoch more than asked for and return the seconds of all but the first."""
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    study = load_study(str(Path(__file__).with_name("studies") / "pipelines.py"))
    settings = study.base
    assert study.build is not None and study.datasets is not None
    model, ends = study.build(settings), [0.0]
    clock = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: ends.append(time.perf_counter()))
    model.compile(keras.optimizers.SGD(settings.learning_rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(study.datasets(settings, 0).train, epochs=epochs + 1, callbacks=[clock], verbose=0)
    return [end - start for start, end in pairwise(ends[1:])]


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(json.dumps(fit_seconds(int(sys.argv[1]))))
