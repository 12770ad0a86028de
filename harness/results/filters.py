"""Filter expressions: text → a question asked of each row. Parsed by the rules below, never evaluated as Python.

    condition  = conjunction { "or" conjunction }
    conjunction = negation { "and" negation }
    negation   = "not" negation | "(" condition ")" | comparison
    comparison = operand { ("==" | "!=" | "<" | "<=" | ">" | ">=") operand }
               | operand ["not"] "in" (column | "(" operand { "," operand } ")")
    operand    = number | 'text' | true | false | none | column

A comparison with an empty cell holds for no row, apart from `== none` and `!= none`. A column that holds true and
false is a comparison by itself. `'text' in column` asks whether the column's text contains it.
"""

import math
import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.errors import UsageError, unknown
from harness.study import is_missing

if TYPE_CHECKING:
    import pandas as pd

Row = Mapping[str, Any]  # column → a Python value
Value = Callable[[Row], Any]

LONGEST = 1000  # characters
DEEPEST = 50  # parentheses and nots inside one another
_WORDS = ("and", "or", "not", "in")
_EXAMPLE = "test_accuracy > 0.97 and seeds >= 3"
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_TOKEN = re.compile(
    r"""\s*(?:(?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.]))
    |(?P<text>'[^']*'|"[^"]*")
    |(?P<name>[^\W\d]\w*)
    |(?P<sign>==|!=|<=|>=|<|>|\(|\)|,))""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Filter:
    """A parsed expression: ask it of a row, or of a table."""

    text: str
    holds: Callable[[Row], bool]

    def rows(self, frame: "pd.DataFrame") -> "pd.DataFrame":
        """Return the rows of a table for which the expression holds; UsageError where it compares text with numbers."""
        names = list(frame.columns)
        rows = zip(*(frame[name].tolist() for name in names), strict=True)
        chosen = [self.holds(dict(zip(names, cells, strict=True))) for cells in rows]
        return frame[chosen] if chosen else frame


def parse_filter(text: str, columns: Iterable[str]) -> Filter:
    """Return the filter that an expression describes; UsageError with the position where it is not one."""
    if len(text) > LONGEST:
        raise UsageError(f"The filter has {len(text)} characters; expected at most {LONGEST}.")
    parser = _Parser(text, _tokens(text), frozenset(columns))
    return Filter(text, parser.whole())


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str  # number, text, name, sign, or end
    text: str
    position: int  # of its first character, from 1


def _tokens(text: str) -> list[_Token]:
    tokens, position = [], 0
    end = len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None:
            position += len(text[position:]) - len(text[position:].lstrip())
            raise _wrong(text, position + 1, f"{text[position : position + 20]!r} cannot be read")
        kind = match.lastgroup or ""
        tokens.append(_Token(kind, match[kind], match.start(kind) + 1))
        position = match.end()
    return [*tokens, _Token("end", "", end + 1)]


def _wrong(text: str, position: int, what: str) -> UsageError:
    return UsageError(f"Filter {text!r}, character {position}: {what}; expected for example {_EXAMPLE!r}.")


class _Parser:
    """One pass over the tokens, one method a rule of the grammar."""

    def __init__(self, text: str, tokens: Sequence[_Token], columns: frozenset[str]) -> None:
        self.text, self.tokens, self.columns = text, tokens, columns
        self.at = self.depth = 0

    @property
    def token(self) -> _Token:
        return self.tokens[self.at]

    def take(self, *words: str) -> str:
        """Consume the next token if it is one of these words or signs; return it, or nothing."""
        token = self.token
        if token.kind in ("name", "sign") and token.text.lower() in words:
            self.at += 1
            return token.text.lower()
        return ""

    def wrong(self, expected: str) -> UsageError:
        found = repr(self.token.text) if self.token.kind != "end" else "its end"
        return _wrong(self.text, self.token.position, f"found {found} instead of {expected}")

    def whole(self) -> Callable[[Row], bool]:
        condition = self.condition()
        if self.token.kind != "end":
            raise self.wrong("'and', 'or' or the end")
        return condition

    def condition(self) -> Callable[[Row], bool]:
        parts = [self.conjunction()]
        while self.take("or"):
            parts.append(self.conjunction())
        return parts[0] if len(parts) == 1 else lambda row: any(part(row) for part in parts)

    def conjunction(self) -> Callable[[Row], bool]:
        parts = [self.negation()]
        while self.take("and"):
            parts.append(self.negation())
        return parts[0] if len(parts) == 1 else lambda row: all(part(row) for part in parts)

    def negation(self) -> Callable[[Row], bool]:
        self.depth += 1
        if self.depth > DEEPEST:
            raise _wrong(self.text, self.token.position, f"more than {DEEPEST} parentheses and nots inside one another")
        result = self.inverse() if self.take("not") else self.group() if self.take("(") else self.comparison()
        self.depth -= 1
        return result

    def inverse(self) -> Callable[[Row], bool]:
        inner = self.negation()
        return lambda row: not inner(row)

    def group(self) -> Callable[[Row], bool]:
        inner = self.condition()
        if not self.take(")"):
            raise self.wrong("')'")
        return inner

    def comparison(self) -> Callable[[Row], bool]:
        first = self.token
        left = self.operand()
        negated = bool(self.take("not"))
        if self.take("in"):
            return self.membership(left, negated=negated, position=first.position)
        if negated:
            raise self.wrong("'in'")
        links = []
        while sign := self.take(*_COMPARE):
            right = self.operand()
            links.append(self.link(sign, left, right, first.position))
            left = right
        if links:
            return lambda row: all(link(row) for link in links)
        return self.truth(left, first)

    def link(self, sign: str, left: Value, right: Value, position: int) -> Callable[[Row], bool]:
        compare, by_equality = _COMPARE[sign], sign in ("==", "!=")

        def holds(row: Row) -> bool:
            mine, its = left(row), right(row)
            if left is _none or right is _none:
                return by_equality and compare(mine is None, its is None)
            if mine is None or its is None:
                return False
            self.check_alike(mine, its, position)
            return bool(compare(mine, its))

        return holds

    def membership(self, left: Value, *, negated: bool, position: int) -> Callable[[Row], bool]:
        if not self.take("("):
            return self.containment(left, self.operand(), negated=negated, position=position)
        choices = [self.operand()]
        while self.take(","):
            choices.append(self.operand())
        if not self.take(")"):
            raise self.wrong("',' or ')'")
        links = [self.link("==", left, choice, position) for choice in choices]
        return lambda row: left(row) is not None and any(link(row) for link in links) != negated

    def containment(self, left: Value, right: Value, *, negated: bool, position: int) -> Callable[[Row], bool]:
        def holds(row: Row) -> bool:
            part, whole = left(row), right(row)
            if part is None or whole is None:
                return False
            if not isinstance(part, str) or not isinstance(whole, str):
                raise _wrong(self.text, position, "'in' takes a list in parentheses, or a text and a column of texts")
            return (part in whole) != negated

        return holds

    def truth(self, value: Value, token: _Token) -> Callable[[Row], bool]:
        if token.kind in ("number", "text"):
            raise self.wrong("a comparison such as '>'")

        def holds(row: Row) -> bool:
            found = value(row)
            if not isinstance(found, bool | None):
                raise _wrong(self.text, token.position, f"{token.text!r} is compared with nothing")
            return bool(found)

        return holds

    def operand(self) -> Value:
        token = self.token
        if token.kind == "number":
            number = float(token.text)
            if not math.isfinite(number):
                raise _wrong(self.text, token.position, "the number is too large")
            self.at += 1
            return lambda row: number
        if token.kind == "text":
            self.at += 1
            return lambda row: token.text[1:-1]
        if word := self.take("true", "false"):
            return lambda row: word == "true"
        if self.take("none"):
            return _none
        if token.kind != "name" or token.text.lower() in _WORDS:
            raise self.wrong("a column, a number or a quoted text")
        if token.text not in self.columns:
            near = unknown("column", token.text, self.columns)
            raise UsageError(f"Filter {self.text!r}, character {token.position}: {near}")
        self.at += 1
        return lambda row: None if is_missing(row[token.text]) else row[token.text]

    def check_alike(self, one: Any, other: Any, position: int) -> None:
        """Refuse to compare a text with a number, which would be wrong in silence."""
        if (isinstance(one, str), isinstance(one, bool)) != (isinstance(other, str), isinstance(other, bool)):
            raise _wrong(self.text, position, f"{one!r} cannot be compared with {other!r}")


def _none(_: Row) -> None:
    return None
