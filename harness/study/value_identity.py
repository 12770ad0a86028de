"""What a value of any type holds that decides what it does, as far as that can be told without running its code."""

import functools
import hashlib
import inspect
import os
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import fields, is_dataclass
from types import SimpleNamespace
from typing import Any

# Where objects that stand in front of a function keep it: decorators', descriptors', bound ones'.
_FUNCTIONS = ("__wrapped__", "__func__", "func", "args", "keywords", "fget", "fset", "fdel")
PLAIN = (bool, int, float, complex, bytes, type(None), type(Ellipsis), type(NotImplemented), range, slice)
_SIMPLE = (bool, int, float, str, type(None))


def is_plain(value: Any) -> bool:
    """Say whether a value's own text tells all of it, in the same words in each process."""
    return type(value) in (*PLAIN, str) or (type(value) is tuple and all(map(is_plain, value)))


def scalar_text(value: Any) -> str:
    """Return a NumPy number or array by its type, shape and content; empty for anything else, and for one of objects."""
    if not _is_array(value) or not has_plain_content(value):
        return ""
    content = repr(value.tolist()) if value.dtype.hasobject else hashlib.sha256(value.tobytes()).hexdigest()
    return f"array {value.dtype} {value.shape} {content}"


def has_plain_content(array: Any) -> bool:
    """Say whether an array holds numbers and texts alone: NumPy cuts what it shows of others, or shows where they lie."""
    return not array.dtype.hasobject or all(type(part) in _SIMPLE for part in array.ravel().tolist())


def _is_array(value: Any) -> bool:
    has_shape = isinstance(getattr(value, "shape", None), tuple) and callable(getattr(value, "tobytes", None))
    return has_shape and getattr(type(value), "dtype", None) is not None


def contents_of(value: Any) -> Mapping[Any, Any] | Set[Any] | Iterable[Any] | None:
    """Return what a container holds, None for what is none. A table of pandas is the columns that it holds."""
    if value is os.environ:  # the machine's
        return ()
    if _is_array(value):
        return [str(value.dtype), value.shape, *value.ravel().tolist()]
    if isinstance(value, Mapping):
        return value
    if isinstance(value, (list, tuple, Set)) or type(value).__name__ == "deque":
        held: Iterable[Any] = value
        return held
    if callable(getattr(type(value), "to_numpy", None)):
        return [getattr(value, "columns", None) is not None and list(value.columns), value.to_numpy()]
    if callable(getattr(type(value), "items", None)) and callable(getattr(type(value), "keys", None)):
        return dict(value.items())
    return None


def parts_of(value: Any, *, own: bool) -> Iterator[tuple[str, Any]]:
    """Yield the named parts of an object: what it says of itself, its fields, its attributes.

    own: whether its class is the user's. Of other classes only those that are there to hold values are looked into:
    what lies in the others, such as a logger, changes with whatever else has been imported.
    """
    described = _described(value)
    if described is not None:
        yield "described", described
    if own or _holds_values(value):
        held = _attributes(value)
        # A layer's own attributes are many and of its library's; what it does not say of itself are numbers and texts.
        yield from ((name, held[name]) for name in sorted(held) if described is None or type(held[name]) in _SIMPLE)
        return
    if described is not None:
        return
    if is_dataclass(value):
        yield from ((field.name, getattr(value, field.name, None)) for field in fields(value))
    for name in _FUNCTIONS:
        held = inspect.getattr_static(value, name, None)
        if held is not None and not (name == "args" and not isinstance(value, (functools.partial, functools.partialmethod))):
            yield name, getattr(value, name)


def _described(value: Any) -> Any:
    """Return what a layer, an initializer, an estimator or the like says of itself; None where it says nothing."""
    for name in ("get_config", "get_params"):
        if callable(getattr(type(value), name, None)):
            try:
                return getattr(value, name)()
            except Exception:  # it cannot say
                return None
    return None


def _holds_values(value: Any) -> bool:
    """Say whether an object of an installed class is there to hold values: a namespace, or a model of pydantic's."""
    return isinstance(value, SimpleNamespace) or type(value).__name__ == "Namespace" or hasattr(value, "__pydantic_fields__")


def _attributes(value: Any) -> dict[str, Any]:
    try:
        held = {name: part for name, part in vars(value).items() if isinstance(name, str)}
    except TypeError:  # it has slots alone
        held = {}
    for kind in type(value).__mro__:
        names = vars(kind).get("__slots__", ())
        for name in (names,) if isinstance(names, str) else names:
            try:
                held[name] = getattr(value, name)
            except AttributeError:  # not assigned, or named otherwise within the class
                continue
    return {name: part for name, part in held.items() if name not in ("__dict__", "__weakref__")}
