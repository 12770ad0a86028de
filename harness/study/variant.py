"""A variant: one named difference from a study's base."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.errors import UsageError
from harness.study.expectations import FINISHES, Expectation
from harness.study.names import check_name
from harness.study.resources import Resources

BASE = "base"
MOST_PARTS = 23  # of a screen


@dataclass(frozen=True, slots=True)
class Corner:
    """A variant's place in a screen: which of the screen's parts it changes, and of how many variants, the base included."""

    changed: tuple[str, ...]
    parts: tuple[str, ...]
    variants: int

    def to_dict(self, family: str) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {"family": family, "changed": [*self.changed], "parts": [*self.parts], "variants": self.variants}


def corner_from(values: Mapping[str, Any]) -> Corner:
    """Return the place in a screen that `Corner.to_dict` gave; TypeError for other values."""
    lists = [values.get(name) for name in ("changed", "parts")]
    changed, parts = ([*found] if isinstance(found, (list, tuple)) else [] for found in lists)
    variants, texts = values.get("variants"), [*changed, *parts, values.get("family")]
    if not changed or not {*map(str, changed)} <= {*map(str, parts)} or not all(isinstance(text, str) for text in texts):
        raise TypeError(f"screen is {str(dict(values))[:40]!r}")
    if len(parts) > MOST_PARTS:
        raise TypeError(f"the screen has {len(parts)} parts")
    if not isinstance(variants, int):
        raise TypeError(f"the screen has {str(variants)[:40]!r} variants")
    return Corner(tuple(changed), tuple(parts), variants)


@dataclass(frozen=True, slots=True, init=False)
class Variant:
    """One named difference from a study's base, taken against a control that lacks only this difference.

    Variant("neurons-1024", hidden=(1024,)) changes one setting, so the base itself is its control. Where more than
    one setting differs from the base, `control` names the variant that shares all but one of them; `together=True`
    says that several settings are meant to change as one.
    """

    name: str
    changes: Mapping[str, Any]
    control: str
    expect: Expectation
    together: bool
    family: str  # the name of the family that made it, empty for one on its own
    resources: Resources | None  # None: those of the study
    corner: Corner | None  # its place in the screen that made it

    def __init__(
        self,
        name: str,
        /,
        *,
        control: str = BASE,
        expect: Expectation = FINISHES,
        together: bool = False,
        family: str = "",
        resources: Resources | None = None,
        **changes: Any,
    ) -> None:
        values = {"changes": changes, "control": control, "expect": expect, "together": together, "family": family}
        for field, value in ({"name": name, "resources": resources} | values).items():
            object.__setattr__(self, field, value)
        object.__setattr__(self, "corner", None)
        check_name("Variant", name)
        if not changes:
            raise UsageError(f"Variant {name!r} changes nothing; expected at least one setting, such as epochs=10.")
        check_expectation(f"Variant {name!r}", expect)
        if resources is not None:
            check_resources(f"Variant {name!r}", resources)

    def __reduce__(self) -> tuple[Any, ...]:
        options = {name: getattr(self, name) for name in ("control", "expect", "together", "family", "resources")}
        return _variant, (self.name, options, dict(self.changes), self.corner)


def _variant(name: str, options: dict[str, Any], changes: dict[str, Any], corner: Corner | None) -> Variant:
    return at_corner(Variant(name, **options, **changes), corner)


def at_corner(variant: Variant, corner: Corner | None) -> Variant:
    """Give a variant that was just made its place in a screen; return it."""
    object.__setattr__(variant, "corner", corner)
    return variant


def check_expectation(who: str, expect: Expectation) -> None:
    """Raise UsageError for what is no expectation."""
    if not isinstance(expect, Expectation):
        raise UsageError(f"{who}: expect is {str(expect)[:120]!r}; expected for example finishes(accuracy_at_least=0.9).")


def check_resources(who: str, resources: Resources) -> None:
    """Raise UsageError for what are no resources."""
    if not isinstance(resources, Resources):
        raise UsageError(
            f"{who}: resources is {str(resources)[:120]!r}; expected for example harness.Resources(cpus=2, gpus=0.5)."
        )


def show_value(value: Any) -> str:
    """Write a setting's value as one would type it: 512-256 for numbers, pool-1,pool-2 for names, none for None."""
    if isinstance(value, tuple):
        names = any(isinstance(part, str) for part in value)
        return ("," if names else "-").join(str(part) for part in value) or "none"
    return "none" if value is None else str(value)
