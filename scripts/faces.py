"""Hold that each package of the harness is entered by its face, and that the face hands on what is used and nothing else.

    python scripts/faces.py

A package's face is its __init__.pyi, or its __init__.py where it has no other. Outside of it are the other packages, the
scripts and the studies; tests may look at any module. Prints each finding on a line; status 1 if there is one.
"""

import ast
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

PROJECT = Path(__file__).resolve().parents[1]
OUTSIDE = ("scripts", "experiments")


class Import(NamedTuple):
    """One name that a file imports from the harness: `from harness.records import Record`."""

    where: str  # the file and the line
    package: str  # that the file is in; empty outside of the harness
    module: str
    name: str  # empty for `import harness.records`


def findings(project: Path = PROJECT) -> Iterator[str]:
    """Yield a line for each import that passes a face by, and for each name of a face that should not, or should, be there."""
    faces = {face.parent.name: _names(face) for face in map(_face, sorted((project / "harness").iterdir())) if face}
    used: dict[str, set[str]] = defaultdict(set)
    for one in _imports(project):
        parts = one.module.split(".")
        if len(parts) < 2 or parts[1] not in faces or parts[1] == one.package:
            continue
        if len(parts) > 2:
            yield f"{one.where}: imports {one.module}; expected the face of its package, harness.{parts[1]}"
        elif not one.name:
            yield f"{one.where}: imports {one.module} whole; expected the names that are used of it"
        elif one.name not in faces[parts[1]]:
            yield f"{one.where}: {one.module} does not hand on {one.name!r}; expected it in its __init__.pyi"
        used[parts[1]].add(one.name)
    for package, names in faces.items():
        modules = {path.stem for path in (project / "harness" / package).iterdir()} - _whole_modules(project, package)
        for name in sorted(names):
            if name in modules:
                yield f"harness/{package}: hands on {name!r}, as one of its modules is named, which hides it"
            if name not in used[package]:
                yield f"harness/{package}: hands on {name!r}, which nobody outside uses"


def _face(package: Path) -> Path | None:
    return next((face for face in (package / "__init__.pyi", package / "__init__.py") if face.is_file()), None)


def _whole_modules(project: Path, package: str) -> set[str]:
    """Return the modules that a face hands on as such: `from . import keras_internals`."""
    face = _face(project / "harness" / package)
    parts = ast.parse(face.read_text(encoding="utf-8")).body if face else []
    return {alias.name for node in parts if isinstance(node, ast.ImportFrom) and node.module is None for alias in node.names}


def _names(face: Path) -> set[str]:
    imports = [node for node in ast.parse(face.read_text(encoding="utf-8")).body if isinstance(node, ast.ImportFrom)]
    return {alias.asname or alias.name for node in imports for alias in node.names}


def _imports(project: Path) -> Iterator[Import]:
    """Yield what all files import from the harness; `import a.b` and `from a import b` of a package b are the same."""
    own_face = project / "harness/__init__.pyi"
    for line in ast.parse(own_face.read_text(encoding="utf-8")).body if own_face.is_file() else []:
        if isinstance(line, ast.ImportFrom):
            yield from (Import("harness/__init__.pyi", "", f"harness.{line.module}", alias.name) for alias in line.names)
    for path in sorted(path for folder in ("harness", *OUTSIDE) for path in (project / folder).rglob("*.py")):
        shown = path.relative_to(project)
        package = shown.parts[1] if shown.parts[0] == "harness" and len(shown.parts) > 2 else ""
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            where = f"{shown}:{getattr(node, 'lineno', 0)}"
            if isinstance(node, ast.Import):
                yield from (Import(where, package, alias.name, "") for alias in node.names if alias.name.startswith("harness."))
            elif isinstance(node, ast.ImportFrom) and node.module == "harness":
                yield from (Import(where, package, f"harness.{alias.name}", "") for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("harness."):
                yield from (Import(where, package, str(node.module), alias.name) for alias in node.names)


if __name__ == "__main__":
    found = list(findings())
    print("\n".join(found) or "Each package is entered by its face.")
    sys.exit(1 if found else 0)
