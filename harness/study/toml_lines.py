"""The line of each key in a TOML text, so that what is wrong with a value can be found."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path as FilePath
from typing import Any

from harness.errors import UsageError

_DEEPEST = 12  # tables and lists in one another; a study needs five
_LARGEST = 10**400  # beyond any float; what is too large for a setting is the setting's to say
_NESTED = f"its values are nested more than {_DEEPEST} deep; expected tables of settings, as in docs/your-own-study.md"
_ENDLESS = "it holds a number of more than 400 digits; expected one that a setting can have"

Path = tuple[str, ...]  # a key behind those of the tables that it lies in


class LineError(UsageError):
    """What is wrong in a file, with its line; None where it is the file as a whole."""

    def __init__(self, text: str, line: int | None = None) -> None:
        super().__init__(text)
        self.line = line


@contextmanager
def gathered(faults: list[LineError]) -> Iterator[None]:
    """Keep an error for later: another one may stand before it in the file."""
    try:
        yield
    except LineError as fault:
        faults.append(fault)


def read_toml(path: FilePath, *, kind: str = "Study file") -> tuple[str, dict[str, Any]]:
    """Return a file's text and what it says; UsageError, with the line where there is one, for what is no TOML."""
    try:
        text = path.read_text(encoding="utf-8")
        content = tomllib.loads(text)
    except OSError as error:
        raise UsageError(f"{kind} {path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        raise UsageError(f"{kind} {path} is not UTF-8: byte {error.start}.") from None
    except tomllib.TOMLDecodeError as error:
        line, said = _error_line(error)
        raise UsageError(f"{kind} {path}{f', line {line}' if line else ''}: {said}.") from None
    except RecursionError:
        raise UsageError(f"{kind} {path}: {_NESTED}.") from None
    except ValueError:  # of Python, which turns no more than some thousand digits into a number
        raise UsageError(f"{kind} {path}: {_ENDLESS}.") from None
    if fault := _fault_of(content):
        raise UsageError(f"{kind} {path}: {fault}.")
    return text, content


def _fault_of(content: Any, *, depth: int = 0) -> str:
    """Say what no study can mean: values nested without end, or a number without end; empty where there is neither."""
    if isinstance(content, int):
        return _ENDLESS if abs(content) > _LARGEST else ""
    if not isinstance(content, (list, Mapping)):
        return ""
    if depth > _DEEPEST:
        return _NESTED
    parts = content.values() if isinstance(content, Mapping) else content
    return next((fault for part in parts if (fault := _fault_of(part, depth=depth + 1))), "")


def key_lines(text: str) -> dict[Path, int]:
    """Return the line, from 1, at which each key and each table of a valid TOML text is first named."""
    found: dict[Path, int] = {}
    table: Path = ()
    for number, statement in _statements(text):
        content = tomllib.loads(statement)
        if statement.lstrip().startswith("["):
            table = max(_paths(content), key=len)
            named = [table]
        else:
            named = [(*table, *path) for path in _paths(content)]
        for path in named:
            for length in range(1, len(path) + 1):
                found.setdefault(path[:length], number)
    return found


def nearest_line(lines: Mapping[Path, int], path: Path) -> int | None:
    """Return the line of a key, else that of the innermost table around it that has one; None where none has."""
    for length in range(len(path), 0, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return None


def in_file(file: FilePath | None, *places: Path) -> str:
    """Return `Study file my_rates.toml, line 3: ` for the first of these keys that a TOML file has, else for its file.

    For an error that shows only after the file was read; empty for a study in Python.
    """
    if file is None or file.suffix != ".toml":
        return ""
    try:
        lines = key_lines(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # it was changed meanwhile
        lines = {}
    found = [lines[place] for place in places if place in lines]
    return f"Study file {file}{f', line {found[0]}' if found else ''}: "


def _error_line(error: tomllib.TOMLDecodeError) -> tuple[int | None, str]:
    """Return the line that a syntax error names, and its text without the place."""
    place = re.search(r" \(at line (\d+), column (\d+)\)$", str(error))
    if place is None:
        return None, str(error).replace(" (at end of document)", " at the end of the file")
    return int(place[1]), f"{str(error)[: place.start()]} (column {place[2]})"


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Yield each statement, over as many lines as it takes, with the line of its beginning."""
    pending, start = "", 0
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), start=1):
        if not pending and line.split("#")[0].strip() == "":
            continue
        start = start if pending else number
        pending += line + "\n"
        try:
            tomllib.loads(pending)
        except tomllib.TOMLDecodeError:
            continue  # a list or a text that goes on
        yield start, pending
        pending = ""


def _paths(content: Any) -> Iterator[Path]:
    """Yield the path of each key in nested tables."""
    if isinstance(content, list) and content:
        content = content[0]  # of [[tables]]
    if isinstance(content, Mapping):
        for key, value in content.items():
            yield (key,)
            yield from ((key, *rest) for rest in _paths(value))
