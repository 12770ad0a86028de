"""Which modules are the user's own, found without running any, and the versions of the installed ones."""

import ast
import dis
import hashlib
import importlib.machinery
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from pathlib import Path
from types import CodeType
from typing import Any, TypeGuard

from harness.isolation import PACKAGE, is_installed

_DYNAMIC = frozenset({"__import__", "import_module"})  # calls that import what a text names


def is_own(file: str | Path | None) -> TypeGuard[str | Path]:
    """Say whether a module's file is the user's own: neither of Python, nor of an installed package, nor of the harness."""
    return file is not None and Path(file).is_file() and not is_installed(file)


class Modules:
    """What some code imports, as it grows: the contents of the user's own modules, and the names of installed packages."""

    def __init__(self, folders: Sequence[str]) -> None:
        """Look for modules in these folders first, then wherever Python does."""
        self._folders = list(folders)
        self.contents: dict[str, str] = {}  # of the user's own modules, and of all that these import, by name
        self.installed: set[str] = set()  # packages

    def add_imports_of(self, code: CodeType) -> None:
        """Add what a function imports inside itself."""
        for name in imports_of(code):
            self.add(name)

    def add(self, name: str) -> None:
        """Add a module, by its whole name, with the packages around it; what is no module's name is passed over."""
        waiting = [name]
        while waiting:
            waiting += self._add_one(waiting.pop())

    def add_file(self, name: str, file: str | Path) -> None:
        """Add a module that has been imported from a file of the user's own."""
        if name not in self.contents:
            package = name if Path(file).name == "__init__.py" else name.rpartition(".")[0]
            for imported in self._keep(name, Path(file), package=package):
                self.add(imported)

    def add_installed(self, name: str) -> None:
        """Add the package of a module that is installed."""
        top = name.partition(".")[0]
        if top and top not in sys.stdlib_module_names and top != PACKAGE.name:
            self.installed.add(top)

    def versions(self) -> dict[str, str]:
        """Return the versions of the distributions that the installed packages came with."""
        return {f"{package} {name}": number for package in sorted(self.installed) for name, number in _versions_of(package)}

    def _add_one(self, name: str) -> Iterable[str]:
        found: list[str] = []
        path: Sequence[str] | None = None
        whole = ""
        for part in name.split("."):
            whole = f"{whole}.{part}" if whole else part
            spec = self._spec(whole, path)
            if spec is None:  # the name of something in a module
                break
            path = spec.submodule_search_locations
            if spec.has_location and is_own(spec.origin):
                if whole not in self.contents:
                    package = whole if path is not None else whole.rpartition(".")[0]
                    found += self._keep(whole, Path(spec.origin), package=package)
            elif spec.has_location:
                self.add_installed(whole)
                break
            elif path is None:  # built in or frozen
                break
        return found

    def _keep(self, name: str, path: Path, *, package: str) -> Iterable[str]:
        if path.suffix != ".py":
            self.contents[name] = hashlib.sha256(path.read_bytes()).hexdigest()
            return ()
        self.contents[name] = path.read_text(encoding="utf-8", errors="replace")
        return _imports_of_text(self.contents[name], package)

    def _spec(self, name: str, path: Sequence[str] | None) -> importlib.machinery.ModuleSpec | None:
        finders: list[tuple[Any, Sequence[str] | None]] = [(finder, path) for finder in sys.meta_path]
        if path is None:
            finders.insert(0, (importlib.machinery.PathFinder, self._folders))
        for finder, folders in finders:
            try:
                spec: importlib.machinery.ModuleSpec | None = finder.find_spec(name, folders)
            except Exception:  # a finder of another package's, which does not know the name
                continue
            if spec is not None:
                return spec
        return None


def imports_of(code: CodeType) -> Iterator[str]:
    """Yield the names of what a function's code may import: modules, and things in them."""
    before: list[object] = [None]
    for instruction in dis.get_instructions(code):
        if instruction.opname == "IMPORT_NAME":
            yield instruction.argval
            parts = before[-1] if isinstance(before[-1], tuple) else ()  # of `from NAME import PART`
            yield from (f"{instruction.argval}.{part}" for part in parts if part != "*")
        before.append(instruction.argval)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from imports_of(constant)
        elif isinstance(constant, str) and _DYNAMIC & set(code.co_names) and _is_dotted(constant):
            yield constant


def _is_dotted(text: str) -> bool:
    return all(part.isidentifier() for part in text.split("."))


@lru_cache(maxsize=4096)
def _imports_of_text(text: str, package: str) -> tuple[str, ...]:
    try:
        nodes = list(ast.walk(ast.parse(text)))
    except (SyntaxError, ValueError, RecursionError):  # importing it will say so
        return ()
    names: dict[str, None] = {}
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= dict.fromkeys(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            names |= dict.fromkeys([module, *(f"{module}.{alias.name}" for alias in node.names if alias.name != "*")])
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in _DYNAMIC:
            texts = [part.value for part in node.args[:1] if isinstance(part, ast.Constant)]
            names |= dict.fromkeys(text for text in texts if isinstance(text, str) and _is_dotted(text))
    return tuple(name for name in names if name)


@lru_cache(maxsize=1024)
def _versions_of(package: str) -> tuple[tuple[str, str], ...]:
    try:
        return ((package, version(package)),)
    except PackageNotFoundError:
        names = sorted(set(_distributions().get(package, ())))
        return tuple((name, version(name)) for name in names)


@lru_cache(maxsize=1)
def _distributions() -> dict[str, list[str]]:
    return dict(packages_distributions())
