"""The flags of a script, read from its source without running it: those of argparse and of click."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_DECLARING = ("add_argument", "option")


@dataclass(frozen=True, slots=True)
class ScriptFlag:
    """A flag as it is typed and its default; switch: it takes no value; choices: all that it may be, if that is said."""

    typed: str
    default: Any = None
    switch: bool = False
    choices: tuple[Any, ...] = ()

    @property
    def name(self) -> str:
        """Its name as a setting's: --learning-rate is learning_rate."""
        return self.typed.lstrip("-").replace("-", "_")


def script_flags(source: str) -> tuple[ScriptFlag, ...]:
    """Return the flags that a script declares by literal values, in their order; SyntaxError where it is no Python."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call) and _called(node) in _DECLARING]
    calls.sort(key=lambda call: call.lineno)
    return tuple(dict.fromkeys(flag for call in calls for flag in _flags(call)))


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _flags(call: ast.Call) -> Iterator[ScriptFlag]:
    names = [value for word in call.args if isinstance(value := _literal(word), str) and value.startswith("-")]
    if not names:
        return
    typed = max(names, key=len)  # --rate, not -r
    options = {word.arg: _literal(word.value) for word in call.keywords if word.arg}
    action = options.get("action")
    if action == "store_true" or options.get("is_flag") is True:
        if not options.get("default"):  # one that is on already cannot be ablated by typing it
            yield ScriptFlag(typed.partition("/")[0], default=False, switch=True)
    elif action in (None, "store"):
        choices = options.get("choices")
        default = options.get("default")
        kind = next((word.value for word in call.keywords if word.arg == "type"), None)
        if isinstance(kind, ast.Name) and kind.id == "float" and isinstance(default, int):
            default = float(default)
        yield ScriptFlag(typed, default, choices=tuple(choices) if isinstance(choices, (list, tuple)) else ())


def _literal(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except ValueError:
        return None
