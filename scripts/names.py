"""Hold that no identifier and no module has a word that was given up: scripts/words.toml says what is said now.

    python scripts/names.py

Prints each place on a line; status 1 if there is one.
"""

import ast
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
FOLDERS = ("harness", "tests", "scripts", "experiments")
WORDS: dict[str, str] = tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))


def findings(project: Path = PROJECT) -> Iterator[str]:
    """Yield a line for each place where a word is used."""
    for path in sorted(path for folder in FOLDERS for path in (project / folder).rglob("*.py*")):
        if path.suffix not in (".py", ".pyi"):
            continue
        shown = path.relative_to(project)
        for word in {path.parent.name, path.stem} & WORDS.keys():
            yield f"{shown}: a module is named {word!r}; expected {WORDS[word]}"
        for line, word in sorted(set(_identifiers(ast.parse(path.read_text(encoding="utf-8"))))):
            if word in WORDS:
                yield f"{shown}:{line}: {word!r} is used; expected {WORDS[word]}"


def _identifiers(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield line and text of each name that a file defines, uses or imports."""
    for node in ast.walk(tree):
        for field in ("id", "attr", "arg", "name", "asname", "module"):
            name = getattr(node, field, None)
            if isinstance(name, str):
                yield from ((getattr(node, "lineno", 0), part) for part in name.split("."))


if __name__ == "__main__":
    found = list(findings())
    print("\n".join(found) or f"No word of {len(WORDS)} that were given up.")
    sys.exit(1 if found else 0)
