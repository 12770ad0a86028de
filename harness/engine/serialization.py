"""Plain values and arrays as JSON and a list of arrays, and back: what a file can hold without pickle.

A pickle runs code when it is read. What lies in a log folder may come from anywhere, so nothing there is one.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

Arrays = Sequence[np.ndarray]


def serialize(value: Any) -> tuple[Any, list[np.ndarray]]:
    """Return a value as JSON can hold it, and the arrays in it, which the JSON names by their numbers.

    Kept are None, bool, int, float, str, bytes, lists, tuples, dicts and NumPy's arrays and scalars, each as exactly that
    type. TypeError says which part is something else.
    """
    arrays: list[np.ndarray] = []
    return _flat(value, arrays, "value"), arrays


def deserialize(flat: Any, arrays: Arrays) -> Any:
    """Return the value that `flatten` took apart; KeyError, IndexError, TypeError or ValueError if it was none."""
    if isinstance(flat, list):
        return [deserialize(part, arrays) for part in flat]
    if not isinstance(flat, dict):
        return flat
    ((kind, content),) = flat.items()
    if kind == "tuple":
        return tuple(deserialize(part, arrays) for part in content)
    if kind == "dict":
        return {deserialize(key, arrays): deserialize(part, arrays) for key, part in content}
    if kind == "bytes":
        return arrays[content].tobytes()
    if kind == "array":
        return _array(arrays, content)
    if kind == "scalar":
        return _array(arrays, content)[()]
    raise ValueError(f"{kind!r} is no kind of value that is kept")


def _flat(value: Any, arrays: list[np.ndarray], place: str) -> Any:
    kind = type(value)
    if value is None or kind in (bool, int, float, str):
        return value
    if kind is bytes:
        arrays.append(np.frombuffer(value, np.uint8))
        return {"bytes": len(arrays) - 1}
    if kind is list:
        return [_flat(part, arrays, f"{place}[{number}]") for number, part in enumerate(value)]
    if kind is tuple:
        return {"tuple": [_flat(part, arrays, f"{place}[{number}]") for number, part in enumerate(value)]}
    if kind is dict:
        pairs = value.items()
        return {"dict": [[_flat(key, arrays, place), _flat(part, arrays, f"{place}[{key!r}]")] for key, part in pairs]}
    if (kind is np.ndarray or isinstance(value, np.generic)) and not value.dtype.hasobject:
        # NumPy's files hold no dtypes of other packages, such as bfloat16: the bytes go there, dtype and shape here.
        arrays.append(np.frombuffer(value.tobytes(), np.uint8))
        where = [len(arrays) - 1, value.dtype.name if value.dtype.kind == "V" else value.dtype.str, list(value.shape)]
        return {"array" if kind is np.ndarray else "scalar": where}
    raise TypeError(f"{place} is of type {kind.__module__}.{kind.__qualname__}, which is no plain value")


def _array(arrays: Arrays, where: Any) -> np.ndarray:
    number, dtype, shape = where
    return arrays[number].view(np.dtype(dtype)).reshape(shape).copy()
