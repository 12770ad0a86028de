"""Output that goes away, by a closed pipe, a lost terminal or a full disk: it decides nothing of what is trained."""

import codecs
import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO

_PLAINLY = "harness-plainly"
# Of a terminal that cannot show what tables, plots and texts are made of; one character each where columns must stay in line.
_PLAIN = {
    **dict(zip("●─░│┼◀▶•≈×–−✗", "o-.|+<>*~x--x", strict=True)),
    **dict(zip("“”‘’", "\"\"''", strict=True)),
    "±": "+-",
    "…": "...",
    "≤": "<=",
    "→": "->",
    "←": "<-",
}
_MOST_DIGITS = 4  # of the terminal's size


class LastingStream:
    """A text stream that writes to another one for as long as that takes it, and nowhere afterwards.

    fault: why something could not be written; empty where everything was, or where its reader had read enough, as
    `head` has. needed: whether what is written is all that the command is for.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.fault = ""
        self.needed = True

    def write(self, text: str) -> int:
        """Write a text, or drop it where it can no longer be written."""
        self._attempt(self._stream.write, text)
        return len(text)

    def flush(self) -> None:
        """Write out what is waiting, or drop it."""
        self._attempt(self._stream.flush)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def _attempt(self, action: Any, *words: str) -> None:
        try:
            action(*words)
        except OSError as error:
            self.fault = self.fault or ("" if error.errno == errno.EPIPE else error.strerror or type(error).__name__)
            lead_nowhere(self._stream)
        except ValueError:
            if not self._stream.closed:
                raise


def lead_nowhere(stream: TextIO) -> None:
    """Let a stream whose file is gone write to the null device: even what still waits in it is no error at the end."""
    with suppress(OSError, ValueError):  # a stream of a test, which is no file
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, stream.fileno())
        finally:
            os.close(nowhere)


@contextmanager
def lasting_output() -> Iterator[LastingStream]:
    """While entered, text on both standard streams that cannot be written is dropped, and raises nothing."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (LastingStream(stream) for stream in before)
    try:
        yield sys.stdout
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        sys.stdout, sys.stderr = before


def output_is_told_only() -> None:
    """Say that the command under way does its work whether or not anybody hears of it."""
    if isinstance(sys.stdout, LastingStream):
        sys.stdout.needed = False


def forget_odd_sizes() -> None:
    """Take sizes of the terminal that are none out of the environment, which rich and click would believe."""
    for name in ("COLUMNS", "LINES"):
        size = os.environ.get(name, "")
        if size and not (size.isascii() and size.isdecimal() and len(size) <= _MOST_DIGITS and int(size) > 0):
            del os.environ[name]


def plain_characters() -> str:
    """Return the name of an error handler that writes what an encoding lacks in plain characters, or by its number."""
    codecs.register_error(_PLAINLY, _plainly)
    return _PLAINLY


def _plainly(error: UnicodeError) -> tuple[str | bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    if all(character in _PLAIN for character in lacking):
        return "".join(map(_PLAIN.__getitem__, lacking)), error.end
    return codecs.backslashreplace_errors(error)


def open_standard_streams() -> None:
    """Open the null device in the place of standard streams that the caller has closed.

    The next file that is opened would take their numbers, and what is printed, here or by a worker, would go into it.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115
