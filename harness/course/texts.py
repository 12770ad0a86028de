"""The questions' texts in each language, read from the TOML file beside this module."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

LANGUAGES = ("en", "zh")


@dataclass(frozen=True, slots=True)
class QuestionText:
    """What a student reads of one question.

    choices: empty where the course gives none. documented_choice: the number of the documented one, counted from 1,
    0 without choices. claims: by the claim's name.
    """

    topic: str
    question: str
    documented: str
    explanation: str
    claims: Mapping[str, str]
    choices: tuple[str, ...] = ()
    documented_choice: int = 0


@dataclass(frozen=True, slots=True)
class Texts:
    """Every word of the questions in one language."""

    states: Mapping[str, str]
    answers: Mapping[str, str]
    reasons: Mapping[str, str]
    labels: Mapping[str, str]
    questions: Mapping[str, QuestionText]

    def label(self, name: str, **values: Any) -> str:
        """Return a label with the values it mentions."""
        return self.labels[name].format(**values)

    def reason(self, name: str, **values: Any) -> str:
        """Return why a claim stands as it does, with the values it mentions."""
        return self.reasons[name].format(**values)


@lru_cache(maxsize=len(LANGUAGES))
def load_texts(language: str) -> Texts:
    """Return the texts of a language, `en` or `zh`."""
    content = tomllib.loads(files("harness.course").joinpath(f"{language}.toml").read_text(encoding="utf-8"))
    questions = {name: _question(values) for name, values in content.pop("questions").items()}
    return Texts(**content, questions=questions)


def _question(values: Mapping[str, Any]) -> QuestionText:
    return QuestionText(**(values | {"choices": tuple(values["choices"])}))
