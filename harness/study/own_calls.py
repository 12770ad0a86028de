"""How a study's own functions are called: with the settings, and with the seed or the data where they ask for them."""

import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from harness.errors import UsageError

if TYPE_CHECKING:
    from harness.study.study import Study

# What each may be given, in this order; the last of a tuple only if it asks for it by this name.
OPTIONAL: Mapping[str, str] = {"build": "data", "arrays": "seed", "datasets": "seed"}


def takes(function: Callable[..., Any], name: str) -> bool:
    """Say whether a function asks for an argument by this name; one whose signature cannot be read does not."""
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return False
    return name in parameters and parameters[name].kind is not inspect.Parameter.POSITIONAL_ONLY


def call(function: Callable[..., Any], settings: Any, **offered: Any) -> Any:
    """Call a function of a study's own with its settings, and with what it asks for of what is offered."""
    return function(settings, **{name: value for name, value in offered.items() if takes(function, name)})


def written(name: str, function: Callable[..., Any]) -> str:
    """Return a function as it is called: arrays(settings), or arrays(settings, seed) where it asks for the seed."""
    more = OPTIONAL.get(name)
    return f"{name}(settings, {more})" if more and takes(function, more) else f"{name}(settings)"


def check_signature(who: str, name: str, function: Callable[..., Any]) -> None:
    """Raise UsageError for a function that asks for what it is never given: it would fail in every trial."""
    more = OPTIONAL[name]
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    needed = [one for one in parameters if one.kind in positional and one.default is inspect.Parameter.empty]
    unmeant = [one.name for one in needed[1:] if one.name != more or one.kind is inspect.Parameter.POSITIONAL_ONLY]
    if unmeant:
        received = f"{name}({', '.join(one.name for one in needed)})"
        raise UsageError(f"{who}: expected {name}(settings) or {name}(settings, {more}); received {received}.")


def check_functions(study: "Study") -> None:
    """Raise UsageError for functions of a study that cannot stand beside each other, or ask for what they are never given."""
    given = [call for call in study.own_functions if call.startswith(("arr", "datasets"))]
    if len(given) > 1:
        raise UsageError(f"Study {study.name!r} has both {given[0]} and {given[1]}; expected one.")
    if study.phases is not None and study.datasets is not None:
        raise UsageError(
            f"Study {study.name!r} has both phases(settings) and {study.arrays_from}; expected arrays(settings) for the "
            f"phases, or train(settings, trial), which trains a pipeline in as many phases as it likes."
        )
    if study.folds and (study.datasets or study.data_by_seed):
        raise UsageError(
            f"Study {study.name!r} has folds and {study.arrays_from}; expected arrays(settings), which gives all samples, "
            f"the same for each fold, or no folds and a split by the seed."
        )
    for name in OPTIONAL:
        if (function := getattr(study, name)) is not None:
            check_signature(f"Study {study.name!r}", name, function)
