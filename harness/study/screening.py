"""Screens: many parts changed at once, in few variants, from which the effect of each part is estimated."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from harness.errors import UsageError
from harness.study.cells import counted
from harness.study.families import FOLDABLE, changes_of_setting, joined_changes, name_of, settings_in_family
from harness.study.screen_designs import Levels, alias_lines, levels_of, resolved_pairs
from harness.study.settings import Settings
from harness.study.variant import Corner, Variant, at_corner

if TYPE_CHECKING:
    from harness.study.study import Study

MOST_NAMED = 3  # parts that a variant's name tells


def screen(
    base: Settings, /, *switches: str, design: str | None = None, corner: str = "corner", family: str = "", **changes: Any
) -> tuple[Variant, ...]:
    """Return variants that change many parts at once, so that a few of them tell the effect of each part.

    screen(base, "normalize", learning_rate=0.01, remove=("dropout-1", "pool-2")) has the parts no-normalize,
    learning-rate-0.01, no-dropout-1 and no-pool-2: a switch is turned over, a setting gets one other value, each layer is a
    part. design: "main", the fewest variants, about one more than parts; "clear", where no interaction of two parts is
    mixed with a part; "full", all combinations (up to six parts). By default "full" for up to three parts, else "main". corner:
    how the names of variants begin that change more than three parts.
    """
    family = family or f"screen: {', '.join(name.replace('_', '-') for name in (*switches, *changes))}"
    parts = _changes_of_parts(base, family, switches, changes)
    names = tuple(name_of(part) for part in parts)
    try:
        levels = levels_of(len(parts), design)
    except UsageError as error:
        raise UsageError(f"Family {family!r}: {error}") from None
    return tuple(_variants(base, family, corner, parts, names, levels))


def _changes_of_parts(base: Settings, family: str, switches: Sequence[str], changes: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the change of each part of a screen: a switch turned over, a setting's one other value, each layer by itself."""
    parts: list[dict[str, Any]] = []
    for switch in switches:
        if not isinstance(getattr(settings_in_family(family, base, {switch: False}), switch), bool) or switch in changes:
            raise UsageError(f"Family {family!r}: expected {switch} as a switch, or once with its value, as {switch}=...")
        parts.append({switch: not getattr(base, switch)})
    for setting, value in changes.items():
        values = [(name,) for name in value] if setting in FOLDABLE and not isinstance(value, str) else [value]
        found = [change for one in values for change in changes_of_setting(base, family, setting, (one,))]
        if len(found) < len(values):
            raise UsageError(f"Family {family!r}: {setting} is {value!r}, as in the base or twice; expected other values.")
        parts += found
    if len({name_of(part) for part in parts}) < len(parts):
        raise UsageError(f"Family {family!r}: expected each part once; received {', '.join(map(name_of, parts))}.")
    return parts


def _variants(
    base: Settings, family: str, corner: str, parts: Sequence[dict[str, Any]], names: tuple[str, ...], levels: Levels
) -> Iterator[Variant]:
    for number, row in enumerate(levels[1:], start=1):
        chosen = [place for place, level in enumerate(row) if level > 0]
        change = joined_changes(base, [parts[place] for place in chosen])
        few = len(chosen) <= MOST_NAMED
        name = name_of(*(parts[place] for place in chosen)) if few else f"{corner}-{number:0{len(str(len(levels)))}d}"
        variant = Variant(name, family=family, together=len(chosen) > 1, **change)
        yield at_corner(variant, Corner(tuple(names[place] for place in chosen), names, len(levels)))


@dataclass(frozen=True, slots=True)
class Screen:
    """A screen of a study: its family, its parts, and which of them each variant changes, the base first.

    levels: (variants, parts), 1 where a part is changed, else -1.
    """

    family: str
    parts: tuple[str, ...]
    variants: tuple[str, ...]
    levels: Levels

    @property
    def lines(self) -> list[str]:
        """What a plan says of it: its size, what it estimates, and what is mixed with what."""
        count, pairs = len(self.variants), len(resolved_pairs(self.levels))
        said = f"Screen of {len(self.parts)} parts in {count} variants (the base included): each part, over all variants"
        if pairs:
            said += f", and {counted(pairs, 'interaction')} of two"
        if count == 2 ** len(self.parts):
            said += ", and each part's share of the whole gain"
        return [f"{said}.", *self.mixed]

    @property
    def mixed(self) -> list[str]:
        """What of its effects cannot be told from what, and how it could be."""
        further = ['A screen with design="clear" tells these apart.'] if _is_mixed(self) else []
        return [*alias_lines(self.parts, self.levels), *further]


def _is_mixed(found: Screen) -> bool:
    """Say whether interactions of two parts are mixed with single ones, which more variants would tell apart."""
    count = found.levels.shape[1]
    products = [found.levels[:, one] * found.levels[:, other] for one in range(count) for other in range(one)]
    return any(abs(product @ found.levels).max() > 0 for product in products)


def screens_of(study: "Study") -> list[Screen]:
    """Return the screens of a study of which all variants are there."""
    corners: dict[str, dict[str, Corner]] = {}
    for variant in study.variants:
        if variant.corner is not None:
            corners.setdefault(variant.family, {})[variant.name] = variant.corner
    found = (screen_from(family, "base", members) for family, members in corners.items())
    return [one for one in found if one is not None]


def screen_from(family: str, base: str, corners: dict[str, Corner]) -> Screen | None:
    """Return the screen that these variants are the corners of, beside the base; None where some of them are missing."""
    import numpy as np

    first = next(iter(corners.values()))
    same = all(replace(corner, changed=first.changed) == first for corner in corners.values())
    if not same or len(corners) + 1 != first.variants:
        return None
    rows = [[-1] * len(first.parts)]
    rows += [[1 if part in corner.changed else -1 for part in first.parts] for corner in corners.values()]
    return Screen(family, first.parts, (base, *corners), np.array(rows))
