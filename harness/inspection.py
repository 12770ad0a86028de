"""What a variant really changes: its built model, its arrays and its training held against its control's."""

import hashlib
import json

import numpy as np

from harness.arrays import Arrays, each
from harness.models import make_model
from harness.compiled.proofs import fingerprint
from harness.settings import Settings, to_json
from harness.variants import Study

# Settings that act outside the model and the arrays.
TRAINING = ("batch_size", "epochs", "stop_below_loss")
DATA = ("dataset", "normalize", "samples")


def effect(study: Study, settings: Settings) -> str:
    """Return a hash of all that training would be given; empty where that cannot be told.

    Two variants with the same hash train the same model on the same samples in the same way. A model with code of its
    own, or one that cannot be built, tells nothing.
    """
    try:
        arrays = study.arrays(settings) if study.arrays else None
        model = fingerprint(make_model(study, settings, seed=0))
    except Exception:  # the trial will raise it again, where it is the trial's own result
        return ""
    if model is None:
        return ""
    names = TRAINING if study.arrays else (*TRAINING, *DATA)
    values = {name: value for name, value in to_json(settings).items() if name in names}
    digest = hashlib.sha256(json.dumps([model, values]).encode())
    if arrays is not None:
        add_arrays(digest, arrays)
    return digest.hexdigest()


def add_arrays(digest: "hashlib._Hash", arrays: Arrays) -> None:
    """Add the content of all arrays, and what else they say of the samples, to a hash."""
    digest.update(repr((arrays.scale, arrays.class_weight)).encode())
    for samples in (arrays.x_train, arrays.y_train, arrays.x_test, arrays.y_test, arrays.sample_weight):
        for values in each(samples) if samples is not None else ():
            digest.update(repr((values.shape, values.dtype)).encode())
            digest.update(np.ascontiguousarray(values).data)
