"""The source of a study's own functions with all that they use, so that a change of it is a change of the trial."""

import copy
import functools
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping, Set
from pathlib import Path, PurePath
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

from harness.errors import UsageError
from harness.study.code_text import names_of, source_of
from harness.study.own_modules import Modules, is_own
from harness.study.value_identity import PLAIN, contents_of, is_plain, parts_of, scalar_text

STUDY_MODULE = "harness_study_"  # how the names of modules begin that are studies' files
_DEEPEST = 3  # of sets within sets, whose members are told apart by all that they are
# Where the classes that studies use lay when trials were first given ids, which a move of them is not to change.
_FORMER_MODULES = {
    "harness.data.arrays": "harness.arrays",
    **{f"harness.study.{name}": f"harness.{name}" for name in ("claims", "expectations", "families", "metrics", "settings")},
    "harness.study.study": "harness.variants",
    "harness.study.variant": "harness.variants",
}


def function_source(function: Callable[..., Any]) -> str:
    """Return a function's source, and that of all it uses of the user's own, in an order that never varies.

    Followed are functions, classes, configuration objects and constants, wherever they are kept: in globals, closures,
    default values, attributes, containers; and modules, those imported inside a function too. A study's own file counts
    by what its functions use, any other file of the user's as a whole. What is installed counts by its version. The text
    depends on no path, no address, no hash seed and on nothing that happens to have been imported before.
    """
    walk = _Walk(_file_of(function))
    try:
        walk.text_of(function)
    except RecursionError:
        fault = "uses values that are nested too deeply to tell whether they have changed"
        raise UsageError(f"{_name(function)} {fault}; expected plainer ones.") from None
    modules = [f"module {name}: {content}" for name, content in sorted(walk.modules.contents.items())]
    return "\n".join([*walk.pieces, *modules, f"versions: {walk.modules.versions()}"])


def value_text(value: Any) -> str:
    """Return a value with all that it holds, in words that depend on no address and on no hash seed."""
    walk = _Walk(None)
    return "\n".join([walk.text_of(value), *walk.pieces])


class _Walk:
    """A walk through all that a function uses: each thing is described once, and named by its number after that."""

    def __init__(self, file: str | None) -> None:
        self._depth = 0  # in how many sets the thing lies that this walk begins with
        self._folder = str(Path(file).resolve().parent) if file else ""
        self.modules = Modules([self._folder] if file else [])
        self.pieces: list[str] = []
        self._numbers: dict[int, int] = {}
        self._kept: list[Any] = []  # so that no address is used twice
        self._attributes: set[tuple[str, str]] = set()

    def text_of(self, value: Any) -> str:
        """Return a value in words that change if what it does changes; what it uses is added to the pieces."""
        if type(value) in PLAIN:
            return repr(value)
        if type(value) is str:
            return repr(self._placeless(value))
        if isinstance(value, PurePath):
            return f"path {self._placeless(str(value))!r}"
        number = self._numbers.get(id(value))
        if number is not None:
            return f"<{number}>"
        number = self._numbers[id(value)] = len(self._kept)
        self._kept.append(value)
        text = self._described(value)
        self.pieces.append(f"<{number}> {text}")
        return f"<{number}>"

    def _described(self, value: Any) -> str:
        if isinstance(value, ModuleType):
            return self._module(value, frozenset())
        if isinstance(value, FunctionType):
            return self._function(value)
        if isinstance(value, MethodType):
            return f"method {self.text_of(value.__func__)} of {self.text_of(value.__self__)}"
        if isinstance(value, type):
            return self._class(value)
        if isinstance(value, BuiltinFunctionType):
            self.modules.add_installed(value.__module__ or "")
            owner = value.__self__
            bound = "" if owner is None or isinstance(owner, (ModuleType, type)) else f" of {self.text_of(owner)}"
            return f"builtin {value.__qualname__}{bound}"
        return self._object(value)

    def _function(self, function: FunctionType) -> str:
        code, space = function.__code__, function.__globals__
        own = _is_own_space(space)
        lines = [f"function {self._placeless(_name(function))}"]
        if own:
            self._add_module_of(space)
            self.modules.add_imports_of(code)
            names = names_of(code)
            lines += [source_of(code)]
            lines += [f"{name} = {self._used(space[name], names)}" for name in sorted(names & space.keys())]
        else:
            self.modules.add_installed(str(space.get("__name__", "")))
        # A function that an installed package has made, such as a decorator's, still holds the user's own.
        lines += [f"{name} = {self.text_of(held)}" for name, held in _held(function, own=own)]
        return "\n".join(lines)

    def _used(self, value: Any, names: frozenset[str]) -> str:
        return self._module(value, names) if isinstance(value, ModuleType) else self.text_of(value)

    def _module(self, module: ModuleType, names: frozenset[str]) -> str:
        """Return a module's name, having added its content and those of its things that have these names."""
        file = getattr(module, "__file__", None)
        if not is_own(file):
            if file or not hasattr(module, "__path__"):
                self.modules.add_installed(module.__name__)
                return f"module {module.__name__}"
        else:
            self._add_module_of(vars(module))
        lines = [f"module {self._placeless(module.__name__)}"]
        for name in sorted(names & vars(module).keys()):
            if (module.__name__, name) not in self._attributes:
                self._attributes.add((module.__name__, name))
                lines.append(f"{name} = {self._used(vars(module)[name], names)}")
        return " ".join(lines)

    def _class(self, kind: type) -> str:
        module = sys.modules.get(kind.__module__)
        if module is None or not _is_own_space(vars(module)):
            self.modules.add_installed(kind.__module__)
            return f"class {_FORMER_MODULES.get(kind.__module__, kind.__module__)}.{kind.__qualname__}"
        self._add_module_of(vars(module))
        lines = [f"class {self._placeless(kind.__qualname__)}", source_of(kind)]
        lines += [f"base {self.text_of(base)}" for base in kind.__bases__]
        if type(kind) is not type:
            lines.append(f"metaclass {self.text_of(type(kind))}")
        lines += [f"{name} = {self.text_of(value)}" for name, value in _members(kind)]
        return "\n".join(lines)

    def _object(self, value: Any) -> str:
        scalar = scalar_text(value)
        if scalar:
            return scalar
        kind = self.text_of(type(value))
        contents = contents_of(value)
        if isinstance(contents, Mapping):
            pairs = [f"{self.text_of(key)}: {self.text_of(part)}" for key, part in contents.items()]
            held = "{" + ", ".join(pairs) + "}"
        elif isinstance(contents, Set):
            held = "{" + ", ".join(self._sorted(contents)) + "}"
        elif contents is not None:
            held = "[" + ", ".join(map(self.text_of, contents)) + "]"
        else:
            held = ""
        module = sys.modules.get(type(value).__module__)
        own = module is not None and _is_own_space(vars(module))
        parts = [f"{name}={self.text_of(part)}" for name, part in parts_of(value, own=own)]
        return " ".join([kind, held, *parts, *([] if held or parts else [self._shown(value, own=own)])])

    def _sorted(self, values: Set[Any]) -> list[str]:
        """Describe a set's members in an order that follows from what they are, as no hash seed and no address decides it."""
        if all(map(is_plain, values)):
            return list(map(self.text_of, sorted(values, key=lambda value: (type(value).__qualname__, repr(value)))))
        if self._depth == _DEEPEST:  # sets that refer to each other might be looked into without end
            return sorted(f"{type(value).__qualname__} {_name(value)}" for value in values)
        for kind in sorted({type(value) for value in values}, key=self._text_alone):
            self.text_of(kind)  # once, and not in the walk of each member
        return list(map(self.text_of, sorted(values, key=self._text_alone)))

    def _text_alone(self, value: Any) -> str:
        """Return what a walk would find that came to this value next, whose result this one does not keep."""
        walk = copy.copy(self)
        walk._depth += 1
        walk.pieces, walk._numbers = [], dict(self._numbers)
        walk._kept, walk._attributes = list(self._kept), set(self._attributes)
        return "\n".join([walk.text_of(value), *walk.pieces])

    def _shown(self, value: Any, *, own: bool) -> str:
        """Return how a value of an installed type shows itself, if that tells more than where it lies."""
        kind: Any = type(value)
        if own or kind.__repr__ is object.__repr__:
            return ""
        shown = repr(value)
        return "" if " at 0x" in shown else self._placeless(shown)

    def _add_module_of(self, space: Mapping[str, Any]) -> None:
        name, file = str(space.get("__name__", "")), space.get("__file__")
        if is_own(file) and not name.startswith(STUDY_MODULE):
            self.modules.add_file(name, file)

    def _placeless(self, text: str) -> str:
        """Return a text without the folder that the study lies in, and without the name that its module has for it."""
        if len(self._folder) > 1:
            text = text.replace(self._folder, ".")
        if STUDY_MODULE in text:
            for name in [name for name in sys.modules if name.startswith(STUDY_MODULE)]:
                text = text.replace(name, "study")
        return text


