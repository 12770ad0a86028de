"""A layer to put into a model, as it is written in a setting: ``pool-2=MaxPooling2D(2)``."""

import ast
from dataclasses import dataclass
from typing import Any

from harness.errors import UsageError

EXAMPLE = "pool-2=MaxPooling2D(2)"


@dataclass(frozen=True, slots=True)
class LayerSpec:
    """Where a layer goes, and which: a Keras layer class with literal arguments."""

    target: str  # name or pattern of the layers whose place it takes, or behind which it goes
    layer: str  # name of a class of keras.layers
    args: tuple[Any, ...]
    options: tuple[tuple[str, Any], ...]

    def __str__(self) -> str:
        # No blank behind a comma: in a variant's change, ", " comes before the next setting.
        words = [*map(repr, self.args), *(f"{name}={value!r}" for name, value in self.options)]
        return f"{self.target}={self.layer}({','.join(words)})"


def parse_layer(setting: str, text: str) -> LayerSpec:
    """Return what ``NAME=Layer(arguments)`` says; UsageError where it is not of that form.

    The arguments are read as literals and never evaluated.

    >>> str(parse_layer("replace", "pool-2 = MaxPooling2D(2, strides=1)"))
    'pool-2=MaxPooling2D(2,strides=1)'
    """
    target, sign, call = (part.strip() for part in text.partition("="))
    if not (target and sign and call):
        raise _wrong(setting, text, f"expected NAME=Layer(arguments), for example {EXAMPLE}")
    try:
        tree = ast.parse(call, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise _wrong(setting, text, f"expected a layer such as MaxPooling2D(2) behind the first =, received {call!r}") from None
    if isinstance(tree, ast.Name):
        return LayerSpec(target, tree.id, (), ())
    if not isinstance(tree, ast.Call) or not isinstance(tree.func, ast.Name):
        raise _wrong(setting, text, f"expected the name of a Keras layer with its arguments, received {call!r}")
    args = tuple(_literal(setting, text, argument) for argument in tree.args)
    options = tuple((_keyword(setting, text, word), _literal(setting, text, word.value)) for word in tree.keywords)
    return LayerSpec(target, tree.func.id, args, options)


def _keyword(setting: str, text: str, word: ast.keyword) -> str:
    if word.arg is None:
        raise _wrong(setting, text, f"expected named arguments, received **{ast.unparse(word.value)}")
    return word.arg


def _literal(setting: str, text: str, node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        expected = "expected numbers, texts in quotes, True, False, None, and tuples of these"
        raise _wrong(setting, text, f"argument {ast.unparse(node)!r} is no literal; {expected}") from None


def _wrong(setting: str, text: str, why: str) -> UsageError:
    return UsageError(f"{setting} {text[:120]!r}: {why}.")
