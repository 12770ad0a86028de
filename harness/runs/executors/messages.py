"""What a worker tells its driver over its pipe: read as far as it has come, never waited for.

A worker may be stopped in the middle of a message. Who waited there for its rest could neither end it nor be ended.
"""

import os
import select
import struct
from dataclasses import dataclass

READY, RESULT, SPENT = b"r", b"=", b"x"  # able to take a job; what a job came to; not to be given a job any more
_HEAD = struct.Struct("!cQ")
_MOST_AT_ONCE = 2**20


@dataclass(frozen=True, slots=True)
class Message:
    """A whole message: its kind, and what it says."""

    kind: bytes
    data: bytes


def send(descriptor: int, kind: bytes, data: bytes = b"") -> None:
    """Write a message, however long that takes."""
    left = memoryview(_HEAD.pack(kind, len(data)) + data)
    while left:
        left = left[os.write(descriptor, left) :]


class Inbox:
    """The driver's end of a worker's pipe."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLIN)
        self._parts = bytearray()

    def receive(self) -> Message | None:
        """Return a message if all of it has come; EOFError or OSError if the pipe is closed."""
        if not self._fill(_HEAD.size):
            return None
        kind, size = _HEAD.unpack_from(self._parts)
        if not self._fill(_HEAD.size + size):
            return None
        data, self._parts = bytes(self._parts[_HEAD.size :]), bytearray()
        return Message(kind, data)

    def _fill(self, size: int) -> bool:
        """Read up to so many bytes, and no further; say whether they are there."""
        while len(self._parts) < size and self._poll.poll(0):
            part = os.read(self._descriptor, min(size - len(self._parts), _MOST_AT_ONCE))
            if not part:
                raise EOFError
            self._parts += part
        return len(self._parts) >= size
