"""What a variant is supposed to do, trial by trial, and to show over its seeds."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from harness.errors import UsageError
from harness.study.claims import BETTER, EQUIVALENT, VALUE, WORSE, Claim, Threshold, VsControl, claim_from_dict


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a variant is supposed to do: finish, raise a certain error, or diverge (a loss that is not finite).

    Each trial is held against that; `claims` are held against the variant's row of the summary, over all its seeds.
    Two expectations of results are joined by `&`: finishes(accuracy_at_least=0.9) & worse_than_control().
    """

    finishes: bool = True
    raises: str = ""  # pattern of the error's type; empty: it must not raise
    match: str = ""  # pattern that the error's text must contain
    diverges: bool = False
    claims: tuple[Claim, ...] = ()

    def __and__(self, other: "Expectation") -> "Expectation":
        if not isinstance(other, Expectation):
            return NotImplemented
        for one in (self, other):
            if not one.finishes:
                raise UsageError(f"An expectation of results cannot be joined with one that {one}: there are no results then.")
        return replace(self, claims=(*self.claims, *other.claims))

    def accepts_error(self, kind: str, text: str) -> bool:
        """Say whether an error of this type name and text is the expected one."""
        return bool(self.raises and re.fullmatch(self.raises, kind) and re.search(self.match, text))

    def accepts_finish(self, *, on_stand_in: bool) -> bool:
        """Say whether an end without error is expected, or not excluded: what diverges on one dataset may not on another."""
        return self.finishes or (on_stand_in and self.diverges and not self.raises)

    def __str__(self) -> str:
        words = ["finishes"] if self.finishes else []
        words += [f"raises {self.raises.replace('|', ' or ')}"] if self.raises else []
        words += ["diverges"] if self.diverges else []
        return ", or ".join(words) + "".join(f", {claim}" for claim in self.claims)

    @property
    def asked(self) -> str:
        """Say what a variant is to do: finish, raise ValueError, or diverge."""
        words = str(self)
        for said, asked in (("finishes", "finish"), ("raises", "raise"), ("diverges", "diverge")):
            words = words.replace(said, asked)
        return words

    def to_dict(self) -> dict[str, Any]:
        """Return what a record keeps of it, as JSON can hold it."""
        return asdict(self) | {"claims": [asdict(claim) for claim in self.claims]}


FINISHES = Expectation()


def expectation_from_dict(values: Mapping[str, Any]) -> Expectation:
    """Return the expectation that a record describes.

    TypeError or ValueError for what `Expectation.described` cannot have written.
    """
    claims = values.get("claims", ())
    found = Expectation(**{**values, "claims": tuple(claim_from_dict(claim) for claim in claims)})
    kinds = {"finishes": bool, "raises": str, "match": str, "diverges": bool}
    if wrong := [name for name, kind in kinds.items() if not isinstance(getattr(found, name), kind)]:
        raise TypeError(f"{wrong[0]} is {str(getattr(found, wrong[0]))[:40]!r}")
    for pattern in (found.raises, found.match):
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"{pattern[:40]!r} is no regular expression ({error})") from None
    return found


def finishes(
    *,
    accuracy_at_least: float | None = None,
    accuracy_at_most: float | None = None,
    loss_at_least: float | None = None,
    loss_at_most: float | None = None,
    epochs_at_most: float | None = None,
    value_at_least: float | None = None,
    value_at_most: float | None = None,
) -> Expectation:
    """Return the expectation of an end without error, and of limits that the results keep.

    The limits are of the mean over the seeds: of test accuracy (a fraction), test loss, epochs trained, and `value`, the
    value of the study's metric on the test samples, whatever that is.
    """
    bounds = (
        ("test_accuracy", accuracy_at_least, False),
        ("test_accuracy", accuracy_at_most, True),
        ("test_loss", loss_at_least, False),
        ("test_loss", loss_at_most, True),
        ("epochs", epochs_at_most, True),
        (VALUE, value_at_least, False),
        (VALUE, value_at_most, True),
    )
    return Expectation(claims=tuple(Threshold(column, limit, upper) for column, limit, upper in bounds if limit is not None))


def better_than_control() -> Expectation:
    """Return the expectation that the study's metric is better than the control's, by more than noise."""
    return Expectation(claims=(VsControl(BETTER),))


def worse_than_control() -> Expectation:
    """Return the expectation that the study's metric is worse than the control's, by more than noise."""
    return Expectation(claims=(VsControl(WORSE),))


def equivalent_to_control() -> Expectation:
    """Return the expectation that the study's metric differs from the control's by less than matters."""
    return Expectation(claims=(VsControl(EQUIVALENT),))


def raises(kind: str, *, match: str = "", or_diverges: bool = False) -> Expectation:
    """Return the expectation of an error whose type name is `kind` and whose text contains `match` (both patterns)."""
    for pattern in (kind, match):
        try:
            re.compile(pattern)
        except re.error as error:
            raise UsageError(f"An expectation's pattern {pattern!r} is no regular expression: {error}.") from None
    return Expectation(finishes=False, raises=kind, match=match, diverges=or_diverges)


def diverges() -> Expectation:
    """Return the expectation of a loss that stops being finite."""
    return Expectation(finishes=False, diverges=True)
