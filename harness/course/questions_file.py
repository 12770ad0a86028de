"""A study's questions read from the files beside it: mine.questions.en.toml, and mine.questions.zh.toml in Chinese.

The English file declares the questions and what their answers claim; that of another language has the texts alone.
"""

import inspect
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness.course.claim_kinds import BY_VERDICT, KINDS
from harness.course.question_evidence import Evidence, require_metric
from harness.course.questions import Question, QuestionClaim, StudyQuestions
from harness.errors import UsageError, unknown
from harness.study import BASE, Study, TomlFile, check, read_toml

ENGLISH = "en"
KIND = "Questions file"
FILE_KEYS = ("title", "questions")
TEXTS = ("topic", "question", "documented", "explanation")
OPTIONAL = ("explanation",)
QUESTION_KEYS = (*TEXTS, "choices", "documented_choice", "variants", "claims")
TRANSLATED_KEYS = (*TEXTS, "choices", "claims")
CLAIM_KEYS = ("text", "kind")


def load_questions(study: Study, language: str = ENGLISH, *, evidence: Evidence | None = None) -> StudyQuestions:
    """Return a study's questions in a language, in English where there is no file of it.

    evidence: the study's records, which tell what can be measured. UsageError, with file and key, for what is wrong in
    a file, and for a study without questions.
    """
    if study.folds:
        raise UsageError(
            f"Study {study.name!r} has folds; its questions are judged over seeds, and folds are none. Leave one out."
        )
    path = questions_path(study, ENGLISH)
    if path is None or not path.is_file():
        where = f"write {path}, as docs/your-own-study.md shows" if path else "expected a study that has a file"
        raise UsageError(f"Study {study.name!r} has no questions; {where}.")
    declared = _QuestionsFile(read_toml(path, kind=KIND)).declared(study, evidence)
    translation = questions_path(study, language)
    if language == ENGLISH or translation is None or not translation.is_file():
        return declared
    return _QuestionsFile(read_toml(translation, kind=KIND)).translated(declared, language)


def questions_path(study: Study, language: str) -> Path | None:
    """Return where a study's questions in a language are or would be; None for a study without a file."""
    return study.path and study.path.with_name(f"{study.path.stem}.questions.{language}.toml")


