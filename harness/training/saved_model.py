"""A trial's trained model as a file: its record says which file, and how its inputs were scaled."""

import hashlib
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.data import Arrays, each
from harness.records import MODEL_FILE, write_atomically
from harness.training.context import TrialContext

if TYPE_CHECKING:
    import keras


def save_model(context: TrialContext, model: Any, given: Any) -> None:
    """Keep a trial's trained model beside its event files, and name it in the record with the file's SHA-256.

    given: what it was trained on; of arrays the record has the scale that divided integer inputs, and the inputs' shapes.
    TypeError for what is no Keras model; raises what saving raises, OSError where the file cannot be written.
    """
    started = time.perf_counter()
    content = _in_keras_format(model)
    context.board.write(lambda _, folder: write_atomically(folder / MODEL_FILE, content))
    note: dict[str, Any] = {"file": MODEL_FILE, "sha256": hashlib.sha256(content).hexdigest()}
    if isinstance(given, Arrays):
        note |= {"scale": given.scale, "input_shapes": [list(part.shape[1:]) for part in each(given.x_test)]}
    context.progress.provenance["model"] = note
    context.progress.picture_seconds += time.perf_counter() - started  # no part of what the trial costs


def _in_keras_format(model: "keras.Model") -> bytes:
    import keras

    if not isinstance(model, keras.Model):
        raise TypeError("only a Keras model can be saved.")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, MODEL_FILE)
        model.save(path)
        return path.read_bytes()
