"""What driver and workers tell each other beside their jobs: progress and errors one way, the wish to stop the other.

Progress goes as datagrams, which a killed worker can neither block nor tear.
"""

import json
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from functools import cache
from pathlib import Path

from harness.errors import UsageError
from harness.executors import Progress

LARGEST_MESSAGE = 65536
LONGEST_ADDRESS = 104  # bytes of a Unix socket's path, on the strictest system


class Channel:
    """The driver's end: a socket in a folder of its own."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            self.folder = Path(tempfile.mkdtemp(prefix="harness-"))
            self._socket.bind(_address(self.folder))
        except OSError as error:
            folder = tempfile.gettempdir()
            raise UsageError(f"Temporary folder {folder!r} cannot be used ({error}); set TMPDIR to another.") from None
        self._socket.setblocking(False)

    def received(self) -> Iterator[Progress]:
        """Yield what has arrived since the last call."""
        while True:
            try:
                message = self._socket.recv(LARGEST_MESSAGE)
            except BlockingIOError:
                return
            yield Progress(**json.loads(message))

    def fileno(self) -> int:
        """Return the socket's number, for waiting until something arrives."""
        return self._socket.fileno()

    def ask_to_stop(self) -> None:
        """Ask every worker to stop its trial at the end of the epoch."""
        with suppress(OSError):  # no space for it: the trials end at their end
            _stop_file(self.folder).touch()

    def close(self) -> None:
        """Remove the socket and its folder."""
        self._socket.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class Sender:
    """A worker's end. Progress is a courtesy: what cannot be delivered is dropped, the trial goes on."""

    def __init__(self, folder: Path) -> None:
        self._address = _address(folder)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)

    def send(self, progress: Progress) -> None:
        """Send one message, or drop it."""
        try:
            self._socket.sendto(json.dumps(asdict(progress)).encode(), self._address)
        except OSError:
            pass


def stop_asked(folder: Path) -> bool:
    """Say whether the driver asks for trials to stop."""
    return _stop_file(folder).exists()


def keep_errors(folder: Path) -> None:
    """Send what this process writes to standard error into a file: TensorFlow's notes would tear the display."""
    file = os.open(_error_file(folder, os.getpid()), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(file, 2)
    os.close(file)


def last_words(folder: Path, pid: int | None) -> str:
    """Return the last line that a worker wrote to standard error, if it says something of an error."""
    try:
        lines = _error_file(folder, pid or 0).read_text(errors="replace").splitlines()
    except OSError:
        return ""
    errors = [line for line in lines if line.startswith(("F", "terminate")) or line.partition(":")[0].endswith("Error")]
    return f" ({errors[-1][:200]})" if errors else ""


@cache
def _address(folder: Path) -> str:
    address = str(folder / "progress")
    if len(os.fsencode(address)) < LONGEST_ADDRESS or not Path("/proc/self/fd").exists():
        return address
    # A deep temporary folder: the system takes no longer address, but a short way to the same place.
    return f"/proc/self/fd/{os.open(folder, os.O_RDONLY | os.O_DIRECTORY)}/progress"


def _stop_file(folder: Path) -> Path:
    return folder / "stop"


def _error_file(folder: Path, pid: int) -> Path:
    return folder / f"worker-{pid}.err"
