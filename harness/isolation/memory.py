"""A process's memory: given back where it is free, and watched, as what is lost stays lost until the process ends."""

import ctypes
import gc
import re
from contextlib import suppress
from pathlib import Path

MOST_GROWTH = 1.5  # of what it held after its first trial


def give_back() -> None:
    """Let the system have what was freed: the C library would keep it until this process ends."""
    with suppress(AttributeError, OSError):  # no glibc
        ctypes.CDLL(None).malloc_trim(0)


def held_megabytes() -> float:
    """Return the memory that this process holds for itself, without the files that it maps; 0 where that is not told."""
    with suppress(OSError):
        found = re.search(r"^RssAnon:\s*(\d+) kB", Path("/proc/self/status").read_text(), re.MULTILINE)
        if found:
            return int(found[1]) / 1024
    return 0.0


class Growth:
    """How a process's memory grows from its first trial on."""

    def __init__(self) -> None:
        self._first = 0.0

    def too_much(self) -> list[str]:
        """Say that the memory has grown too much, if it has; to be asked after each trial."""
        give_back()
        held = held_megabytes()
        self._first = self._first or held
        if held > MOST_GROWTH * self._first:
            gc.collect()
            give_back()
            held = held_megabytes()
        return [f"memory, from {self._first:.0f} to {held:.0f} MB"] if held > MOST_GROWTH * self._first else []
