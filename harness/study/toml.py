"""A study in TOML, for those who only change numbers: its text → a Study, each error with its line."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.study import families
from harness.study.settings import Settings, annotations, changed, check
from harness.study.study import BASE, Study, Variant
from harness.study.toml_lines import LineError, gathered, in_file, key_lines, nearest_line, read_toml
from harness.study.toml_values import expectation, judged_and_drawn, require_known, setting_value, worded_for_toml, wrong_alone

KEYS = ("question", "lesson", "like", "metric", "pictures", "base", "expect", "variants", "families")
FAMILIES: dict[str, Callable[..., tuple[Variant, ...]]] = {
    "one-at-a-time": families.one_at_a_time,
    "grid": families.grid,
    "pairs": families.pairs,
    "leave-one-out": families.leave_one_out,
    "add-one-in": families.add_one_in,
    "combinations": families.combinations,
}

LoadLike = Callable[[str], Study]


def read_study(path: Path, *, load_like: LoadLike) -> Study:
    """Return the study of a TOML file; UsageError with the line of what is wrong in it.

    load_like: loads the study that the key `like` names.
    """
    text, content = read_toml(path)
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
                require_known("Key", key, KEYS)
        like = self._like(load_like)
        base = self._base(like)
        name = self.path.stem.replace("_", "-")
        options = {key: self._text(key) for key in ("question", "lesson") if key in self.content}
        if like is not None:
            own = ("build", "arrays", "arrange", "metric", "pictures", "step_seconds")
            options = {"question": like.question} | {key: getattr(like, key) for key in own} | options
        faults: list[LineError] = []
        with gathered(faults):
            options |= judged_and_drawn(self.content, table=self._table, at=self._at)
        variants: list[Variant] = []
        for title in self._table("variants"):
            with gathered(faults):
                variants.append(self._variant(title, base))
        for title in self._table("families"):
            with gathered(faults):
                variants += self._family(title, base)
        if faults:
            with gathered(faults):  # what only the study as a whole tells may stand before
                self._made(name, base, _with_their_controls(variants), options)
            raise min(faults, key=lambda fault: fault.line or 0)
        if not variants and "base" not in self.content:
            raise UsageError(f"Study file {self.path} has neither a base nor variants; expected [base] or [variants.NAME].")
        return self._made(name, base, tuple(variants), options)

    def _made(self, name: str, base: Settings, variants: tuple[Variant, ...], options: dict[str, Any]) -> Study:
        """Return the study of these parts; an error in one variant, or first of all in the study, is given its line."""
        with self._at():
            Study(name, base=base, variants=(), **options)
        said = ""
        for ordered in (variants, tuple(sorted(variants, key=self._line_of))):  # the first error is the first in the file
            try:
                return Study(name, base=base, variants=ordered, **options)
            except UsageError as error:
                said = str(error)
        with self._at(*self._place_named(said, ordered)):
            raise UsageError(said)

    def _line_of(self, variant: Variant) -> int:
        place = ("families", variant.family) if variant.family else ("variants", variant.name)
        return nearest_line(self.lines, place) or 0

    def _like(self, load_like: LoadLike) -> Study | None:
        if "like" not in self.content:
            return None
        name = self._text("like")
        with self._at("like"):
            return load_like(name)

    def _base(self, like: Study | None) -> Settings:
        base = like.base if like else Settings()
        return changed(base, self._changes(("base",), self._table("base"), base))

    def _variant(self, name: str, base: Settings) -> Variant:
        place = ("variants", name)
        table = dict(self._table(*place))
        options: dict[str, Any] = {}
        with self._at(*place):
            if name.casefold() == BASE:
                raise UsageError(f"{name!r} is reserved; use [{BASE}].")
        with self._at(*place, "control"):
            options["control"] = check("control", table.pop("control", BASE), str)
        with self._at(*place, "together"):
            options["together"] = check("together", table.pop("together", False), bool)
        with self._at(*place, "expect"):
            options["expect"] = expectation(table.pop("expect", {}))
        changes = self._changes(place, table, base)
        with self._at(*place):
            return Variant(name, **options, **changes)

    def _family(self, name: str, base: Settings) -> tuple[Variant, ...]:
        place = ("families", name)
        table = dict(self._table(*place))
        with self._at(*place, "kind"):
            kind = table.pop("kind", None)
            if not isinstance(kind, str):
                raise UsageError(f"Family {name!r} has no kind; expected kind = one of {', '.join(FAMILIES)}.")
            require_known("Family kind", kind, FAMILIES)
        switches, cells = (table.pop(key, None) for key in _special_keys(kind))
        cells = self._cells((*place, "list"), cells, base)
        lists = {setting: self._values((*place, setting), values, base) for setting, values in table.items()}
        with self._at(*place, "switches"):
            names = check("switches", switches or [], tuple[str, ...])
            if names:
                families.leave_one_out(base, *names, family=name)  # for what is wrong with a switch itself
        with self._at(*place, *(["list"] if kind == "combinations" else [])):
            if kind == "combinations":
                if table or not isinstance(cells, list):
                    expected = "expected list = [{setting = value, ...}, ...] and no settings beside it"
                    raise UsageError(f"Family {name!r}: {expected}.")
                return families.combinations(base, cells, family=name)
            if kind == "pairs":
                return families.pairs(base, family=name, **{setting: values[0] for setting, values in lists.items()})
            return FAMILIES[kind](base, *names, family=name, **lists)

    def _values(self, place: tuple[str, ...], values: Any, base: Settings) -> list[Any]:
        """Return the values that a family gives a setting, checked; a single one, as `pairs` takes it, as a list of one."""
        setting, known = place[-1], annotations(type(base))
        single = self._table(*place[:-1])["kind"] == "pairs"
        with self._at(*place):
            require_known("Setting", setting, known)
            if not single and not isinstance(values, list):
                raise UsageError(f"{setting} is {values!r}; expected a list of values.")
            given, kind = [values] if single else values, known[setting]
            checked = [setting_value(setting, value, kind, listed=not single) for value in given]
            for value in checked:
                changed(base, {setting: value})
            return checked

    def _cells(self, place: tuple[str, ...], cells: Any, base: Settings) -> Any:
        if not isinstance(cells, list):
            return cells
        return [self._changes(place, cell, base) if isinstance(cell, Mapping) else cell for cell in cells]

    def _changes(self, place: tuple[str, ...], table: Mapping[str, Any], base: Settings) -> dict[str, Any]:
        """Return the settings of a table, checked; an error is given the line of the setting that is wrong by itself."""
        known, changes = annotations(type(base)), {}
        for name, value in table.items():
            with self._at(*place, name):
                require_known("Setting", name, known)
                changes[name] = setting_value(name, value, known[name])
        try:
            changed(base, changes)
        except UsageError as error:
            with self._at(*place, *wrong_alone(base, changes)):
                raise UsageError(str(error)) from None
        return changes

    def _place_named(self, text: str, variants: tuple[Variant, ...]) -> tuple[str, ...]:
        """Return the place of what an error's text names first: a variant, its control, or one setting too many of it."""
        named = [variant for variant in variants if repr(variant.name) in text]
        if not named:
            return ()
        pick = max if text.startswith("Variants ") else min  # of two that are the same, the later
        first = pick(named, key=lambda variant: text.index(repr(variant.name))).name.casefold()
        variant = [variant for variant in variants if variant.name.casefold() == first][-1]  # of two of one name, the later
        if variant.family:
            return ("families", variant.family)
        place = ("variants", variant.name)
        if "confounded" in text:
            words = re.findall(r"\w+", text)
            differing = [setting for setting in self._table(*place) if setting in variant.changes and setting in words]
            return (*place, *(differing[1:2] or ["control"]))
        return (*place, "control") if "control" in text else place

    def _text(self, key: str) -> str:
        with self._at(key):
            text: str = check(key, self.content[key], str)
            return text

    def _table(self, *place: str) -> Mapping[str, Any]:
        table = self.content
        for key in place:
            value = table.get(key, {})
            if not isinstance(value, Mapping):
                with self._at(*place):
                    raise UsageError(f"{'.'.join(place)} is {str(value)[:80]!r}; expected a table [{'.'.join(place)}].")
            table = value
        return table

    @contextmanager
    def _at(self, *place: str) -> Iterator[None]:
        """Give an error raised within the line of this key."""
        try:
            yield
        except UsageError as error:
            line = nearest_line(self.lines, place)
            said = worded_for_toml(str(error))
            raise LineError(f"Study file {self.path}{f', line {line}' if line else ''}: {said}", line) from None


def place_of(study: Study, name: str, setting: str) -> str:
    """Return `Study file my_rates.toml, line 3: ` for a setting of the base or of a variant; empty for one in Python."""
    variant = study.variant(name)
    if variant is None or setting not in variant.changes:
        return in_file(study.path, ("base", setting))
    table = ("families", variant.family) if variant.family else ("variants", name)
    return in_file(study.path, (*table, setting), (*table, "list"), table)


def _with_their_controls(variants: list[Variant]) -> tuple[Variant, ...]:
    """Return the variants without those whose controls are missing, which may be what is wrong in the file."""
    names = {BASE, *(variant.name for variant in variants)}
    kept = [variant for variant in variants if variant.control in names]
    return tuple(kept) if len(kept) == len(variants) else _with_their_controls(kept)


def _special_keys(kind: str) -> tuple[str, str]:
    """Return the keys of a family's table that are no settings: its switches, its list of combinations."""
    return ("switches" if kind in ("leave-one-out", "add-one-in") else "", "list" if kind == "combinations" else "")
