"""What a job leaves running: threads, and processes that it has started."""

import ctypes
import os
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path

ENDING_SECONDS = 1.0  # that a thread may take which is ending anyway
_PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans() -> None:
    """Let processes whose parents have ended become this one's children, where they are found (Linux)."""
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def children() -> set[int]:
    """Return the processes that this one has started or taken over; none where the system has no /proc."""
    found: set[int] = set()
    for path in Path("/proc/self/task").glob("*/children"):
        with suppress(OSError):
            found.update(map(int, path.read_text().split()))
    return found


def end_children(spared: set[int]) -> list[str]:
    """End every child but these, and what it has started; return those that are there still, as words."""
    for _ in range(100):  # each that ends may leave orphans, which then are children
        there = children() - spared
        if not there:
            _forget_servers()
            return []
        for child in there:
            with suppress(OSError):
                os.kill(child, signal.SIGKILL)
            with suppress(OSError):
                os.waitpid(child, 0)
    return [f"process {child}" for child in children() - spared]


def _forget_servers() -> None:
    """Let multiprocessing start its servers anew where they were ended: it waits for them, and finds no such children."""
    here = children()
    server = getattr(sys.modules.get("multiprocessing.forkserver"), "_forkserver", None)
    if server is not None and server._forkserver_pid is not None and server._forkserver_pid not in here:
        os.close(server._forkserver_alive_fd)
        server._forkserver_pid = server._forkserver_alive_fd = server._forkserver_address = None
    tracker = getattr(sys.modules.get("multiprocessing.resource_tracker"), "_resource_tracker", None)
    if tracker is not None and tracker._pid is not None and tracker._pid not in here:  # none: it is the driver's
        os.close(tracker._fd)
        tracker._pid = tracker._fd = None


def end_pool() -> None:
    """End the processes and threads that scikit-learn keeps for its next parallel call."""
    loky = sys.modules.get("joblib.externals.loky.reusable_executor")
    executor = getattr(loky, "_executor", None)
    if executor is not None:
        executor.shutdown(wait=True, kill_workers=True)


def threads_left(known: set[threading.Thread]) -> list[str]:
    """Return the threads that run beside the known ones, as words; one that is just ending is waited for."""
    left = []
    for thread in set(threading.enumerate()) - known:
        thread.join(ENDING_SECONDS)
        if thread.is_alive():
            left.append(f"thread {thread.name!r}")
    return left