def _held(function: FunctionType, *, own: bool) -> Iterator[tuple[str, Any]]:
    """Yield what a function holds by itself: the values of its closure, its defaults, and its attributes."""
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            value = cell.cell_contents
        except ValueError:  # not assigned yet
            continue
        if own or callable(value):
            yield f"closure {name}", value
    if own:
        yield from ((f"default {number}", value) for number, value in enumerate(function.__defaults__ or ()))
        yield from ((f"default {name}", value) for name, value in sorted((function.__kwdefaults__ or {}).items()))
        yield from ((f"attribute {name}", value) for name, value in sorted(vars(function).items()))
    elif "__wrapped__" in vars(function):
        yield "attribute __wrapped__", vars(function)["__wrapped__"]


def _members(kind: type) -> Iterator[tuple[str, Any]]:
    """Yield what a class holds that acts: methods, properties, attributes, the defaults of its fields."""
    for name, value in sorted(vars(kind).items()):
        if name == "__dataclass_fields__":
            own = [field for field in value.values() if field.name in vars(kind).get("__annotations__", ())]
            yield from ((f"{field.name} default", part) for field in own for part in (field.default, field.default_factory))
        elif isinstance(value, FunctionType):
            if not inspect.unwrap(value).__code__.co_filename.startswith("<"):  # dataclass made it from the fields
                yield name, value
        elif isinstance(value, (staticmethod, classmethod, property)) or not (
            name.startswith("__") or name == "_abc_impl" or inspect.isdatadescriptor(value)
        ):
            yield name, value


def _is_own_space(space: Mapping[str, Any]) -> bool:
    """Say whether the globals of a function, or of a class's module, are of the user's own; a console's have no file."""
    file = space.get("__file__")
    return is_own(file) if file else space.get("__name__") == "__main__" or str(space.get("__name__")).startswith(STUDY_MODULE)


def _file_of(thing: Any) -> str | None:
    """Return the file of the module that a function, a class or an object that can be called comes from."""
    while isinstance(thing, (functools.partial, MethodType)):
        thing = thing.func if isinstance(thing, functools.partial) else thing.__func__
    module = sys.modules.get(getattr(thing, "__module__", None) or "")
    return getattr(module, "__file__", None)


def _name(thing: Any) -> str:
    return str(getattr(thing, "__qualname__", type(thing).__qualname__))
