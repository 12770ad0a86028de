"""PyTorch, where a study's function is the first to import it: seeded as it is loaded, or all seeds would begin alike."""

import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType

LIBRARY = "torch"  # TensorFlow and Keras are loaded in every worker


class _Seeding(importlib.abc.MetaPathFinder):
    """Finds the library as other finders do, with a loader that seeds it."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._finding = False

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return the spec that other finders have of the library; None for all else."""
        if name != LIBRARY or self._finding:
            return None
        self._finding = True
        try:
            spec = importlib.util.find_spec(name)
        finally:
            self._finding = False
        if spec is None or spec.loader is None:
            return None
        loader = spec.loader
        execute, seed = loader.exec_module, self._seed

        def exec_module(module: ModuleType) -> None:
            execute(module)
            module.manual_seed(seed)

        loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


@contextmanager
def seeding_imports(seed: int) -> Iterator[None]:
    """Let PyTorch, where it is first imported within, begin in the state that the seed gives."""
    finder = _Seeding(seed)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
