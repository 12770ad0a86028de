"""What is refused of a study's variants: names that are one, a control that cannot be meant, a change that changes nothing."""

from typing import TYPE_CHECKING, Any

from harness.errors import UsageError, unknown
from harness.study.own_training import check_command
from harness.study.settings import Settings, differences, values_of
from harness.study.settings_reads import check_reads
from harness.study.variant import BASE, Variant, show_value

if TYPE_CHECKING:
    from harness.study.study import Study

NON_TRAINING_SETTINGS = ("log_every",)  # settings that change nothing in what is trained


def check_variants(study: "Study") -> None:
    """Raise UsageError for a variant that cannot be meant, and for two of one name or that train alike."""
    _check_names(study)
    trainings: dict[tuple[Any, ...], str] = {}
    for variant in study.variants:
        settings = _checked(study, variant)
        check_command(study, variant.name, settings)
        check_reads(study, variant.name)
        other = trainings.setdefault(training(settings), variant.name)
        if other != variant.name:
            raise same_training(study, other, variant.name)


def _check_names(study: "Study") -> None:
    folded = {BASE: BASE}
    for variant in study.variants:
        other = folded.get(variant.name.casefold())
        if other is not None:
            raise UsageError(
                f"Study {study.name!r} has two variants of one name: {other!r} and {variant.name!r} "
                f"(upper and lower case are one folder on some systems)."
            )
        folded[variant.name.casefold()] = variant.name


def _checked(study: "Study", variant: Variant) -> Settings:
    """Return a variant's settings; UsageError where they, or its control, cannot be meant."""
    who = f"Variant {variant.name!r} of study {study.name!r}"
    if not isinstance(variant.control, str):
        raise UsageError(f"{who}: control is {variant.control!r}; expected the name of a variant, or nothing for the base.")
    if variant.control not in study.names:
        raise unknown(f"{who}: control", variant.control, study.names)
    settings = study.settings(variant.name)
    if variant.control == variant.name or variant.name in study.controls(variant.control):
        raise UsageError(f"{who} is its own control; expected the name of another variant.")
    if not differences(settings, study.base):
        same = ", ".join(f"{name}={value!r}" for name, value in variant.changes.items())
        raise UsageError(f"{who} equals the base ({same}); expected a difference.")
    control = study.settings(variant.control)
    differing = differences(settings, control)
    if not differing:
        raise UsageError(f"{who} equals its control {variant.control!r}; expected a difference.")
    for other, there in (("the base", study.base), (f"its control {variant.control!r}", control)):
        if training(settings) == training(there):
            alone = "log_every alone, which changes nothing in what is trained"
            raise UsageError(f"{who} differs from {other} in {alone}; expected another difference.")
    if len(differing) > 1 and not variant.together:
        raise UsageError(
            f"{who} is confounded: it differs from its control {variant.control!r} in {' and '.join(differing)}; "
            f"expected one difference. Name a control that shares the others, or say together=True."
        )
    return settings


def same_training(study: "Study", one: str, other: str) -> UsageError:
    """Return the error for two variants that train alike: one trial run twice would count twice as evidence."""
    settings = study.settings(other)
    differing = [name for name in differences(settings, study.base) if name not in NON_TRAINING_SETTINGS]
    words = ", ".join(f"{name}={show_value(getattr(settings, name))}" for name in differing)
    who = f"Variants {one!r} and {other!r} of study {study.name!r}"
    return UsageError(f"{who} are the same: {words}; expected a difference.")


def training(settings: Settings) -> tuple[Any, ...]:
    """Return the values of all settings that decide what is trained: of two variants with the same, one is enough."""
    return tuple(value for name, value in values_of(settings).items() if name not in NON_TRAINING_SETTINGS)
