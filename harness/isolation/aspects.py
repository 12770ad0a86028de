"""Parts of a process's state that can be read and written back: those of Python and of the system."""

import decimal
import gc
import locale
import logging
import multiprocessing
import os
import resource
import signal
import sys
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

_LIMITS = [getattr(resource, name) for name in dir(resource) if name.startswith("RLIMIT_")]
_PLAIN_LOGGER = (logging.NOTSET, False, True, ())


@dataclass(frozen=True, slots=True)
class Aspect:
    """One part of the state; what `read` returns is written back by `write`, and read again to see that it holds."""

    name: str
    read: Callable[[], Any]
    write: Callable[[Any], Any]
    traced: bool = False  # whether a compiled program may depend on it; its values then have a repr that tells them apart


def process_aspects() -> tuple[Aspect, ...]:
    """Return the aspects of Python and of the system; the working folder is held open, so that it is found when it moves."""
    folder = os.open(".", os.O_RDONLY | os.O_DIRECTORY)
    return (
        Aspect("environment", lambda: dict(os.environ), _set_environment),
        Aspect("working folder", lambda: _identity("."), lambda _: os.fchdir(folder)),
        Aspect("umask", _umask, os.umask),
        Aspect("output", lambda: (_identity(1), _identity(2), sys.stdout.closed, sys.stderr.closed), _OutputFiles()),
        Aspect("import paths", _import_paths, _set_import_paths),
        Aspect("recursion limit", sys.getrecursionlimit, sys.setrecursionlimit),
        Aspect("tracing", sys.gettrace, sys.settrace),
        Aspect("profiling", sys.getprofile, sys.setprofile),
        Aspect("garbage collection", lambda: (gc.isenabled(), gc.get_threshold(), gc.callbacks[:]), _set_collection),
        Aspect("signal handlers", _handlers, _set_handlers),
        Aspect("blocked signals", lambda: signal.pthread_sigmask(signal.SIG_BLOCK, ()), _set_blocked),
        Aspect("start of processes", _start_method, lambda name: multiprocessing.set_start_method(name, force=True)),
        Aspect("timer", lambda: signal.getitimer(signal.ITIMER_REAL)[0] > 0, lambda _: signal.setitimer(signal.ITIMER_REAL, 0)),
        Aspect("locale", lambda: locale.setlocale(locale.LC_ALL), lambda name: locale.setlocale(locale.LC_ALL, name)),
        Aspect("warning filters", lambda: list(warnings.filters), _set_filters),
        Aspect("loggers", _loggers, _set_loggers),
        Aspect("decimal context", lambda: repr(decimal.getcontext()), _DecimalContext()),
        Aspect("resource limits", lambda: [resource.getrlimit(limit) for limit in _LIMITS], _set_limits),
        Aspect("priority", lambda: os.getpriority(os.PRIO_PROCESS, 0), lambda value: os.setpriority(os.PRIO_PROCESS, 0, value)),
        Aspect("processor cores", _cores, _set_cores),
    )


def _identity(place: str | int) -> tuple[int, int] | None:
    """Say which file a path or a descriptor means, None where it is gone."""
    try:
        found = os.stat(place)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _set_environment(variables: Mapping[str, str]) -> None:
    for name in [name for name in os.environ if name not in variables]:
        del os.environ[name]
    os.environ.update(variables)


def _umask() -> int:
    mask = os.umask(0)  # it cannot be read without being set
    os.umask(mask)
    return mask


class _OutputFiles:
    """Lets the descriptors of standard output and standard error mean again what they meant when this was made."""

    def __init__(self) -> None:
        self._kept = [os.dup(1), os.dup(2)]

    def __call__(self, _: object) -> None:
        for descriptor, kept in enumerate(self._kept, start=1):
            os.dup2(kept, descriptor)


class _DecimalContext:
    """Puts back a copy of the context that held when this was made: a context itself can be changed."""

    def __init__(self) -> None:
        self._kept = decimal.getcontext().copy()

    def __call__(self, _: object) -> None:
        decimal.setcontext(self._kept.copy())


def _import_paths() -> list[list[Any]]:
    return [list(sys.path), list(sys.meta_path), list(sys.path_hooks), list(sys.argv)]


def _set_import_paths(lists: list[list[Any]]) -> None:
    sys.path[:], sys.meta_path[:], sys.path_hooks[:], sys.argv[:] = lists
    sys.path_importer_cache.clear()


def _set_collection(state: tuple[bool, tuple[int, int, int], list[Any]]) -> None:
    enabled, threshold, callbacks = state
    gc.enable() if enabled else gc.disable()
    gc.set_threshold(*threshold)
    gc.callbacks[:] = callbacks


def _handlers() -> dict[int, Any]:
    return {number: signal.getsignal(number) for number in signal.valid_signals()}


def _set_handlers(handlers: Mapping[int, Any]) -> None:
    for number, handler in handlers.items():
        if signal.getsignal(number) is not handler and handler is not None:  # None: it was not set by Python, and cannot be
            signal.signal(number, handler)


def _set_blocked(numbers: set[int]) -> None:
    signal.pthread_sigmask(signal.SIG_SETMASK, numbers)


def _start_method() -> str | None:
    """Return how processes are to start, None where nothing was said and the system's way is as good as said."""
    said = multiprocessing.get_start_method(allow_none=True)
    return None if said == multiprocessing.get_all_start_methods()[0] else said


def _set_filters(filters: list[Any]) -> None:
    warnings.filters[:] = filters  # type: ignore[index]
    warnings._filters_mutated()  # type: ignore[attr-defined]


def _loggers() -> dict[str, tuple[Any, ...]]:
    """Return the state of each logger that is not as a new one would be."""
    named = logging.root.manager.loggerDict
    loggers = {name: logger for name, logger in named.items() if isinstance(logger, logging.Logger)} | {"": logging.root}
    found = {
        name: (logger.level, logger.disabled, logger.propagate, tuple(logger.handlers)) for name, logger in loggers.items()
    }
    return {name: state for name, state in found.items() if state != _PLAIN_LOGGER} | {"/": (logging.root.manager.disable,)}


def _set_loggers(states: Mapping[str, tuple[Any, ...]]) -> None:
    logging.disable(states["/"][0])
    for name in [name for name in _loggers().keys() | states.keys() if name != "/"]:
        logger = logging.getLogger(name) if name else logging.root
        level, logger.disabled, logger.propagate, handlers = states.get(name, _PLAIN_LOGGER)
        logger.setLevel(level)
        logger.handlers[:] = handlers


def _set_limits(limits: list[tuple[int, int]]) -> None:
    for limit, values in zip(_LIMITS, limits, strict=True):
        if resource.getrlimit(limit) != values:
            resource.setrlimit(limit, values)


def _cores() -> set[int]:
    return os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()


def _set_cores(cores: set[int]) -> None:
    if cores:
        os.sched_setaffinity(0, cores)
