"""A TOML file whose errors name the key that is wrong, by its path."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import UsageError

_DEEPEST = 12  # tables and lists in one another; a study needs five
_LARGEST = 10**400  # beyond any float; what is too large for a setting is the setting's to say
_NESTED = f"its values are nested more than {_DEEPEST} deep; expected tables of settings, as in docs/your-own-study.md"
_ENDLESS = "it holds a number of more than 400 digits; expected one that a setting can have"
_IN_TOML = {
    "say together=True": "say together = true",
    "such as epochs=10": "such as epochs = 10",
    "expected switches by their names": "expected switches = [...] by their names",
    "remove=..., freeze=... or cut=...": "remove = [...], freeze = [...] or cut = [...]",
}


class PlacedError(UsageError):
    """What is wrong at a key of a file; positions sort as the keys stand there."""

    def __init__(self, text: str, position: tuple[int, ...]) -> None:
        super().__init__(text)
        self.position = position


@contextmanager
def gathered(faults: list[PlacedError]) -> Iterator[None]:
    """Keep an error for later: another one may stand before it in the file."""
    try:
        yield
    except PlacedError as fault:
        faults.append(fault)


@dataclass(frozen=True, slots=True)
class TomlFile:
    """A file's text and what it says; a place in it is a key behind those of the tables that it lies in."""

    path: Path
    kind: str  # with which an error begins: `Study file`
    text: str
    content: Mapping[str, Any]

    def table(self, *place: str) -> Mapping[str, Any]:
        """Return a table, an empty one where the file has none; UsageError for another value."""
        table = self.content
        for depth, key in enumerate(place, start=1):
            value = table.get(key, {})
            if not isinstance(value, Mapping):
                with self.at(*place[:depth]):
                    name = ".".join(place[:depth])
                    raise UsageError(f"{name} is {str(value)[:80]!r}; expected a table [{name}].")
            table = value
        return table

    def position(self, *place: str) -> tuple[int, ...]:
        """Return the number of each key of a place among those of its table, as far as the file has them."""
        numbers: list[int] = []
        value: Any = self.content
        for key in place:
            parts = {str(number): part for number, part in enumerate(value, start=1)} if isinstance(value, list) else value
            if not isinstance(parts, Mapping) or key not in parts:
                break
            numbers.append(list(parts).index(key))
            value = parts[key]
        return tuple(numbers)

    def beginning(self, *place: str) -> str:
        """Return `Study file my_rates.toml, [variants.wide] hidden: `, with as much of a place as the file has."""
        known = place[: len(self.position(*place))]
        names = [key if re.fullmatch(r"[\w-]+", key, re.ASCII) else json.dumps(key, ensure_ascii=False) for key in known]
        header, keys = "", names
        for depth in range(1, len(names) + 1):
            if (written := f"[{'.'.join(names[:depth])}]") in self.text.replace("'", '"'):  # either quotes a key
                header, keys = written, names[depth:]
        said = f"{header} {'.'.join(keys)}".strip()
        return f"{self.kind} {self.path}{said and f', {said}'}: "

    @contextmanager
    def at(self, *place: str) -> Iterator[None]:
        """Give an error raised within this place, unless it has one in the file, and its advice the form of TOML."""
        try:
            yield
        except UsageError as error:
            text = str(error)
            if text.startswith(f"{self.kind} {self.path}, "):
                raise
            for python, toml in _IN_TOML.items():
                text = text.replace(python, toml)
            raise PlacedError(f"{self.beginning(*place)}{text}", self.position(*place)) from None


def read_toml(path: Path, *, kind: str = "Study file") -> TomlFile:
    """Return a file of TOML; UsageError, with line and column where there is one, for what is none."""
    try:
        text = path.read_text(encoding="utf-8")
        content = tomllib.loads(text)
    except OSError as error:
        raise UsageError(f"{kind} {path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        raise UsageError(f"{kind} {path} is not UTF-8: byte {error.start}.") from None
    except tomllib.TOMLDecodeError as error:
        said = re.sub(r"^(.*) \(at end of document\)$", r": \1 at the end of the file", str(error))
        said = re.sub(r"^(.*) \(at line (\d+), column (\d+)\)$", r", line \2: \1 (column \3)", said)
        raise UsageError(f"{kind} {path}{said}.") from None
    except RecursionError:
        raise UsageError(f"{kind} {path}: {_NESTED}.") from None
    except ValueError:  # of Python, which turns no more than some thousand digits into a number
        raise UsageError(f"{kind} {path}: {_ENDLESS}.") from None
    if fault := _fault_of(content):
        raise UsageError(f"{kind} {path}: {fault}.")
    return TomlFile(path, kind, text, content)


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
