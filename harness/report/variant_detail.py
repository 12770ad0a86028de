"""All that a study's page shows of one variant beside its control: settings, layers, seeds, answers, errors."""

from collections.abc import Sequence
from dataclasses import dataclass

from harness.analysis import setting_cell
from harness.records import OK, Record
from harness.report.answers import Answers, Confusion, Flips, NoAnswers, confusion, flips, read_answers
from harness.report.study_data import StudyData
from harness.report.variant_table import STATUS_WORDS
from harness.results import difference_table, format_value
from harness.study import text_of

LAYERS = "architecture"


@dataclass(frozen=True, slots=True)
class Trial:
    """One trial in a line; as_expected: whether it ended as the study expects."""

    seed: int
    status: str
    as_expected: bool
    value: str
    epochs: str
    seconds: str
    error: str
    traceback: str


@dataclass(frozen=True, slots=True)
class VariantDetail:
    """A variant beside its control.

    settings: name, the control's value, the variant's; every_setting: name and value of all. layers: place, the control's,
    the variant's. confusions: the control's and the variant's matrix. flips: the samples that flip. missing: why there is
    nothing on single samples; empty where there is.
    """

    variant: str
    control: str
    settings: Sequence[tuple[str, str, str]]
    every_setting: Sequence[tuple[str, str]]
    layers: Sequence[tuple[str, str, str]]
    trials: Sequence[Trial]
    confusions: Sequence[Confusion]
    flips: Flips | None
    missing: str
    lacking: str  # that its control has no record; empty where it has


def variant_detail(study: StudyData, variant: str) -> VariantDetail:
    """Return what is shown of one variant; UsageError for a name that the study has not."""
    named = text_of(study.row(variant)["control"])
    control = study.control_of(variant) or variant
    mine, its = (study.records[name][0] for name in (variant, control))
    differing = difference_table(its, mine, rounded=True).to_dict("records") if control != variant else []
    settings = [(row["name"], row["A"], row["B"]) for row in differing if row["part"] == "settings"]
    # An error before the model was built leaves no layers: that is no difference between models.
    layers = [(row["name"], row["A"], row["B"]) for row in differing if row["part"] == LAYERS and mine.architecture]
    every = [(name, str(setting_cell(value))) for name, value in mine.settings.items()]
    confusions, flipped, missing = _answers(study, control, variant)
    trials = [_trial(study, record) for record in study.records[variant]]
    lacking = (
        f"Its control {named} has no record here: there is nothing to hold it against." if named not in ("", control) else ""
    )
    return VariantDetail(variant, control, settings, every, layers, trials, confusions, flipped, missing, lacking)


def _answers(study: StudyData, control: str, variant: str) -> tuple[list[Confusion], Flips | None, str]:
    """Return the matrices and the flips, as far as there are any, and why there are not."""
    found: dict[str, Answers] = {}
    reasons: dict[str, None] = {}
    matrices: list[Confusion] = []
    for name in dict.fromkeys((control, variant)):
        try:
            found[name] = read_answers(study, name)
            matrices.append(confusion(found[name]))
        except NoAnswers as reason:
            reasons[str(reason)] = None
    flipped = None
    if control != variant and len(found) == 2:
        try:
            flipped = flips(found[control], found[variant])
        except NoAnswers as reason:
            reasons[str(reason)] = None
    return matrices, flipped, "; ".join(reasons)


def _trial(study: StudyData, record: Record) -> Trial:
    metric = study.metric
    value = format_value("value", metric.of(record.metrics), metric=metric.column) if record.status == OK else ""
    seconds = format_value("seconds", record.cost.get("seconds"))
    status, epochs = STATUS_WORDS.get(record.status, record.status), str(record.epochs or "")
    return Trial(record.seed, status, record.as_expected, value, epochs, seconds, record.error, record.traceback)
