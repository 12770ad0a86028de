"""Modules and classes whose attributes a job has set, taken away or replaced, and their attributes put back."""

import ctypes
import gc
import threading
from collections.abc import Iterable, Iterator
from functools import partial
from types import ModuleType
from typing import Any

_LIBRARIES = ("keras", "tensorflow", "numpy")  # of which compiled programs are made
_CONFIGURATION = "keras.src.backend.config"
_GENERATOR = ("tensorflow.python.ops.stateful_random_ops", "global_generator")  # a random state, which no program depends on
_VERSION = object.__basicsize__ + ctypes.sizeof(ctypes.c_ssize_t)  # where a dictionary of CPython has its version (PEP 509)
_CLASS_DICT = type.__dict__["__dict__"]  # not what a metaclass may say in its place

Owner = ModuleType | type


class _Missing:
    """Stands for an attribute that is not there."""


class Attributes:
    """The attributes of modules and of their classes as they are to be.

    They are some 200,000. Which of the 10,000 dictionaries that hold them was written to is seen by its version, in a
    millisecond; where dictionaries have none, all are compared.
    """

    def __init__(self) -> None:
        self._versioned = _have_versions()
        self._owners: list[Owner] = []
        self._present: list[dict[str, Any]] = []  # each owner's attributes as they are now
        self._former: list[dict[str, Any]] = []  # as they are to be
        self._versions: list[ctypes.c_uint64] = []  # of the present ones
        self._seen: list[int] = []  # their versions when they last were as they are to be
        self._known: set[int] = set()
        self._lock = threading.RLock()  # a job's threads import modules, too

    def __len__(self) -> int:
        return len(self._owners)

    def add(self, modules: Iterable[ModuleType]) -> None:
        """Hold modules, and the classes that they name, as they are now; those that are held already stay as they were."""
        with self._lock:
            for module in modules:
                owners: list[Owner] = [module, *classes_of(module)]
                for owner in owners:
                    if id(owner) not in self._known:
                        self._known.add(id(owner))
                        self._hold(owner)

    def unchanged(self, first: int) -> set[int]:
        """Return the numbers of the owners, from a first one on, that are as they are to be."""
        changed = {number for number in self._written() if number >= first and any(True for _ in self._changed(number))}
        return set(range(first, len(self))) - changed

    def accept(self, numbers: set[int]) -> None:
        """Hold these owners as they are now."""
        for number in numbers.intersection(self._written()):
            self._hold_present(number)

    def _hold(self, owner: Owner) -> None:
        present = _attributes(owner)
        self._owners.append(owner)
        self._present.append(present)
        self._former.append(dict(present))
        self._versions.append(_version(present))
        self._seen.append(self._versions[-1].value)

    def changes(self) -> Iterator[tuple[Owner, str, Any]]:
        """Yield each attribute that is not what it is to be: its owner, its name, and its former value, or _Missing."""
        for number in self._written():
            yield from self._changed(number)

    def put_back(self) -> list[str]:
        """Put back what was changed; return the attributes for which that was not possible, as words."""
        left = []
        for number in self._written():
            owner = self._owners[number]
            for _, name, old in list(self._changed(number)):
                try:
                    delattr(owner, name) if old is _Missing else setattr(owner, name, old)
                except (AttributeError, TypeError):
                    continue
            left += [f"{described(owner)}.{name}" for _, name, _ in self._changed(number)]
            self._hold_present(number)  # the usual changes are no changes any more
        return left

    def _hold_present(self, number: int) -> None:
        self._former[number] = dict(self._present[number])
        self._seen[number] = self._versions[number].value

    def libraries_changed(self) -> bool:
        """Whether a job has patched something of which compiled programs are made; Keras' configuration is read apart."""
        changed = {(described(owner), name) for owner, name, _ in self.changes()} - {_GENERATOR}
        owners = {owner for owner, _ in changed} - {_CONFIGURATION}
        return any(owner.partition(".")[0] in _LIBRARIES for owner in owners)

    def _written(self) -> list[int]:
        """Return the numbers of the owners whose attributes may be others than they are to be."""
        if not self._versioned:
            return list(range(len(self._owners)))
        with self._lock:
            pairs = zip(self._versions, self._seen, strict=True)
            return [number for number, (version, seen) in enumerate(pairs) if version.value != seen]

    def _changed(self, number: int) -> Iterator[tuple[Owner, str, Any]]:
        owner, former, present = self._owners[number], self._former[number], self._present[number]
        usual = _usual_in_module if isinstance(owner, ModuleType) else partial(_usual_in_class, owner)
        for name in present.keys() | former.keys():
            old, new = former.get(name, _Missing), present.get(name, _Missing)
            if old is not new and not usual(name, old, new):
                yield owner, name, old


def _attributes(owner: Owner) -> dict[str, Any]:
    """Return the dictionary itself that holds a module's or a class's attributes, of which a class shows a proxy only."""
    if isinstance(owner, ModuleType):
        return vars(owner)
    return next(part for part in gc.get_referents(_CLASS_DICT.__get__(owner)) if isinstance(part, dict))


def _version(attributes: dict[str, Any]) -> ctypes.c_uint64:
    return ctypes.c_uint64.from_address(id(attributes) + _VERSION)


def _have_versions() -> bool:
    """Say whether a dictionary's version is where it is expected, and changes when it is written to and at no other time."""
    for owner in (ModuleType("probe"), type("Probe", (), {})):
        attributes = _attributes(owner)
        for write in (partial(setattr, owner, "a", 1), partial(setattr, owner, "a", 2), partial(delattr, owner, "a")):
            before = _version(attributes).value
            getattr(owner, "a", None)
            if _version(attributes).value != before:
                return False
            write()
            if _version(attributes).value == before:
                return False
    return True


def classes_of(module: ModuleType) -> list[type]:
    """Return the classes that a module names; not what only says that it is one, as a proxy does."""
    return [value for value in list(vars(module).values()) if issubclass(type(value), type)]


def described(owner: Owner) -> str:
    """Return the name of a module, or of a class behind that of its module."""
    return owner.__name__ if isinstance(owner, ModuleType) else f"{owner.__module__}.{owner.__qualname__}"


def _usual_in_module(name: str, old: Any, new: Any) -> bool:
    """Say whether libraries change a module's attribute like that as they go: by imports, by counting, by a first use."""
    same = old is _Missing or (isinstance(old, ModuleType) and old.__name__ == getattr(new, "__name__", ""))
    unset = old is None and name != _GENERATOR[1]
    return (same and isinstance(new, ModuleType)) or unset or (type(old) is int and type(new) is int)


def _usual_in_class(owner: type, name: str, old: Any, new: Any) -> bool:
    """Say whether a class's new attribute means nothing: Python makes it when it is asked for, or it is the inherited one."""
    if old is not _Missing:
        return False
    inherited = next((vars(base)[name] for base in owner.__mro__[1:] if name in vars(base)), _Missing)
    number = type(new) is int and "DESCRIPTOR" in vars(owner)  # a protocol buffer's, kept where it was asked for
    return number or name in ("__annotations__", "__slotnames__") or new is inherited
