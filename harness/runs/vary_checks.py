"""What of a study's randomness can be varied by itself: refused before anything trains where one number decides several."""

from dataclasses import replace

from harness.errors import UsageError
from harness.study import Study, levels_of_sources, varied_name

DRAWN_VALIDATION = ("random", "stratified")
SPLIT = "split"


def varied(study: Study, vary: str) -> Study:
    """Return the study under the name of its varied trials; UsageError where its sources cannot be told apart."""
    if not vary:
        return study
    if reason := _inseparable(study):
        raise UsageError(f"Study {study.name!r}: --vary cannot separate its seeds, as {reason}; run it without --vary.")
    if SPLIT in levels_of_sources(vary) and not _draws_data(study):
        raise UsageError(
            f"Study {study.name!r} draws nothing for its data, so that split would change nothing; expected other sources, "
            "arrays(settings) of its own, or validation_by='random' with validation=N."
        )
    return replace(study, name=varied_name(study.name, vary))


def _inseparable(study: Study) -> str:
    if study.trains_itself:
        what = "its script" if study.command is not None else "train(settings, trial)"
        return f"{what} is given one number and draws everything from it"
    if study.datasets is not None:
        return "datasets(settings) draws and orders its batches under one number"
    if study.folds:
        return "its trials are folds, told by their number"
    return ""


def _draws_data(study: Study) -> bool:
    """Say whether something of a study's data may follow from a trial's seed."""
    if study.arrays_from:
        return True
    settings = [study.settings(name) for name in study.names]
    return any(one.validation is not None and one.validation_by in DRAWN_VALIDATION for one in settings)
