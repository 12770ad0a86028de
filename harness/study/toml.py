"""A study in TOML, for those who only change numbers: its text → a Study, each error with the path of its key."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.study import families
from harness.study.folds import as_folds
from harness.study.screening import screen
from harness.study.setting_values import check
from harness.study.settings import Settings, annotations, changed
from harness.study.study import Study
from harness.study.toml_command import COMMAND_KEYS, base_of_command, command_of
from harness.study.toml_file import PlacedError, TomlFile, gathered, read_toml
from harness.study.toml_values import expectation, judged_and_drawn, require_known, resources, setting_value, wrong_alone
from harness.study.variant import BASE, Variant

KEYS = (
    *("question", "lesson", "like", *COMMAND_KEYS, "folds", "metric", "pictures", "resources"),
    *("base", "expect", "variants", "families"),
)
# What a study takes over from the one that it is like, beside its base.
_OF_LIKE = (
    *("build", "arrays", "arrange", "datasets", "folds", "callbacks", "phases", "metric", "pictures", "step_seconds"),
    *("train", "command", "resources"),
)
FAMILIES: dict[str, Callable[..., tuple[Variant, ...]]] = {
    "one-at-a-time": families.one_at_a_time,
    "grid": families.grid,
    "pairs": families.pairs,
    "leave-one-out": families.leave_one_out,
    "add-one-in": families.add_one_in,
    "combinations": families.combinations,
    "screen": screen,
}

SINGLE = ("pairs", "screen")  # kinds whose settings have one value each

LoadLike = Callable[[str], Study]


def read_study(path: Path, *, load_like: LoadLike) -> Study:
    """Return the study of a TOML file; UsageError with the key path of what is wrong in it.

    load_like: loads the study that the key `like` names.
    """
    return _Reader(read_toml(path)).study(load_like)


@dataclass(frozen=True, slots=True)
class _Reader:
    """One file's way to a study."""

    file: TomlFile

    def study(self, load_like: LoadLike) -> Study:
        """Return the study that the file declares."""
        for key in self.file.content:
            with self.file.at(key):
                require_known("Key", key, KEYS)
        like = self._like(load_like)
        command = command_of(self.file)
        base = self._base(like) if command is None else base_of_command(self.file, like)
        name = self.file.path.stem.replace("_", "-")
        options: dict[str, Any] = {key: self._text(key) for key in ("question", "lesson") if key in self.file.content}
        if like is not None:
            options = {"question": like.question} | {key: getattr(like, key) for key in _OF_LIKE} | options
        if command is not None:
            options |= {
                "command": command,
                **dict.fromkeys(("build", "arrays", "arrange", "datasets", "callbacks", "phases", "step_seconds", "train")),
            }
        faults: list[PlacedError] = []
        with gathered(faults):
            if "folds" in self.file.content:
                with self.file.at("folds"):
                    options["folds"] = as_folds("Study", self.file.content["folds"])
            if "resources" in self.file.content:
                with self.file.at("resources"):
                    options["resources"] = resources(self.file.content["resources"])
            options |= judged_and_drawn(self.file)
        variants: list[Variant] = []
        for title in self.file.table("variants"):
            with gathered(faults):
                variants.append(self._variant(title, base))
        for title in self.file.table("families"):
            with gathered(faults):
                variants += self._family(title, base)
        if faults:
            with gathered(faults):  # what only the study as a whole tells may stand before
                self._made(name, base, _with_their_controls(variants), options)
            raise min(faults, key=lambda fault: fault.position)
        if not variants and command is None and "base" not in self.file.content:
            raise UsageError(
                f"Study file {self.file.path} has neither a base nor variants; expected [base] or [variants.NAME]."
            )
        return self._made(name, base, tuple(variants), options)

    def _made(self, name: str, base: Settings, variants: tuple[Variant, ...], options: dict[str, Any]) -> Study:
        """Return the study of these parts; an error in one variant, or first of all in the study, is given its place."""
        with self.file.at():
            Study(name, base=base, variants=(), **options)
        said = ""
        for ordered in (variants, tuple(sorted(variants, key=self._position_of))):  # the first error is the first in the file
            try:
                return Study(name, base=base, variants=ordered, **options)
            except UsageError as error:
                said = str(error)
        with self.file.at(*self._place_named(said, ordered)):
            raise UsageError(said)

    def _position_of(self, variant: Variant) -> tuple[int, ...]:
        place = ("families", variant.family) if variant.family else ("variants", variant.name)
        return self.file.position(*place)

    def _like(self, load_like: LoadLike) -> Study | None:
        if "like" not in self.file.content:
            return None
        name = self._text("like")
        with self.file.at("like"):
            return load_like(name)

    def _base(self, like: Study | None) -> Settings:
        base = like.base if like else Settings()
        return changed(base, self._changes(("base",), self.file.table("base"), base))

    def _variant(self, name: str, base: Settings) -> Variant:
        place = ("variants", name)
        table = dict(self.file.table(*place))
        options: dict[str, Any] = {}
        with self.file.at(*place):
            if name.casefold() == BASE:
                raise UsageError(f"{name!r} is reserved; use [{BASE}].")
        with self.file.at(*place, "control"):
            options["control"] = check("control", table.pop("control", BASE), str)
        with self.file.at(*place, "together"):
            options["together"] = check("together", table.pop("together", False), bool)
        with self.file.at(*place, "expect"):
            options["expect"] = expectation(table.pop("expect", {}))
        with self.file.at(*place, "resources"):
            options["resources"] = resources(table.pop("resources")) if "resources" in table else None
        changes = self._changes(place, table, base)
        with self.file.at(*place):
            return Variant(name, **options, **changes)

    def _family(self, name: str, base: Settings) -> tuple[Variant, ...]:
        place = ("families", name)
        table = dict(self.file.table(*place))
        with self.file.at(*place, "kind"):
            kind = table.pop("kind", None)
            if not isinstance(kind, str):
                raise UsageError(f"Family {name!r} has no kind; expected kind = one of {', '.join(FAMILIES)}.")
            require_known("Family kind", kind, FAMILIES)
        options = {key: table.pop(key) for key in ("design", "corner") if kind == "screen" and key in table}
        switches, cells = (table.pop(key, None) for key in _special_keys(kind))
        cells = self._cells((*place, "list"), cells, base)
        lists = {setting: self._values((*place, setting), values, base) for setting, values in table.items()}
        with self.file.at(*place, "switches"):
            names = check("switches", switches or [], tuple[str, ...])
            if names and kind != "screen":
                families.leave_one_out(base, *names, family=name)  # for what is wrong with a switch itself
        with self.file.at(*place, *(["list"] if kind == "combinations" else [])):
            if kind == "combinations":
                if table or not isinstance(cells, list):
                    expected = "expected list = [{setting = value, ...}, ...] and no settings beside it"
                    raise UsageError(f"Family {name!r}: {expected}.")
                return families.combinations(base, cells, family=name)
            if kind in SINGLE:
                singles = {setting: values[0] for setting, values in lists.items()}
                return FAMILIES[kind](base, *names, family=name, **options, **singles)
            return FAMILIES[kind](base, *names, family=name, **lists)

    def _values(self, place: tuple[str, ...], values: Any, base: Settings) -> list[Any]:
        """Return the values that a family gives a setting, checked; a single one, as `pairs` takes it, as a list of one."""
        setting, known = place[-1], annotations(type(base))
        single = self.file.table(*place[:-1])["kind"] in SINGLE
        with self.file.at(*place):
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
        return [
            self._changes((*place, str(number)), cell, base) if isinstance(cell, Mapping) else cell
            for number, cell in enumerate(cells, start=1)
        ]

    def _changes(self, place: tuple[str, ...], table: Mapping[str, Any], base: Settings) -> dict[str, Any]:
        """Return the settings of a table, checked; an error is given the place of the setting that is wrong by itself."""
        known, changes = annotations(type(base)), {}
        for name, value in table.items():
            with self.file.at(*place, name):
                require_known("Setting", name, known)
                changes[name] = setting_value(name, value, known[name])
        try:
            changed(base, changes)
        except UsageError as error:
            with self.file.at(*place, *wrong_alone(base, changes)):
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
            differing = [setting for setting in self.file.table(*place) if setting in variant.changes and setting in words]
            return (*place, *(differing[1:2] or ["control"]))
        return (*place, "control") if "control" in text else place

    def _text(self, key: str) -> str:
        with self.file.at(key):
            text: str = check(key, self.file.content[key], str)
            return text


