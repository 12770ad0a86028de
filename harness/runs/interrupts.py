"""Ctrl-C and SIGTERM as wishes that a run hears between its steps, so that nothing is torn in the middle of one."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any

from harness.runs.executors.protocol import StopRequest

_AT_ONCE = (signal.SIGTERM, signal.SIGHUP)


class Interrupts:
    """While entered, SIGTERM and a closed terminal raise KeyboardInterrupt, as Ctrl-C does; `deferred` counts them.

    Counted, Ctrl-C once asks that the running trials stop at the end of their epoch; twice, or one of the others, that
    they stop at once. A third Ctrl-C raises KeyboardInterrupt all the same. Outside the main thread, which alone hears
    signals, nothing changes.
    """

    def __init__(self) -> None:
        self._count = 0
        self._deferring = False
        self._before: dict[int, Any] = {}

    @property
    def stop_request(self) -> StopRequest:
        """What the interruptions so far ask for."""
        return StopRequest(min(self._count, StopRequest.NOW))

    def ask(self, wanted: StopRequest) -> StopRequest:
        """Hear what is asked from elsewhere, in the place of so many interruptions; return what all of them ask for."""
        self._count = max(self._count, wanted)
        return self.stop_request

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Count interruptions instead of raising them, for as long as somebody asks for it."""
        self._deferring = True
        try:
            yield
        finally:
            self._deferring = False

    def __enter__(self) -> "Interrupts":
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, *_AT_ONCE):
                if signal.getsignal(number) is not signal.SIG_IGN:  # nohup, or a shell's background job
                    self._before[number] = signal.signal(number, self._heard)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()

    def _heard(self, number: int, frame: FrameType | None) -> None:
        self._count = max(self._count + 1, StopRequest.NOW) if number in _AT_ONCE else self._count + 1
        if not self._deferring or (number == signal.SIGINT and self._count > StopRequest.NOW):
            raise KeyboardInterrupt
