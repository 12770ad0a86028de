"""What a study hands over as arrays, as NumPy holds it: tables, lists and tensors are converted once, or refused in a line."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np


def as_samples(label: str, given: Any) -> Any:
    """Return samples as an array, a tuple of arrays or a dict of them; TypeError for what has no such form."""
    if given is None:
        return None
    if isinstance(given, Mapping):
        return {str(name): as_array(f"{label}[{name!r}]", part) for name, part in given.items()}
    several = isinstance(given, tuple) or (isinstance(given, list) and bool(given))
    if several and all(getattr(part, "shape", ()) for part in given):
        return tuple(as_array(f"{label}[{index}]", part) for index, part in enumerate(given))
    return as_array(label, given)


def as_array(label: str, given: Any) -> "np.ndarray":
    """Return one array of samples; TypeError for a sparse or masked one, a table with texts, unequal rows, and no array."""
    import numpy as np

    if isinstance(given, np.ma.MaskedArray):
        raise TypeError(
            f"{label} is a masked array, whose mask no model sees; expected an array, as of filled(0), and weights."
        )
    if isinstance(given, np.ndarray):
        return given
    if type(given).__module__.startswith("scipy.sparse") or type(given).__name__ in ("SparseTensor", "RaggedTensor"):
        dense = "toarray()" if hasattr(given, "toarray") else "a dense tensor, as of tf.sparse.to_dense"
        raise TypeError(f"{label} is a {type(given).__name__}; expected a dense array: {dense}.")
    if hasattr(given, "detach"):  # torch's
        given = given.detach().cpu()
    try:
        array = np.asarray(given)
    except ValueError as error:
        kind = type(given).__name__
        raise TypeError(f"{label} is a {kind} that is no array ({error}); expected rows of one length.") from None
    if array.shape == () and array.dtype == object:
        raise TypeError(
            f"{label} is a {type(given).__name__}, which is no array; expected one. A pipeline or a generator is returned by "
            "datasets(settings, seed), as Data(train=..., test=...)."
        )
    if array.dtype == object and hasattr(given, "columns"):
        texts = [str(name) for name in given.columns if given[name].dtype.kind not in "biuf"]
        raise TypeError(
            f"{label} has columns that are no numbers: {', '.join(texts)}; expected numbers, as of pandas.get_dummies, or "
            "train(settings, trial), where a pipeline takes the table as it is."
        )
    return array


def columns_of(given: Any) -> tuple[str, ...]:
    """Return the names of a table's columns; none of what is no table."""
    return tuple(map(str, given.columns)) if hasattr(given, "columns") and hasattr(given, "iloc") else ()


def check_columns(tables: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the columns that tables have in common; ValueError where one has others, or has them in another order."""
    named = {name: columns for name, table in tables.items() if (columns := columns_of(table))}
    first = next(iter(named), "")
    for name, columns in named.items():
        if columns != named[first]:
            received, expected = ", ".join(columns), ", ".join(named[first])
            raise ValueError(f"{name} has the columns {received}; expected those of {first} in their order: {expected}.")
    return named.get(first, ())
