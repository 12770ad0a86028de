"""Variants made in families: each setting alone, grids, pairs, one part left out or put in at a time, explicit lists.

Every function takes the study's base first and returns variants, each against a control that lacks one difference of
its own. Values that the base has already are left out: the base itself is that variant.
"""

import itertools
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from harness.errors import UsageError
from harness.study.setting_values import LAYER_TEXTS
from harness.study.settings import LAYER_NAMES, Settings, changed, differences
from harness.study.variant import BASE, Variant, show_value

MOST_VARIANTS = 1000
FOLDABLE = LAYER_NAMES  # settings whose value is a set of parts
_FOLDED = {"remove": "no", "freeze": "frozen", "cut": "cut"}  # how the names of variants that fold these begin


def one_at_a_time(base: Settings, /, family: str = "", **axes: Sequence[Any]) -> tuple[Variant, ...]:
    """Return a variant for each value of each setting, all else as in the base.

    one_at_a_time(base, learning_rate=(0.01, 0.1), optimizer=("sgd",)) gives learning-rate-0.01, learning-rate-0.1 and
    optimizer-sgd.
    """
    family = family or _family_name("one at a time", axes)
    variants = [Variant(name_of(changes), family=family, **changes) for changes in _singles(base, family, axes)]
    return _some(variants, family)


def grid(base: Settings, /, family: str = "", **axes: Sequence[Any]) -> tuple[Variant, ...]:
    """Return a variant for each combination of the values, the base's own value being one of each setting's.

    A cell's control is the cell in which its last changed setting is as in the base.
    """
    family = family or _family_name("grid", axes)
    levels = {axis: [{}, *changes_of_setting(base, family, axis, values)] for axis, values in axes.items()}
    count = math.prod(len(values) for values in levels.values()) - 1
    _require_few(family, count)
    variants = []
    for cell in itertools.product(*levels.values()):
        parts = [part for part in cell if part]
        if parts:
            variants.append(Variant(name_of(*parts), control=name_of(*parts[:-1]), family=family, **_joined(parts)))
    return _some(variants, family)


