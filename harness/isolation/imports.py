"""Installed modules that a job is the first to import, held as they are when their import has ended."""

import sys
import threading
from collections.abc import Callable, Sequence
from functools import partial
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from harness.isolation.installed import is_installed
from harness.isolation.patches import Attributes


class ImportWatch:
    """Stands before Python's finders of modules, and looks at what they have found when it has been imported.

    What a job then changes in such a module is seen as it is in one that was there before. What modules set in each other
    while they are imported is no change.
    """

    def __init__(self, attributes: Attributes) -> None:
        self._attributes = attributes
        self.first = 0  # the number of the first owner that was not there before the first job
        self._running = threading.local()

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Return what the finders behind this one find."""
        for finder in sys.meta_path[sys.meta_path.index(self) + 1 :]:
            spec = finder.find_spec(name, path, target) if hasattr(finder, "find_spec") else None
            if spec is not None:
                if spec.has_location and spec.origin and is_installed(spec.origin):
                    self._watch(spec.loader)
                return spec
        return None

    def _watch(self, loader: Any) -> None:
        held = getattr(loader, "__dict__", None)  # none has a loader of C; a class is the loader of all it loads
        if held is not None and not isinstance(loader, type) and "exec_module" not in held and hasattr(loader, "exec_module"):
            loader.exec_module = partial(self._execute, loader.exec_module)

    def _execute(self, run: Callable[[ModuleType], None], module: ModuleType) -> None:
        """Import a module, and with it all that it imports; behind the first of them, they are held."""
        running = self._running.__dict__
        if "came" in running:
            running["came"].append(module)
            return run(module)
        unchanged = self._attributes.unchanged(self.first)
        running["came"] = [module]
        try:
            run(module)
        finally:
            came = running.pop("came")
            self._attributes.accept(unchanged)
            self._attributes.add(filter(_is_imported, came))


def _is_imported(module: ModuleType) -> bool:
    return sys.modules.get(module.__name__) is module
