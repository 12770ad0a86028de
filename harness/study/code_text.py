"""What code says: its source, else its compiled form, and the names that it uses."""

import inspect
import linecache
import sys
from types import CodeType
from typing import Any


def names_of(code: CodeType) -> frozenset[str]:
    """Return the names that a function's code reads, in the functions within it too."""
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names |= names_of(constant)
    return frozenset(names)


def source_of(thing: type | CodeType) -> str:
    """Return the source of a function's code or of a class; its compiled code where no file has it."""
    file = thing.co_filename if isinstance(thing, CodeType) else getattr(sys.modules.get(thing.__module__), "__file__", None)
    linecache.checkcache(file)  # or it would be that of the former content
    try:
        return inspect.getsource(thing)
    except (OSError, TypeError, IndexError, SyntaxError):  # no source file: its compiled code stands in
        return compiled(thing) if isinstance(thing, CodeType) else ""


def compiled(code: CodeType) -> str:
    """Return what code does, without where it stands."""
    return repr((code.co_code, code.co_names, list(map(_constant, code.co_consts))))


def _constant(value: Any) -> str:
    if isinstance(value, CodeType):
        return compiled(value)
    return repr(sorted(map(_constant, value))) if isinstance(value, frozenset) else repr(value)
