"""The source of a study's own functions with all that they use, so that a change of it is a change of the trial."""

import functools
import inspect
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

_PLAIN = (bool, int, float, complex, str, bytes, type(None))


def function_source(function: Callable[..., Any]) -> str:
    """Return a function's source, and that of what it uses of the user's own, in an order that never varies.

    Followed are functions, classes and plain constants of its module, of its closure and of its default values, and
    modules beside its file. What is installed is named by its version elsewhere. The text depends on no path, no
    address and no hash seed.
    """
    pieces: dict[str, str] = {}
    _collect(function, pieces, Path(getattr(_module(function), "__file__", None) or ".").parent)
    return "\n".join(f"{name}: {pieces[name]}" if name.startswith("=") else pieces[name] for name in sorted(pieces))


def _collect(thing: Any, pieces: dict[str, str], folder: Path) -> None:
    """Add a function or a class of the user's own, and what it uses, to the pieces."""
    if isinstance(thing, functools.partial):
        pieces[f"=partial {len(pieces)}"] = repr((_plain(thing.args), _plain(thing.keywords)))
        return _collect(thing.func, pieces, folder)
    if not (inspect.isroutine(thing) or inspect.isclass(thing)):  # an object that can be called
        pieces[f"=object {len(pieces)}"] = repr(_plain(getattr(thing, "__dict__", {})))
        return _collect(type(thing), pieces, folder)
    name = thing.__qualname__
    if name in pieces:
        return None
    pieces[name] = _source(thing)
    for used_name, used in _used(thing):
        if isinstance(used, ModuleType) and _beside(used, folder):
            pieces[f"={used.__name__}"] = Path(used.__file__).read_text(encoding="utf-8", errors="replace")
        elif (inspect.isfunction(used) or inspect.isclass(used)) and _is_own(used, thing, folder):
            _collect(used, pieces, folder)
        elif _is_plain(used):
            pieces[f"={name}.{used_name}"] = repr(_plain(used))
    return None


def _source(thing: Any) -> str:
    try:
        return inspect.getsource(thing)
    except (OSError, TypeError):  # no source file: its compiled code stands in
        code = getattr(thing, "__code__", None)
        return repr((code.co_code, code.co_names, _plain(code.co_consts))) if code else thing.__qualname__


def _used(thing: Any) -> Iterator[tuple[str, Any]]:
    """Yield the names and values that a function, or a class's methods, take from outside."""
    functions = [thing]
    if inspect.isclass(thing):
        functions = [value for value in vars(thing).values() if isinstance(value, FunctionType)]
        yield from ((base.__qualname__, base) for base in thing.__bases__)
    for function in functions:
        code = getattr(function, "__code__", None)
        if code is None:
            continue
        for name in sorted(_names(code) & function.__globals__.keys()):
            yield name, function.__globals__[name]
        for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=False):
            try:
                yield name, cell.cell_contents
            except ValueError:  # not assigned yet
                continue
        yield f"{function.__qualname__} defaults", (function.__defaults__ or (), function.__kwdefaults__ or {})


def _names(code: CodeType) -> set[str]:
    names = set(code.co_names)
    for constant in code.co_consts:
        if inspect.iscode(constant):
            names |= _names(constant)
    return names


def _module(thing: Any) -> ModuleType | None:
    return sys.modules.get(getattr(thing, "__module__", "") or "")


def _is_own(used: Any, user: Any, folder: Path) -> bool:
    if used.__module__ == user.__module__:
        return True
    module = _module(used)
    return module is not None and _beside(module, folder)


def _beside(module: ModuleType, folder: Path) -> bool:
    """Say whether a module lies in a study's folder or below, and so is the user's own; an environment there is not."""
    file = getattr(module, "__file__", None)
    if not file or module.__name__.partition(".")[0] == "harness":
        return False
    path = Path(file)
    installed = {"site-packages", "dist-packages"} & set(path.parts) or path.is_relative_to(sys.base_prefix)
    return path.is_relative_to(folder) and not installed and path.suffix == ".py"


def _is_plain(value: Any) -> bool:
    if isinstance(value, (tuple, list, set, frozenset)):
        return all(map(_is_plain, value))
    if isinstance(value, dict):
        return all(_is_plain(key) and _is_plain(part) for key, part in value.items())
    return isinstance(value, _PLAIN)


def _plain(value: Any) -> Any:
    """Return a value in a form whose repr is always the same; what is not plain is named by its type."""
    if isinstance(value, (set, frozenset)):
        return sorted(map(repr, map(_plain, value)))
    if isinstance(value, (tuple, list)):
        return [_plain(part) for part in value]
    if isinstance(value, dict):
        return {str(key): _plain(part) for key, part in value.items()}
    return value if isinstance(value, _PLAIN) else type(value).__qualname__