@dataclass(frozen=True, slots=True)
class _QuestionsFile:
    """One file's way to the questions."""

    file: TomlFile

    def declared(self, study: Study, evidence: Evidence | None) -> StudyQuestions:
        """Return the questions that the English file declares."""
        self._require_keys((), FILE_KEYS)
        questions = tuple(self._question(name, study, evidence) for name in self.file.table("questions"))
        if not questions:
            raise UsageError(f"Questions file {self.file.path} has no question; expected [questions.NAME].")
        return StudyQuestions(self._title(), questions, ENGLISH)

    def translated(self, declared: StudyQuestions, language: str) -> StudyQuestions:
        """Return declared questions with this file's texts, all of which it must have."""
        self._require_keys((), FILE_KEYS)
        self._require_keys(("questions",), [question.name for question in declared.questions])
        questions = tuple(map(self._translation, declared.questions))
        return StudyQuestions(self._title() or declared.title, questions, language)

    def _question(self, name: str, study: Study, evidence: Evidence | None) -> Question:
        place = ("questions", name)
        self._require_keys(place, QUESTION_KEYS)
        claims = tuple(self._claim((*place, "claims", key), study, evidence) for key in self.file.table(*place, "claims"))
        if not claims:
            with self.file.at(*place):
                raise UsageError(f"question {name!r} claims nothing; expected [questions.{name}.claims.NAME].")
        choices, documented = self._texts(*place, "choices"), self.file.table(*place).get("documented_choice", 0)
        with self.file.at(*place, "documented_choice"):
            if check("documented_choice", documented, int) not in (range(1, len(choices) + 1) if choices else (0,)):
                expected = f"the number of one of the {len(choices)} choices" if choices else "none without choices"
                raise UsageError(f"documented_choice is {documented}; expected {expected}.")
        variants = self._texts(*place, "variants") or _needed(claims, study)
        with self.file.at(*place, "variants"):
            for variant in variants:
                _require_known("Variant", variant, study.names)
        texts: dict[str, Any] = {
            key: self._text(*place, key) for key in TEXTS if key in self.file.table(*place) or key not in OPTIONAL
        }
        return Question(name, **texts, variants=variants, claims=claims, choices=choices, documented_choice=documented)

    def _claim(self, place: tuple[str, ...], study: Study, evidence: Evidence | None) -> QuestionClaim:
        text, kind = self._text(*place, "text"), self._text(*place, "kind")
        with self.file.at(*place, "kind"):
            _require_known("Kind of claim", kind, KINDS)
        accepted = {key: one for key, one in inspect.signature(KINDS[kind]).parameters.items() if one.kind is one.KEYWORD_ONLY}
        self._require_keys(place, (*CLAIM_KEYS, *accepted))
        given = {key: value for key, value in self.file.table(*place).items() if key not in CLAIM_KEYS}
        for key, value in given.items():
            with self.file.at(*place, key):
                check(key, value, accepted[key].annotation)
                _require_sense(key, value, study)
        with self.file.at(*place):
            if "control" in accepted and "variant" in given:
                given.setdefault("control", study.control(given["variant"]) or given["variant"])
            missing = [key for key, one in accepted.items() if one.default is one.empty and key not in given]
            if missing:
                raise UsageError(f"a claim of the kind {kind!r} needs {missing[0]}; received {', '.join(given) or 'nothing'}.")
        with self.file.at(*place, "variant"):
            if given.get("control") == given["variant"] or (kind in BY_VERDICT and given["variant"] == BASE):
                raise UsageError(
                    f"{given['variant']!r} is compared with itself; expected a variant and what to compare it with."
                )
        with self.file.at(*place, "value"):
            if "value" in given:
                require_metric(given["value"], study, evidence.metrics(given["variant"]) if evidence else ())
        return QuestionClaim(place[-1], text, kind, given)

    def _translation(self, question: Question) -> Question:
        place = ("questions", question.name)
        self._require_keys(place, TRANSLATED_KEYS)
        self._require_keys((*place, "claims"), [claim.name for claim in question.claims])
        choices = self._texts(*place, "choices")
        with self.file.at(*place, "choices"):
            if len(choices) != len(question.choices):
                raise UsageError(f"{len(choices)} choices; expected {len(question.choices)}, as in English.")
        claims = tuple(replace(claim, text=self._text(*place, "claims", claim.name)) for claim in question.claims)
        texts: dict[str, Any] = {
            key: self._text(*place, key) for key in TEXTS if key in self.file.table(*place) or key not in OPTIONAL
        }
        return replace(question, **texts, claims=claims, choices=choices)

    def _title(self) -> str:
        return self._text("title") if "title" in self.file.content else ""

    def _text(self, *place: str) -> str:
        with self.file.at(*place):
            text = self.file.table(*place[:-1]).get(place[-1])
            if text is None:
                raise UsageError(f'{".".join(place[:-1])} has no {place[-1]}; expected {place[-1]} = "...".')
            return str(check(place[-1], text, str))

    def _texts(self, *place: str) -> tuple[str, ...]:
        with self.file.at(*place):
            return tuple(check(place[-1], self.file.table(*place[:-1]).get(place[-1], ()), tuple[str, ...]))

    def _require_keys(self, place: tuple[str, ...], known: Collection[str]) -> None:
        """Raise UsageError, with the nearest right name, for a key of a table that means nothing there."""
        for key in self.file.table(*place):
            with self.file.at(*place, key):
                _require_known("Key", key, known)


def _needed(claims: Sequence[QuestionClaim], study: Study) -> tuple[str, ...]:
    """Return the variants that claims are about, each behind what it is compared with."""
    controls = [str(claim.parameters.get("control", study.control(claim.variant))) for claim in claims]
    named = [name for control, claim in zip(controls, claims, strict=True) for name in (control, claim.variant)]
    return tuple(dict.fromkeys(filter(None, named)))


def _require_known(kind: str, name: str, known: Collection[str]) -> None:
    if name not in known:
        raise unknown(kind, name, known)


def _require_sense(key: str, value: Any, study: Study) -> None:
    """Raise UsageError for a parameter of the right type that can mean nothing."""
    if key in ("variant", "control"):
        _require_known("Variant", value, study.names)
    elif key in ("epoch", "epochs", "classes") and value < 1:
        raise UsageError(f"{key} is {value}; expected a number from 1.")
    elif key == "match":
        try:
            re.compile(value)
        except re.error as error:
            raise UsageError(f"match is {value!r}, no regular expression: {error}.") from None
