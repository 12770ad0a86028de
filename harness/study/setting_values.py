"""One setting's value: read from a text, and checked against the type that is declared."""

import math
import re
import types
import typing
from collections.abc import Mapping
from typing import Any

from harness.errors import UsageError

LARGEST_NUMBER = 2**53  # beyond it a float does not tell neighbours apart, and nothing here is counted
LAYER_TEXTS = ("replace", "insert_after")  # settings that name a layer to put in


def from_text(name: str, text: str, annotation: Any) -> Any:
    """Return what a text of the command line means as the declared type; UsageError where it means nothing."""
    kinds = alternatives(annotation)
    if type(None) in kinds and text.lower() in ("none", ""):
        return None
    for kind in sorted((kind for kind in kinds if kind is not type(None)), key=_openness):
        try:
            if typing.get_origin(kind) is tuple:
                element = typing.get_args(kind)[0]
                return tuple(_scalar(part, element) for part in _parts(text, element))
            return _scalar(text, kind)
        except ValueError:
            continue
    raise UsageError(f"{name} must be {_describe(annotation)}; received {text!r}.")


def _openness(kind: Any) -> int:
    """Order a setting's types: whole numbers before all numbers, and words last, as any text is one."""
    return {int: 0, float: 1, bool: 2, str: 4, tuple[str, ...]: 4}.get(kind, 3)


def _parts(text: str, element: type) -> list[str]:
    """Split a list at its commas, those within parentheses and quotes apart, or numbers at the dashes between them."""
    if text.lower() == "none":
        return []
    if text[:1] + text[-1:] == "()" or (element is not str and text[:1] + text[-1:] == "[]"):
        text = text[1:-1]  # of words, square ones may be a pattern's
    if element is not str and re.fullmatch(r"[\d.]+(-[\d.]+)+", text):
        return text.split("-")
    parts, depth, quote = [""], 0, ""
    for sign in text:
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"" and depth:
            quote = sign
        else:
            depth += (sign in "([{") - (sign in ")]}")
        if sign == "," and depth == 0 and not quote:
            parts.append("")
        else:
            parts[-1] += sign
    return [part.strip() for part in parts if part.strip()]


def _scalar(text: str, kind: type) -> Any:
    if kind is bool:
        words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
        if text.lower() not in words:
            raise ValueError(text)
        return words[text.lower()]
    return kind(text)


def check(name: str, value: Any, annotation: Any) -> Any:
    """Return the value if it is of the declared type (an int passes as a float); UsageError otherwise.

    Numbers and lists of NumPy's are taken as Python's own.
    """
    if callable(getattr(type(value), "__array__", None)) and callable(getattr(value, "tolist", None)):
        value = value.tolist()
    for kind in alternatives(annotation):
        if kind is type(None) and value is None:
            return None
        if kind == tuple[str, ...] and isinstance(value, str):
            return (value,)
        if name in LAYER_TEXTS and isinstance(value, Mapping):
            return tuple(f"{target}={layer}" for target, layer in value.items())
        if typing.get_origin(kind) is tuple and isinstance(value, (tuple, list)):
            return tuple(check(name, part, typing.get_args(kind)[0]) for part in value)
        if kind is float and isinstance(value, (int, float)) and not isinstance(value, bool):
            return _finite(name, value)
        if kind is int and isinstance(value, int) and not isinstance(value, bool):
            return _countable(name, value)
        if kind in (bool, str) and isinstance(value, kind):
            return value
    raise UsageError(f"{name} must be {_describe(annotation)}; received {value!r}.")


def _countable(name: str, value: int) -> int:
    if abs(value) > LARGEST_NUMBER:
        raise UsageError(
            f"{name} must be a whole number of at most {LARGEST_NUMBER}; received one of {len(str(value))} digits."
        )
    return value


def _finite(name: str, value: float) -> float:
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise UsageError(f"{name} must be a finite number; received {value!r}.")
    return number


def require_positive(name: str, value: float) -> None:
    """Raise UsageError unless the value is above zero."""
    if value <= 0:
        raise UsageError(f"{name} must be above 0; received {value!r}.")


def alternatives(annotation: Any) -> tuple[Any, ...]:
    """Return the types that a declared type allows: itself, or those between its bars."""
    if isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is typing.Union:
        return typing.get_args(annotation)
    return (annotation,)


def _describe(annotation: Any) -> str:
    words = {bool: "true or false", int: "a whole number", float: "a number", str: "text", type(None): "none"}

    def word(kind: Any) -> str:
        if typing.get_origin(kind) is tuple:
            return {int: "whole numbers", float: "numbers", str: "words"}[typing.get_args(kind)[0]] + " with commas between"
        return words.get(kind, str(kind))

    return " or ".join(word(kind) for kind in alternatives(annotation))
