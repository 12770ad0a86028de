"""How worker processes start: forked from a server that has TensorFlow loaded, or else spawned.

Loading TensorFlow takes seconds and hundreds of megabytes; one process does it for all workers, and for those that replace
another. It only loads: a fork after TensorFlow has run hangs, one before that is sound, as TensorFlow starts its threads
when it first runs. Spawned are workers on systems other than Linux (macOS' frameworks do not bear a fork), on machines with
GPUs, where something starts a thread of Python in every process, and where no server can be started.
"""

import math
import os
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext, SpawnContext
from pathlib import Path
from types import ModuleType
from typing import Any

from harness.runs.executors.machine import gpu_count
from harness.runs.executors.sweeping import MARKER_PREFIX

MARKER = "HARNESS_LOADING"  # names the file that is there until the server has loaded TensorFlow
LONGEST_LOAD = 120.0  # seconds; then workers are spawned
_OF_NO_MATTER = ("COLUMNS", "HARNESS_", "LINES", "OLDPWD", "PWD", "PYTEST_")  # variables that libraries do not read on import
_LIMITS = [getattr(resource, name) for name in dir(resource) if name.startswith("RLIMIT_")]


class _Server:
    """The server of this process, of which multiprocessing allows one."""

    def __init__(self) -> None:
        self._state: Any = None  # of this process when the server was started
        self._marker: Path | None = None
        self._since = math.inf
        self._usable = False

    def start(self) -> None:
        """Start it, unless there is one that began in the state in which this process is now."""
        if sys.platform != "linux" or gpu_count() or self._state == (state := _state()):
            return
        self._leave()
        self._state, self._since = state, time.monotonic()
        if _multiprocessing()._forkserver_pid is not None:  # the caller's own, in a notebook
            return
        try:
            descriptor, name = tempfile.mkstemp(prefix=MARKER_PREFIX)
            os.close(descriptor)
            self._marker = Path(name)
            forkserver.set_forkserver_preload(["harness.runs.executors.preloaded"])
            with held_for_starting(), _variables_of_server(self._marker):
                forkserver.ensure_running()
            self._usable = True
        except OSError:  # no space, or a temporary folder whose path is too long for a socket
            self._leave()

    def context(self) -> ForkServerContext | SpawnContext | None:
        """Return how a worker is to start now; None: the server is still loading, ask again."""
        self.start()
        if self._usable and self._has_ended():
            self._leave()
        if self._usable and self._marker and self._marker.exists():
            if time.monotonic() - self._since < LONGEST_LOAD:
                return None
            self._leave()
        return ForkServerContext() if self._usable else SpawnContext()

    def _has_ended(self) -> bool:
        """Say whether the server has died, leaving its status to multiprocessing."""
        pid = _multiprocessing()._forkserver_pid
        try:
            return pid is None or os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        except ChildProcessError:
            return True

    def _leave(self) -> None:
        """Let it end with the last of its workers; until this process's state changes, workers are spawned."""
        if self._marker:
            self._marker.unlink(missing_ok=True)
        server = _multiprocessing()
        if self._usable and server._forkserver_pid is not None:
            os.close(server._forkserver_alive_fd)
            Path(server._forkserver_address).unlink(missing_ok=True)
            server._forkserver_pid = server._forkserver_alive_fd = server._forkserver_address = None
        self._usable = False


SERVER = _Server()


def _multiprocessing() -> Any:
    return forkserver._forkserver


def _state() -> tuple[Any, ...]:
    """Return what of this process a worker takes over from the server instead, and cannot be told."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith(_OF_NO_MATTER)}
    mask = os.umask(0)  # it cannot be read without being set
    os.umask(mask)
    cores = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    return variables, list(sys.path), mask, cores, [resource.getrlimit(limit) for limit in _LIMITS]


@contextmanager
def _variables_of_server(marker: Path) -> Iterator[None]:
    """Let the server find what this process would find, and nothing else in the working folder."""
    paths = os.pathsep.join(path or str(Path.cwd()) for path in sys.path)
    changes = {MARKER: str(marker), "PYTHONPATH": paths, "PYTHONSAFEPATH": "1"}
    before = {name: os.environ.get(name) for name in changes}
    os.environ |= changes
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def held_for_starting() -> Iterator[None]:
    """Let processes that are started now take over no pending Ctrl-C and no script, and all order sets alike.

    What is blocked is inherited: Ctrl-C cannot hit a worker before it leads a group of its own. A script that calls
    harness.run would be run again by each process that imports it as its own. Classes that a set numbers must be numbered so
    in every process.
    """
    name = "PYTHONHASHSEED"
    hashes = os.environ.get(name)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    os.environ.setdefault(name, "0")
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main
        if hashes is None:
            del os.environ[name]
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
