"""Hashes of arrays: of all that a trial is given, and of which samples it is judged on."""

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from harness.data import Arrays, each, one_hot
from harness.study import has_plain_content, value_text

if TYPE_CHECKING:
    from harness.models.samples import Given

MOST_ROWS = 100_000  # that show whether targets tell samples


def given_sha256(given: "Given") -> str:
    """Return the hash by which what a trial was given is told from other data."""
    return arrays_sha256(given) if isinstance(given, Arrays) else given.identity


def arrays_sha256(arrays: Arrays) -> str:
    """Return a hash of the content of all arrays, and of what else they say of the samples."""
    digest = hashlib.sha256()
    add_arrays(digest, arrays)
    return digest.hexdigest()


def add_arrays(digest: "hashlib._Hash", arrays: Arrays) -> None:
    """Add the content of all arrays, and what else they say of the samples, to a hash."""
    digest.update(repr((arrays.scale, arrays.class_weight)).encode())
    sets = (arrays.x_train, arrays.y_train, arrays.x_test, arrays.y_test, arrays.x_validation, arrays.y_validation)
    later = {"sample_weight_test": arrays.sample_weight_test, "sample_weight_validation": arrays.sample_weight_validation}
    later |= {"shuffle": None if arrays.shuffle else np.zeros(1), "nan_inputs": np.ones(1) if arrays.nan_inputs else None}
    later |= {name: np.array(sorted(named)) for name, named in _names(arrays).items()}
    for samples in (*sets, arrays.sample_weight):
        for values in each(samples) if samples is not None else ():
            _add(digest, np.asarray(values))
    for name, value in later.items():
        if value is not None:
            digest.update(name.encode())
            _add(digest, np.asarray(value))


def _names(arrays: Arrays) -> "dict[str, Mapping[str, object]]":
    """Return what goes by names, of inputs and targets."""
    return {name: given for name in ("x_train", "y_train") if isinstance(given := getattr(arrays, name), Mapping)}


def judged_sha256(arrays: Arrays) -> str:
    """Return a hash that two trials share if they are judged on the same test samples in the same order.

    Samples are told by their targets, of several outputs by the first one's, one-hot rows by their classes: inputs that
    are scaled or coded in another way are the same samples still, and to compare such ways is what many studies are for.
    They are told by the content of their inputs as well where other samples would have the same targets, such as labels
    that are sorted, constant or in turn; and by their inputs alone where there are no targets. Weights that they are
    measured with count as well: with others, a loss is another measure.
    """
    digest = hashlib.sha256()
    targets = () if arrays.y_test is None else each(arrays.y_test)[:1]
    told = [_as_told(np.asarray(values)) for values in targets]
    if not all(map(_tell_samples, told)) or not told:
        told += [_as_told(np.asarray(values)) for values in each(arrays.x_test)]
    if arrays.sample_weight_test is not None:
        told.append(_as_told(np.asarray(arrays.sample_weight_test)))
    for values in told:
        _add(digest, values)
    return digest.hexdigest()


def _tell_samples(targets: np.ndarray) -> bool:
    """Say whether it is hardly by chance that other samples have these targets in this order.

    So it is with fractions of which most differ, and wherever the order has at least half the patterns of a shuffled one.
    """
    if targets.ndim not in (1, 2) or len(targets) < 2:
        return targets.ndim > 2 and bool((targets != targets[:1]).any())
    first = targets[:MOST_ROWS]
    rows = first.astype(str) if first.dtype.hasobject else first
    kinds, ranks = np.unique(rows, axis=0, return_inverse=True)
    whole = not np.issubdtype(rows.dtype, np.number) or bool((np.floor(rows) == rows).all())
    if not whole and len(kinds) > len(rows) / 2:
        return True
    ranks = ranks.reshape(-1)
    found, shuffled = (_patterns(order, len(kinds)) for order in (ranks, np.random.default_rng(0).permutation(ranks)))
    return found > 1 and 2 * found >= shuffled


def _patterns(ranks: np.ndarray, kinds: int) -> int:
    """Count the distinct steps from one run of equal targets to the next, each with the lengths of the two runs."""
    starts = np.flatnonzero(np.diff(ranks, prepend=-1))
    lengths = np.diff(starts, append=len(ranks))
    steps = np.diff(ranks[starts]) % kinds  # of labels in turn the last and the first are neighbours
    return len(np.unique(np.stack([steps, lengths[:-1], lengths[1:]]), axis=1).T)


def _as_told(targets: np.ndarray) -> np.ndarray:
    """Return targets as they are whatever type they are stored in: numbers as float32, one row a sample.

    Targets of more axes, such as pictures, are large and have no other form.
    """
    plain = np.issubdtype(targets.dtype, np.number) or targets.dtype == bool
    if not plain or targets.ndim not in (1, 2) or not targets.size:
        return targets
    rows = targets.reshape(len(targets), -1).astype(np.float32)
    if rows.shape[1] > 1 and one_hot(rows).all():
        rows = rows.argmax(axis=1)[:, np.newaxis].astype(np.float32)
    return rows


def _add(digest: "hashlib._Hash", values: np.ndarray) -> None:
    digest.update(repr((values.shape, values.dtype)).encode())
    if values.dtype.hasobject:  # what lies in memory are addresses
        text = repr(values.tolist()) if has_plain_content(values) else value_text(values)
        digest.update(text.encode("utf-8", "surrogatepass"))
    else:
        digest.update(np.ascontiguousarray(values).data if values.size else b"")
