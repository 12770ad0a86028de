"""Modules that are the user's own, and so are loaded anew for every job, told apart from those that are installed."""

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from harness.isolation.installed import is_installed
from harness.isolation.patches import classes_of


def is_own(module: ModuleType) -> bool:
    """Say whether a module is of the user's own, and no part of Python, of this project or of what is installed."""
    spec = getattr(module, "__spec__", None)
    if spec is not None and spec.origin in ("built-in", "frozen"):
        return False
    file = getattr(module, "__file__", None)
    if file is None:  # a package without a file, or a module made by hand; its folder tells, if it has one
        file = next(iter(getattr(module, "__path__", ())), None)
    if file is None or (spec is None and not Path(file).exists()):  # torch.ops calls itself a file, and is an object
        return False
    return not is_installed(file)


def forget(own: Mapping[str, ModuleType]) -> list[str]:
    """Let modules of the user's own be imported anew; return those for which that cannot be, as words.

    A module that is compiled keeps its state for as long as the process lives.
    """
    for name, module in own.items():
        sys.modules.pop(name, None)
        parent, _, child = name.rpartition(".")
        if parent in sys.modules and vars(sys.modules[parent]).get(child) is module:
            delattr(sys.modules[parent], child)
    return [f"module {name}" for name, module in own.items() if not _is_source(module)]


def _is_source(module: ModuleType) -> bool:
    file = getattr(module, "__file__", None)
    return file is None or Path(file).suffix in (".py", ".pyc")


def patched_by(module: ModuleType, own: Iterable[str]) -> list[str]:
    """Return the functions and classes in a module and in its classes that were made in one of these others, as words."""
    own = set(own)
    owners: list[Any] = [module, *classes_of(module)]
    return [
        f"{module.__name__}.{name}"
        for owner in owners
        if owner is module or owner.__module__ not in own
        for name, value in list(vars(owner).items())
        if issubclass(type(value), (type, FunctionType)) and value.__module__ in own
    ]
