"""How a study's own functions are called: with the settings, and with the seed or the data where they ask for them."""

import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from harness.errors import UsageError

if TYPE_CHECKING:
    from harness.study.study import Study

# What each may be given, in this order; the last of a tuple only if it asks for it by this name.
OPTIONAL: Mapping[str, str] = {"build": "data", "arrays": "seed", "datasets": "seed", "train": "data"}
_ALWAYS = {"train": "settings, trial"}  # what each is given in any case, where that is not its settings alone


def takes(function: Callable[..., Any], name: str) -> bool:
    """Say whether a function asks for an argument by this name; one whose signature cannot be read does not."""
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return False
    return name in parameters and parameters[name].kind is not inspect.Parameter.POSITIONAL_ONLY


def call(function: Callable[..., Any], *given: Any, **offered: Any) -> Any:
    """Call a function of a study's own with its settings, and with what it asks for of what is offered."""
    return function(*given, **{name: value for name, value in offered.items() if takes(function, name)})


def written(name: str, function: Callable[..., Any]) -> str:
    """Return a function as it is called: arrays(settings), or arrays(settings, seed) where it asks for the seed."""
    more, always = OPTIONAL.get(name), _ALWAYS.get(name, "settings")
    return f"{name}({always}, {more})" if more and takes(function, more) else f"{name}({always})"


def check_signature(who: str, name: str, function: Callable[..., Any]) -> None:
    """Raise UsageError for a function that does not take what it is given, or asks for more: it would fail in every trial."""
    more, always = OPTIONAL[name], _ALWAYS.get(name, "settings")
    count = len(always.split())
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return
    parameters = list(signature.parameters.values())
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    needed = [one for one in parameters if one.kind in positional and one.default is inspect.Parameter.empty]
    unmeant = [one.name for one in needed[count:] if one.name != more or one.kind is inspect.Parameter.POSITIONAL_ONLY]
    if unmeant or not _can_take(signature, count):
        received = f"{name}({', '.join(one.name for one in needed)})"
        raise UsageError(f"{who}: expected {name}({always}) or {name}({always}, {more}); received {received}.")


def _can_take(signature: inspect.Signature, count: int) -> bool:
    try:
        signature.bind_partial(*[None] * count)
    except TypeError:
        return False
    return True


def check_functions(study: "Study") -> None:
    """Raise UsageError for functions of a study that cannot stand beside each other, or ask for what they are never given."""
    given = [call for call in study.own_functions if call.startswith(("arr", "datasets"))]
    if len(given) > 1:
        raise UsageError(f"Study {study.name!r} has both {given[0]} and {given[1]}; expected one.")
    if study.folds and (study.datasets or study.data_by_seed):
        raise UsageError(
            f"Study {study.name!r} has folds and {study.arrays_from}; expected arrays(settings), which gives all samples, "
            f"the same for each fold, or no folds and a split by the seed."
        )
    for name in OPTIONAL:
        if (function := getattr(study, name)) is not None:
            check_signature(f"Study {study.name!r}", name, function)
    if study.train is not None and takes(study.train, "data") and not isinstance(getattr(study.base, "dataset", None), str):
        raise UsageError(
            f"Study {study.name!r}: {written('train', study.train)} is given the dataset that the setting `dataset` names, and "
            f"its base has no such setting; expected base={{'dataset': 'mnist', ...}}, or train(settings, trial) without data."
        )