def pairs(base: Settings, /, family: str = "", **changes: Any) -> tuple[Variant, ...]:
    """Return each change alone and each two of them together, for their interactions.

    The control of two together is the first of them alone, so that the difference is what the second does beside it.
    """
    family = family or _family_name("pairs", changes)
    parts = _singles(base, family, {name: (value,) for name, value in changes.items()})
    _require_few(family, len(parts) * (len(parts) + 1) // 2)
    variants = [Variant(name_of(part), family=family, **part) for part in parts]
    for first, second in itertools.combinations(parts, 2):
        variants.append(Variant(name_of(first, second), control=name_of(first), family=family, **first, **second))
    return _some(variants, family)


def leave_one_out(base: Settings, /, *switches: str, family: str = "", **parts: Sequence[str]) -> tuple[Variant, ...]:
    """Return the base without one of its parts at a time: a switch that is on turned off, or a layer removed.

    leave_one_out(base, "normalize", remove=("dropout-1", "pool-2")) gives no-normalize, no-dropout-1 and no-pool-2.
    """
    family = family or _family_name("leave one out", [*switches, *parts])
    steps = [*_switched_off(base, family, switches), *_folded(base, family, parts)]
    variants = [Variant(name, family=family, **_onto(base, {}, change)) for name, change in steps]
    return _some(variants, family)


def add_one_in(
    base: Settings, /, *switches: str, bare: str = "bare", family: str = "", **parts: Sequence[str]
) -> tuple[Variant, ...]:
    """Return the base without any of these parts, named `bare`, and with one of them at a time, against that.

    add_one_in(base, "normalize", remove=("dropout-1", "pool-2")) gives bare, only-normalize, only-dropout-1 and
    only-pool-2.
    """
    family = family or _family_name("add one in", [*switches, *parts])
    steps = [*_switched_off(base, family, switches), *_folded(base, family, parts)]
    if len(steps) < 2:
        raise UsageError(f"Family {family!r}: expected at least two parts to put in one at a time; received {len(steps)}.")

    everything = [change for _, change in steps]
    variants = [Variant(bare, family=family, together=True, **joined_changes(base, everything))]
    for number, (name, _) in enumerate(steps):
        left = joined_changes(base, everything[:number] + everything[number + 1 :])
        only = re.sub(r"^(no|frozen|cut)-", "only-", name)
        variants.append(Variant(only, control=bare, family=family, **left))
    return _some(variants, family)


def combinations(
    base: Settings, cells: Iterable[Mapping[str, Any]] | Mapping[str, Mapping[str, Any]], /, family: str = "combinations"
) -> tuple[Variant, ...]:
    """Return a variant for each of these combinations of settings, named by its values where it has no name.

    A combination's control is the first one, or the base, that lacks one of its differences, wherever it stands in the
    list; else an earlier one with another value of one setting; where there is none, its settings are taken to change
    together.
    """
    named = cells.items() if isinstance(cells, Mapping) else [("", cell) for cell in cells]
    made: list[tuple[str, dict[str, Any]]] = []
    for name, cell in named:
        if not isinstance(cell, Mapping):
            raise UsageError(f"Family {family!r}: received the combination {cell!r}; expected settings with their values.")
        settings = settings_in_family(family, base, cell)
        changes = {setting: getattr(settings, setting) for setting in differences(settings, base)}
        if changes:
            made.append((name or name_of(changes), changes))
    near = zip(made, _nearest([changes for _, changes in made]), strict=True)
    variants = [
        Variant(name, control=BASE if at is None or at < 0 else made[at][0], together=at is None, family=family, **changes)
        for (name, changes), at in near
    ]
    return _some(variants, family)


def _nearest(cells: Sequence[Mapping[str, Any]]) -> list[int | None]:
    """Return for each combination which one is its control: -1 for the base, None where none differs in one setting.

    A control has fewer differences from the base, or as many and stands earlier, so that none is its own in the end.
    """
    firsts: dict[frozenset[tuple[str, Any]], int] = {frozenset(): -1}
    for number, cell in enumerate(cells):
        firsts.setdefault(frozenset(cell.items()), number)
    beside: dict[tuple[str, frozenset[tuple[str, Any]]], int] = {}  # a setting and all that else differs → the first so
    found: list[int | None] = []
    for number, cell in enumerate(cells):
        rests = {setting: frozenset(cell.items() - {(setting, value)}) for setting, value in cell.items()}
        fewer = [firsts[rest] for rest in rests.values() if rest in firsts]
        equal = [beside[setting, rest] for setting, rest in rests.items() if (setting, rest) in beside]
        found.append(min(fewer or equal, default=None))
        for setting, rest in rests.items():
            beside.setdefault((setting, rest), number)
    return found


def joined_changes(base: Settings, parts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return several parts changed at once: layers are added to each other."""
    changes: dict[str, Any] = {}
    for part in parts:
        changes |= _onto(base, changes, part)
    return changes


def name_of(*parts: Mapping[str, Any]) -> str:
    """Return the name of a variant with these changes: learning-rate-0.01-no-pool-2; base where there are none."""
    words = [_word(setting, value) for part in parts for setting, value in part.items()]
    return "-".join(words) or BASE


def _word(setting: str, value: Any) -> str:
    title = setting.replace("_", "-")
    if isinstance(value, bool):
        return title if value else f"no-{title}"
    if setting in FOLDABLE and value:
        return f"{_FOLDED[setting]}-{_plain('-'.join(value))}"
    if setting in LAYER_TEXTS and value:
        return _plain("-".join(value))
    return f"{title}-{_plain(show_value(value))}"


def _plain(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9._+]+", "-", text.replace("*", "all")).strip("-.") or "none"


def changes_of_setting(base: Settings, family: str, axis: str, values: Any) -> list[dict[str, Any]]:
    """Return the values of a setting that the base does not have, each as a change, checked, each once."""
    single = isinstance(values, (str, bytes, Mapping)) or getattr(values, "shape", None) == ()
    if single or not isinstance(values, Iterable):
        raise UsageError(f"Family {family!r}: {axis} is {values!r}; expected a list of values.")
    found: list[dict[str, Any]] = []
    for value in values:
        change = {axis: getattr(settings_in_family(family, base, {axis: value}), axis)}
        if change[axis] != getattr(base, axis) and change not in found:
            found.append(change)
    return found


def _singles(base: Settings, family: str, axes: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [change for axis, values in axes.items() for change in changes_of_setting(base, family, axis, values)]


def _switched_off(base: Settings, family: str, switches: Iterable[str]) -> list[tuple[str, dict[str, Any]]]:
    for switch in switches:
        settings_in_family(family, base, {switch: False})
        if getattr(base, switch) is not True:
            raise UsageError(
                f"Family {family!r}: {switch} is {getattr(base, switch)!r} in the base; expected a switch that is on."
            )
    return [(name_of({switch: False}), {switch: False}) for switch in switches]


def _folded(base: Settings, family: str, parts: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    for setting in parts:
        if setting not in FOLDABLE:
            expected = "expected switches by their names, and remove=..., freeze=... or cut=... with names of layers"
            raise UsageError(f"Family {family!r}: received {setting}=; {expected}.")
    return [(name_of(change), change) for change in _singles(base, family, parts)]


def _onto(base: Settings, changes: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """Return a change as it is on top of others: layers are added to those that go already."""
    return {
        setting: (*changes.get(setting, getattr(base, setting)), *value) if setting in FOLDABLE else value
        for setting, value in change.items()
    }


def settings_in_family(family: str, base: Settings, change: Mapping[str, Any]) -> Settings:
    """Return the base with a change; what is wrong with it names the family."""
    try:
        return changed(base, change)
    except UsageError as error:
        raise UsageError(f"Family {family!r}: {error}") from None


def _joined(parts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    return {setting: value for part in parts for setting, value in part.items()}


def _family_name(kind: str, settings: Iterable[str]) -> str:
    return f"{kind}: {', '.join(setting.replace('_', '-') for setting in settings)}"


def _require_few(family: str, count: int) -> None:
    if count > MOST_VARIANTS:
        raise UsageError(f"Family {family!r} has {count} variants; expected at most {MOST_VARIANTS}.")


def _some(variants: list[Variant], family: str) -> tuple[Variant, ...]:
    if not variants:
        raise UsageError(f"Family {family!r} has no variants: the base has all of its values already.")
    _require_few(family, len(variants))
    return tuple(variants)
