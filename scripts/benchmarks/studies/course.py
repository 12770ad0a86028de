"""The course's twelve variants as `ablations` declares them, without the controls that the course does not train."""

from experiments.ablations import STUDY as ABLATIONS
from harness import Study, Variant

COURSE = (
    "neurons-1024",
    "no-flatten",
    "output-5",
    "extra-hidden-layer",
    "epochs-15",
    "epochs-30",
    "no-normalization",
    "early-stop",
    "learning-rate-0.0001",
    "learning-rate-0.01",
    "learning-rate-0.1",
)

STUDY = Study(
    "course",
    question="How long do the course's twelve variants take?",
    base=ABLATIONS.base,
    # Only their speed is compared here, so a control that lacks one difference alone is not needed.
    variants=tuple(
        Variant(variant.name, expect=variant.expect, together=True, **variant.changes)
        for variant in ABLATIONS.variants
        if variant.name in COURSE
    ),
)
