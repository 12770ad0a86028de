"""A study in TOML, for those who only change numbers: its text → a Study, each error with its line."""

import inspect
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import families
from harness.errors import UsageError, unknown
from harness.expectations import (
    FINISHES,
    Expectation,
    better_than_control,
    diverges,
    equivalent_to_control,
    finishes,
    raises,
    worse_than_control,
)
from harness.settings import Settings, annotations, changed, check
from harness.tomllines import error_line, key_lines, nearest_line
from harness.variants import BASE, Study, Variant

KEYS = ("question", "lesson", "like", "base", "expect", "variants", "families")
FAMILIES = {
    "one-at-a-time": families.one_at_a_time,
    "grid": families.grid,
    "pairs": families.pairs,
    "leave-one-out": families.leave_one_out,
    "add-one-in": families.add_one_in,
    "combinations": families.combinations,
}
AGAINST = {"better": better_than_control, "worse": worse_than_control, "equivalent": equivalent_to_control}
LIMITS = tuple(inspect.signature(finishes).parameters)

LoadLike = Callable[[str], Study]


def read_study(path: Path, *, load_like: LoadLike) -> Study:
    """Return the study of a TOML file; UsageError with the line of what is wrong in it.

    load_like: loads the study that the key `like` names.
    """
    try:
        text = path.read_text(encoding="utf-8")
        content = tomllib.loads(text)
    except OSError as error:
        raise UsageError(f"Study file {path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        raise UsageError(f"Study file {path} is not UTF-8: byte {error.start}.") from None
    except tomllib.TOMLDecodeError as error:
        line, said = error_line(error)
        raise UsageError(f"Study file {path}{f', line {line}' if line else ''}: {said}.") from None
    return _Reader(path, content, key_lines(text)).study(load_like)


@dataclass(frozen=True, slots=True)
class _Reader:
    """One file's content, and where each key of it stands."""

    path: Path
    content: Mapping[str, Any]
    lines: Mapping[tuple[str, ...], int]

    def study(self, load_like: LoadLike) -> Study:
        """Return the study that the file declares."""
        for key in self.content:
            with self._at(key):
                _require_known("Key", key, KEYS)
        like = self._like(load_like)
        base = self._base(like)
        name = self.path.stem.replace("_", "-")
        options = {key: self._text(key) for key in ("question", "lesson") if key in self.content}
        if like is not None:
            own = ("build", "arrays", "arrange", "metric", "pictures")
            options = {"question": like.question} | {key: getattr(like, key) for key in own} | options
        with self._at("expect"):
            options["expect"] = expectation(self.content.get("expect", {}))
        variants = [self._variant(title, base) for title in self._tables("variants")]
        made = [variant for title in self._tables("families") for variant in self._family(title, base)]
        return self._made(name, base, (*variants, *made), options)

    def _made(self, name: str, base: Settings, variants: tuple[Variant, ...], options: dict[str, Any]) -> Study:
        """Return the study of these parts; an error in one variant, or first of all in the study, is given its line."""
        with self._at():
            Study(name, base=base, variants=(), **options)
        try:
            return Study(name, base=base, variants=variants, **options)
        except UsageError as error:
            with self._at(*_place_named(str(error), variants)):
                raise UsageError(str(error)) from None

    def _like(self, load_like: LoadLike) -> Study | None:
        if "like" not in self.content:
            return None
        name = self._text("like")
        with self._at("like"):
            return load_like(name)

    def _base(self, like: Study | None) -> Settings:
        base = like.base if like else Settings()
        changes = self._changes(("base",), self._table("base"), type(base))
        with self._at("base"):
            return changed(base, changes)

    def _variant(self, name: str, base: Settings) -> Variant:
        place = ("variants", name)
        table = dict(self._table(*place))
        options: dict[str, Any] = {}
        with self._at(*place, "control"):
            options["control"] = check("control", table.pop("control", BASE), str)
        with self._at(*place, "together"):
            options["together"] = check("together", table.pop("together", False), bool)
        with self._at(*place, "expect"):
            options["expect"] = expectation(table.pop("expect", {}))
        changes = self._changes(place, table, type(base))
        with self._at(*place):
            return Variant(name, **options, **changes)

    def _family(self, name: str, base: Settings) -> tuple[Variant, ...]:
        place = ("families", name)
        table = dict(self._table(*place))
        with self._at(*place, "kind"):
            kind = table.pop("kind", None)
            if not isinstance(kind, str):
                raise UsageError(f"Family {name!r} has no kind; expected kind = one of {', '.join(FAMILIES)}.")
            _require_known("Family kind", kind, FAMILIES)
        switches, cells = (table.pop(key, None) for key in _special_keys(kind))
        lists = {setting: self._values((*place, setting), values, base) for setting, values in table.items()}
        with self._at(*place):
            if kind == "combinations":
                if table or not isinstance(cells, list):
                    raise UsageError(f"Family {name!r}: expected list = [{{setting = value, ...}}, ...] and no settings beside it.")
                return families.combinations(base, [self._plain(cell, base) for cell in cells], family=name)
            if kind == "pairs":
                return families.pairs(base, family=name, **{setting: values[0] for setting, values in lists.items()})
            names = check("switches", switches or [], tuple[str, ...])
            return FAMILIES[kind](base, *names, family=name, **lists)

    def _values(self, place: tuple[str, ...], values: Any, base: Settings) -> list[Any]:
        """Return the values that a family gives a setting, checked; a single one, as `pairs` takes it, as a list of one."""
        setting, known = place[-1], annotations(type(base))
        single = self._table(*place[:-1])["kind"] == "pairs"
        with self._at(*place):
            _require_known("Setting", setting, known)
            if not single and not isinstance(values, list):
                raise UsageError(f"{setting} is {values!r}; expected a list of values.")
            return [check(setting, _value(value, known[setting]), known[setting]) for value in ([values] if single else values)]

    def _plain(self, cell: Any, base: Settings) -> Any:
        known = annotations(type(base))
        return {key: _value(value, known.get(key)) for key, value in cell.items()} if isinstance(cell, Mapping) else cell

    def _changes(self, place: tuple[str, ...], table: Mapping[str, Any], kind: type[Settings]) -> dict[str, Any]:
        known, changes = annotations(kind), {}
        for name, value in table.items():
            with self._at(*place, name):
                _require_known("Setting", name, known)
                changes[name] = check(name, _value(value, known[name]), known[name])
        return changes

    def _text(self, key: str) -> str:
        with self._at(key):
            return check(key, self.content[key], str)

    def _tables(self, key: str) -> Iterator[str]:
        yield from self._table(key)

    def _table(self, *place: str) -> Mapping[str, Any]:
        value: Any = self.content
        for key in place:
            value = value.get(key, {})
            if not isinstance(value, Mapping):
                with self._at(*place):
                    raise UsageError(f"{'.'.join(place)} is {str(value)[:80]!r}; expected a table [{'.'.join(place)}].")
        return value

    @contextmanager
    def _at(self, *place: str) -> Iterator[None]:
        """Give an error raised within the line of this key."""
        try:
            yield
        except UsageError as error:
            line = nearest_line(self.lines, place)
            raise UsageError(f"Study file {self.path}{f', line {line}' if line else ''}: {error}") from None


def _place_named(text: str, variants: tuple[Variant, ...]) -> tuple[str, ...]:
    """Return the place of the variant that an error's text names first; of two of one name, the later one's."""
    named = [variant for variant in variants if repr(variant.name) in text]
    if not named:
        return ()
    first = min(named, key=lambda variant: text.index(repr(variant.name))).name.casefold()
    variant = [variant for variant in variants if variant.name.casefold() == first][-1]
    return ("families", variant.family) if variant.family else ("variants", variant.name)


def expectation(table: Any) -> Expectation:
    """Return what a table such as {accuracy_at_least = 0.9, control = "worse"} or {raises = "ValueError"} expects."""
    if not isinstance(table, Mapping):
        raise UsageError(f"expect is {table!r}; expected a table such as {{accuracy_at_least = 0.9}}.")
    known = (*LIMITS, "control", "raises", "match", "or_diverges", "diverges")
    for key in table:
        _require_known("Key of expect", key, known)
    if "raises" in table:
        kinds = {"match": str, "or_diverges": bool}
        options = {key: check(key, table[key], kind) for key, kind in kinds.items() if key in table}
        _require_alone(table, ("raises", *options))
        return raises(check("raises", table["raises"], str), **options)
    if "diverges" in table:
        _require_alone(table, ("diverges",))
        return diverges() if check("diverges", table["diverges"], bool) else FINISHES
    limits = {key: table[key] for key in LIMITS if key in table}
    expected = finishes(**limits)
    if "control" in table:
        _require_known("Comparison", str(table["control"]), AGAINST)
        expected &= AGAINST[table["control"]]()
    _require_alone(table, (*limits, "control"))
    return expected


def _require_alone(table: Mapping[str, Any], keys: tuple[str, ...]) -> None:
    others = [key for key in table if key not in keys]
    if others:
        raise UsageError(f"expect has {others[0]!r} beside {keys[0]!r}; the two cannot hold at once.")


def _require_known(kind: str, name: str, known: Any) -> None:
    if name not in known:
        raise unknown(kind, name, known)


def _special_keys(kind: str) -> tuple[str, str]:
    """Return the keys of a family's table that are no settings: its switches, its list of combinations."""
    return ("switches" if kind in ("leave-one-out", "add-one-in") else "", "list" if kind == "combinations" else "")


def _value(value: Any, annotation: Any) -> Any:
    """Return a value of the file as a setting's; TOML knows no None, so the word stands for it."""
    allowed = annotation is not None and type(None) in getattr(annotation, "__args__", ())
    return None if allowed and value == "none" else value
