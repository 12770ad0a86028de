"""What is imported by name is declared in setup.cfg: what another package happens to bring may be gone tomorrow."""

import ast
import sys
from collections.abc import Iterable, Iterator
from configparser import ConfigParser
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = Path(__file__).resolve().parents[2]
OURS = {"harness", "experiments"}
# What needs more than the package does, and the extra that brings it.
OF_EXTRAS = {
    "harness/draw": "draw",
    "harness/mirror": "cloud",
    "harness/runs/executors/ray_cluster.py": "ray",
    "harness/runs/executors/slurm": "slurm",
}


@pytest.mark.parametrize(
    ("places", "extras"),
    [
        (("harness", "experiments"), ()),
        *[((place,), (extra,)) for place, extra in OF_EXTRAS.items()],
        (("scripts", "tests"), ("test", "docs", "torch", "ray")),
    ],
    ids=["the package", *OF_EXTRAS.values(), "scripts and tests"],
)
def test_what_is_imported_is_declared(places, extras):
    files = [path for place in places for path in python_files(PROJECT / place)]
    apart = [PROJECT / place for place in OF_EXTRAS if place not in places]
    files = [path for path in files if not any(map(path.is_relative_to, apart))]
    local = OURS | {path.stem for path in files} | {path.name for path in (PROJECT / "scripts").iterdir()}
    imported = {name for path in files for name in imports_of(path)} - local
    assert imported, "the scan found nothing"
    assert undeclared(imported, declared(extras)) == {}


def test_an_undeclared_import_is_found(tmp_path):
    path = tmp_path / "module.py"
    path.write_text("def late():\n    from PIL.Image import open\n    import os.path, rich\n    from . import sibling\n")
    assert set(imports_of(path)) == {"PIL", "rich"}
    assert undeclared(imports_of(path), {"rich"}) == {"PIL": ["pillow"]}


def test_an_undeclared_import_that_is_not_installed_is_found():
    assert undeclared(["no_such_package"], {"rich"}) == {"no_such_package": ["no-such-package"]}


def python_files(place: Path) -> list[Path]:
    """Return a file, or the files of a folder."""
    return sorted(place.rglob("*.py")) if place.is_dir() else [place]


def imports_of(path: Path) -> Iterator[str]:
    """Yield the top-level packages that a file imports anywhere in it, those of Python itself left out."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [str(node.module)]
        yield from {name.partition(".")[0] for name in names} - sys.stdlib_module_names


def declared(extras: Iterable[str]) -> set[str]:
    """Return the distributions that setup.cfg requires, with those of these extras."""
    setup = ConfigParser()
    setup.read(PROJECT / "setup.cfg", encoding="utf-8")
    texts = [setup["options"]["install_requires"], *(setup["options.extras_require"][extra] for extra in extras)]
    return {canonicalize_name(Requirement(line).name) for text in texts for line in text.split("\n") if line.strip()}


def undeclared(imported: Iterable[str], known: set[str]) -> dict[str, list[str]]:
    """Return the packages of which no distribution is declared, each with the distributions that would bring it.

    One that is not installed here, as those of an extra, is taken to be brought by the distribution of its own name.
    """
    installed = packages_distributions()
    brought = {name: sorted({canonicalize_name(found) for found in installed.get(name, [name])}) for name in imported}
    return {name: found for name, found in sorted(brought.items()) if not known & set(found)}
