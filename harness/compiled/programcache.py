"""Compiled programs kept for the next trial that needs the same one."""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any
from weakref import ref

import keras

from harness.compiled.programs import CompiledProgram

KEPT_PROGRAMS = 8


@dataclass(slots=True)
class Kept:
    """A compiled program, why it has its form, and who uses it now."""

    program: CompiledProgram
    reason: str
    user: ref[Any] | None = None

    @property
    def free(self) -> bool:
        """Whether nobody trains or predicts with its model any more."""
        return self.user is None or self.user() is None


_kept: OrderedDict[Hashable, Kept] = OrderedDict()


def find(key: Hashable | None) -> Kept | None:
    """Return the kept program of this key, if there is one that nobody uses."""
    if key is None or key not in _kept or not _kept[key].free:
        return None
    _kept.move_to_end(key)
    return _kept[key]


def keep(key: Hashable | None, kept: Kept) -> None:
    """Keep a program for later; a key of None says that it cannot be shared."""
    if key is None:
        return
    _kept[key] = kept
    _kept.move_to_end(key)
    if len(_kept) > KEPT_PROGRAMS:
        _kept.popitem(last=False)


def adopt(kept: keras.Model, fresh: keras.Model) -> None:
    """Give a kept model all that the fresh one starts with: weights, seeds, optimizer state, learning rate."""
    for mine, theirs in ((kept.variables, fresh.variables), (kept.optimizer.variables, fresh.optimizer.variables)):
        for variable, value in zip(mine, theirs, strict=True):
            variable.assign(value)


def forget() -> None:
    """Keep no program any longer."""
    _kept.clear()
