"""What TensorBoard's Text tab says of a trial, as Markdown."""

from collections.abc import Mapping
from typing import Any

from harness.records import environment
from harness.study import BASE, Study, show_value, values_of
from harness.tensorboard import as_table
from harness.training.trial import Trial


def specification_texts(trial: Trial, study: Study) -> dict[str, str]:
    """Return tag → Markdown for the configuration, the difference from the control, the data and the environment."""
    settings = study.settings(trial.variant)
    values = {name: show_value(value) for name, value in values_of(settings).items()}
    return {
        "configuration": as_table({"study": trial.study, "variant": trial.variant, "seed": trial.seed, **values}),
        "difference": difference_text(study, trial.variant),
        "data": trial.data.description if trial.data else f"{study.own_data.capitalize()} of the study's own.",
        "environment": as_table(environment()),
    }


def difference_text(study: Study, variant: str) -> str:
    """Say what a variant changes, against which control, and what it is expected to do."""
    expectation = f"Expected: {study.expectation(variant)}."
    if variant == BASE:
        return f"The base of study **{study.name}**. {study.question} {expectation}"
    return f"`{study.change(variant)}` against the control **{study.control(variant)}**. {expectation}"


def phases_text(phases: Mapping[str, Mapping[str, Any]]) -> str:
    """Return what each phase of a training began and ended with as a Markdown table, one row a phase."""
    names = list(dict.fromkeys(name for phase in phases.values() for name in phase))
    lines = ["| phase | " + " | ".join(name.replace("_", " ") for name in names) + " |", "| --- " * (len(names) + 1) + "|"]
    rows = [[number, *(str(phase.get(name, "")) for name in names)] for number, phase in phases.items()]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])
