"""Settings that note which of them are asked for."""

import os
from functools import cache
from typing import Any

from harness.study.settings import Settings, annotations

_watched: list[tuple[set[str], frozenset[str]]] = []  # what is watched at last: one trial is under way at a time


def _count_all_as_read() -> None:
    for read, names in _watched:
        read.update(names)


@cache
def _heed_forks() -> None:
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(before=_count_all_as_read)


def watch(settings: Settings, read: set[str], *, shown: bool = True) -> Settings:
    """Return settings like these, of a class that notes in `read` which of them are asked for.

    shown: whether to show them, as print does, is to ask for all of them. So it counts where this process is forked, as the
    other one may ask for any of them.
    """
    kind: Any = type(settings)
    names = frozenset(annotations(kind))
    held = getattr(settings, "__dict__", {})
    _heed_forks()
    _watched[:] = [(read, names)]

    def look(self: Settings, name: str) -> Any:
        if name in names:
            read.add(name)
        elif name in held or name in ("__dict__", "__reduce__", "__reduce_ex__", "__getstate__"):  # made of any of them
            read.update(names)
        return kind.__getattribute__(self, name)

    try:
        body: dict[str, Any] = {
            "__slots__": (),
            "__getattribute__": look,
            "__module__": kind.__module__,
            "__qualname__": kind.__qualname__,
        }
        if not shown:
            body["__repr__"] = lambda self: repr(settings)
        watched: Settings = object.__new__(type(kind)(kind.__name__, (kind,), body))
        for name in (*names, *held):
            object.__setattr__(watched, name, getattr(settings, name))
    except (TypeError, AttributeError):  # a class that cannot be extended
        read.update(names)
        return settings
    return watched
