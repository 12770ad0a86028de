"""Hashes of arrays: of all that a trial is given, and of which samples it is judged on."""

import hashlib
from typing import Any

import numpy as np

from harness.arrays import Arrays, each
from harness.functionsources import value_text
from harness.valuetexts import has_plain_content


def arrays_sha256(arrays: Arrays) -> str:
    """Return a hash of the content of all arrays, and of what else they say of the samples."""
    digest = hashlib.sha256()
    add_arrays(digest, arrays)
    return digest.hexdigest()


def add_arrays(digest: "hashlib._Hash", arrays: Arrays) -> None:
    """Add the content of all arrays, and what else they say of the samples, to a hash."""
    digest.update(repr((arrays.scale, arrays.class_weight)).encode())
    sets = (arrays.x_train, arrays.y_train, arrays.x_test, arrays.y_test, arrays.x_validation, arrays.y_validation)
    for samples in (*sets, arrays.sample_weight):
        for values in each(samples) if samples is not None else ():
            _add(digest, np.asarray(values))


def judged_sha256(arrays: Arrays) -> str:
    """Return a hash that two trials share if they are judged on the same test samples in the same order.

    Samples are told by their targets, of several outputs by the first one's, one-hot rows by their classes; by their
    inputs only where there are no targets. Inputs that are scaled or coded in another way are the same samples still,
    and to compare such ways is what many studies are for.
    """
    digest = hashlib.sha256()
    samples = each(arrays.x_test) if arrays.y_test is None else each(arrays.y_test)[:1]
    for values in samples:
        _add(digest, _as_told(np.asarray(values)))
    return digest.hexdigest()


def _as_told(targets: np.ndarray) -> np.ndarray:
    """Return targets as they are whatever type they are stored in: numbers as float32, one row a sample.

    Targets of more axes, such as pictures, are large and have no other form.
    """
    plain = np.issubdtype(targets.dtype, np.number) or targets.dtype == bool
    if not plain or targets.ndim not in (1, 2) or not targets.size:
        return targets
    rows = targets.reshape(len(targets), -1).astype(np.float32)
    if rows.shape[1] > 1 and np.isin(rows, (0.0, 1.0)).all() and (rows.sum(axis=1) == 1.0).all():
        rows = rows.argmax(axis=1)[:, np.newaxis].astype(np.float32)
    return rows


def _add(digest: "hashlib._Hash", values: np.ndarray) -> None:
    digest.update(repr((values.shape, values.dtype)).encode())
    if values.dtype.hasobject:  # what lies in memory are addresses
        text = repr(values.tolist()) if has_plain_content(values) else value_text(values)
        digest.update(text.encode("utf-8", "surrogatepass"))
    else:
        digest.update(np.ascontiguousarray(values).data if values.size else b"")

