"""Which settings a function is seen to read in its source, where nothing else of it can read any."""

import ast
import inspect
import textwrap
from collections.abc import Callable
from functools import lru_cache
from types import FunctionType
from typing import TYPE_CHECKING, Any

from harness.errors import UsageError
from harness.study.own_calls import takes, written
from harness.study.settings import annotations, differences
from harness.study.variant import BASE, show_value

if TYPE_CHECKING:
    from harness.study.study import Study

# By which a function may come at its own names without saying them.
_UNSEEN = frozenset(("locals", "vars", "eval", "exec", "dir", "_getframe", "currentframe", "stack", "getcallargs"))


def check_reads(study: "Study", name: str) -> None:
    """Raise UsageError where a variant changes a setting that the study's train is seen never to read.

    Whatever passes the settings on, or hides what it reads in another way, is given the benefit of the doubt: its trial
    sees what was read.
    """
    if study.train is None or name == BASE:
        return
    read = visible_reads(study.train)
    known = annotations(type(study.base))
    if read is None or not read <= known.keys():  # a property may read any of them
        return
    read |= {"dataset"} if takes(study.train, "data") else set()
    control = study.control(name)
    settings = study.settings(name)
    for setting in differences(settings, study.settings(control)):
        if setting not in read:
            call = written("train", study.train)
            raise UsageError(
                f"Variant {name!r} of study {study.name!r} changes {setting}={show_value(getattr(settings, setting))}, and "
                f"{call} never reads settings.{setting}, so that it would train what {control!r} does; expected a function "
                f"that uses it."
            )


@lru_cache(maxsize=64)
def visible_reads(function: Callable[..., Any]) -> frozenset[str] | None:
    """Return the attributes of its first argument that a function reads; None where it may read others as well.

    It tells of a plain `def` alone whose first argument is never given on, named anew, or reached by another way.
    """
    try:
        (definition,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    except (OSError, TypeError, ValueError, SyntaxError):
        return None
    if not isinstance(function, FunctionType) or not isinstance(definition, ast.FunctionDef):
        return None
    arguments = [*definition.args.posonlyargs, *definition.args.args]
    if definition.decorator_list or definition.name != function.__code__.co_name or not arguments:
        return None
    return _reads(definition, arguments[0].arg)


def _reads(definition: ast.FunctionDef, argument: str) -> frozenset[str] | None:
    said = {
        id(node.value) for node in ast.walk(definition) if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)
    }
    docstring = definition.body[0].value if isinstance(definition.body[0], ast.Expr) else None
    for node in ast.walk(definition):
        if isinstance(node, ast.Name) and node.id == argument and id(node) not in said:
            return None
        if isinstance(node, ast.Constant) and node is not docstring and argument in str(node.value):  # as in a query's text
            return None
        if getattr(node, "id", getattr(node, "attr", "")) in _UNSEEN:
            return None
    return frozenset(
        node.attr
        for node in ast.walk(definition)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == argument
    )
