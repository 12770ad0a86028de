"""A command that runs in a terminal of its own, and all that it writes there, with the times."""

import fcntl
import os
import pty
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

CHUNK = 65536  # bytes


@dataclass(frozen=True, slots=True)
class Size:
    """A terminal's, in characters."""

    columns: int
    rows: int


@dataclass(frozen=True, slots=True)
class Output:
    """What was written at one moment; seconds: since the command began."""

    seconds: float
    content: bytes


def capture(command: Sequence[str], *, folder: Path, size: Size, environment: Mapping[str, str]) -> tuple[list[Output], int]:
    """Run a command in a terminal of this size, and return what it wrote, with its exit status.

    environment: added to this process's own. The terminal understands colours.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", size.rows, size.columns, 0, 0))
    plain = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}
    terminal = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "PYTHONIOENCODING": "utf-8"}
    began = time.monotonic()
    process = subprocess.Popen(
        list(command), cwd=folder, env=plain | terminal | dict(environment),
        stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    written = []
    while content := _read(ours):
        written.append(Output(time.monotonic() - began, content))
    os.close(ours)
    return written, process.wait()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, CHUNK)
    except OSError:  # Linux says so when nobody has the other end open any more
        return b""
