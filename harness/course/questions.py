"""A study's questions: which variants each needs, and what its documented answer claims."""

from collections.abc import Mapping
from dataclasses import dataclass

from harness.course.claim_judging import ClaimResult, combined
from harness.course.claim_kinds import KINDS
from harness.course.question_evidence import Evidence


@dataclass(frozen=True, slots=True)
class QuestionClaim:
    """One part of a documented answer that records can speak on: its text, its kind and the kind's parameters."""

    name: str
    text: str
    kind: str
    parameters: Mapping[str, str | int | float]

    @property
    def variant(self) -> str:
        """The variant that it is about; every kind has one."""
        return str(self.parameters["variant"])

    def judge(self, evidence: Evidence) -> ClaimResult:
        """Return what the evidence says of it."""
        return KINDS[self.kind](evidence, **self.parameters)


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a study: what a student reads of it, and the variants whose records answer it.

    choices: empty where none are given. documented_choice: the number of the documented one, counted from 1, 0 without
    choices.
    """

    name: str
    topic: str
    question: str
    documented: str
    variants: tuple[str, ...]
    claims: tuple[QuestionClaim, ...]
    explanation: str = ""
    choices: tuple[str, ...] = ()
    documented_choice: int = 0

    def results(self, evidence: Evidence) -> tuple[ClaimResult, ...]:
        """Return what the evidence says of each claim."""
        return tuple(claim.judge(evidence) for claim in self.claims)

    def state(self, evidence: Evidence) -> str:
        """Return whether the evidence supports the documented answer as a whole."""
        return combined(self.results(evidence))


@dataclass(frozen=True, slots=True)
class StudyQuestions:
    """A study's questions in their order, under the title of their file, empty where it has none; language: of the texts."""

    title: str
    questions: tuple[Question, ...]
    language: str
