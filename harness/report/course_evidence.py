"""What a study's course has to say: documented figures beside the measured ones, questions with their evidence."""

from collections.abc import Sequence
from dataclasses import dataclass

from harness.analysis import left_out_reasons, matching_records
from harness.course import (
    ENGLISH,
    ClaimResult,
    Evidence,
    Question,
    Reproduction,
    VariantReproduction,
    by_variant,
    collect_evidence,
    compare_documented,
    conclusions,
    documented_figures,
    load_questions,
    measured_values,
    questions_path,
)
from harness.report.study_data import StudyData


@dataclass(frozen=True, slots=True)
class Documented:
    """Documented figures beside the measured ones: by variant, each by itself, in sentences; which records do not count."""

    variants: Sequence[VariantReproduction]
    figures: Sequence[Reproduction]
    sentences: Sequence[str]
    left_out: Sequence[str]


@dataclass(frozen=True, slots=True)
class Questions:
    """A study's questions, each with what the records say of its documented answer: supported, refuted, undecided."""

    title: str
    answered: Sequence[tuple[Question, str, Sequence[ClaimResult]]]
    left_out: int


def documented(study: StudyData) -> Documented | None:
    """Return a study's documented figures; None where there are none."""
    if study.declared is None:
        return None
    every = [record for group in study.records.values() for record in group]
    counted, left_out = matching_records(every, study.declared)
    measured = measured_values(counted)
    figures = documented_figures(study.declared, measured)
    if not figures:
        return None
    rows = compare_documented(figures, measured)
    return Documented(by_variant(rows), rows, conclusions(rows), left_out_reasons(left_out, study.declared))


def questions(study: StudyData) -> Questions | None:
    """Return a study's questions with the evidence of its records; None where it has none."""
    if study.declared is None:
        return None
    path = questions_path(study.declared, ENGLISH)
    if path is None or not path.is_file():
        return None
    every = [record for group in study.records.values() for record in group]
    evidence = collect_evidence(every, study.declared, folder=study.folder)
    asked = load_questions(study.declared, evidence=evidence)
    answered = [(question, _state(question, evidence), question.results(evidence)) for question in asked.questions]
    return Questions(asked.title or f"Questions of {study.name}", answered, evidence.left_out)


def _state(question: Question, evidence: Evidence) -> str:
    has_run = any(evidence.of(variant) for variant in question.variants)
    return question.state(evidence) if has_run else "not run yet"