def place_of(study: Study, name: str, setting: str) -> str:
    """Return `Study file my_rates.toml, [base] freeze: ` for a setting of the base or of a variant; empty for one in Python."""
    if study.path is None or study.path.suffix != ".toml":
        return ""
    variant = study.variant(name)
    places: tuple[tuple[str, ...], ...] = (("base", setting),)
    if variant is not None and setting in variant.changes:
        table = ("families", variant.family) if variant.family else ("variants", name)
        places = ((*table, setting), (*table, "list"), table)
    try:
        file = read_toml(study.path)
    except UsageError:  # it was changed meanwhile
        return f"Study file {study.path}: "
    return file.beginning(*next((place for place in places if len(file.position(*place)) == len(place)), ()))


def _with_their_controls(variants: list[Variant]) -> tuple[Variant, ...]:
    """Return the variants without those whose controls are missing, which may be what is wrong in the file."""
    names = {BASE, *(variant.name for variant in variants)}
    kept = [variant for variant in variants if variant.control in names]
    return tuple(kept) if len(kept) == len(variants) else _with_their_controls(kept)


def _special_keys(kind: str) -> tuple[str, str]:
    """Return the keys of a family's table that are no settings: its switches, its list of combinations."""
    return ("switches" if kind in ("leave-one-out", "add-one-in", "screen") else "", "list" if kind == "combinations" else "")
