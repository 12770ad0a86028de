"""What driver and workers tell each other beside their jobs: progress and errors one way, the request to stop the other.

Progress goes as datagrams, which a killed worker can neither block nor tear.
"""

import json
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from functools import cache
from pathlib import Path

from harness.errors import UsageError, clean
from harness.runs.executors.protocol import Progress
from harness.runs.executors.sweeping import HOST_FILE, PREFIX, SOCKET_NAME, sweep

LARGEST_MESSAGE = 65536
LONGEST_OUTPUT = 10**6  # bytes of one trial's
OUTPUT_FILE = "output.txt"  # in an attempt's folder
LONGEST_ADDRESS = 104  # bytes of a Unix socket's path, on the strictest system


class Channel:
    """The driver's end: a socket in a folder of its own."""

    def __init__(self) -> None:
        sweep()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            self.folder = Path(tempfile.mkdtemp(prefix=PREFIX))
            (self.folder / HOST_FILE).write_text(socket.gethostname())
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

    def forget_stop(self) -> None:
        """Let the trials of another run train: a request to stop is for the run that it came in."""
        _stop_file(self.folder).unlink(missing_ok=True)

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
        with suppress(OSError):
            self._socket.sendto(json.dumps(asdict(progress)).encode(), self._address)


def stop_asked(folder: Path) -> bool:
    """Say whether the driver asks for trials to stop."""
    return _stop_file(folder).exists()


def keep_output(folder: Path) -> None:
    """Send what this process writes to standard output and error into a file: it would tear the driver's display."""
    file = os.open(_output_file(folder, os.getpid()), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for descriptor in (1, 2):
        os.dup2(file, descriptor)
    os.close(file)
    # Line by line, and whatever the locale can hold: a job that hangs or dies shall have said what it said.
    sys.stdout = open(1, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115


def begin_output(folder: Path, pid: int) -> None:
    """Forget what a worker has written so far: what comes now is its next job's."""
    with suppress(OSError):
        os.truncate(_output_file(folder, pid), 0)


def store_output(folder: Path, pid: int, destination: Path) -> None:
    """Write what a worker has written in its job into a folder, if it is anything; of much, the end."""
    with suppress(OSError):  # a trial's output is a courtesy: no disk or folder for it, no harm
        with open(_output_file(folder, pid), "rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - LONGEST_OUTPUT))
            text = file.read()
        if text:
            target = os.open(destination / OUTPUT_FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666)
            with open(target, "wb") as file:
                file.write(text)


def last_words(folder: Path, pid: int | None) -> str:
    """Return the last line that a worker wrote, if it says something of an error."""
    try:
        lines = _output_file(folder, pid or 0).read_text(errors="replace").splitlines()
    except OSError:
        return ""
    errors = [line for line in lines if line.startswith(("F", "terminate")) or line.partition(":")[0].endswith("Error")]
    return f" ({clean(errors[-1])[:200]})" if errors else ""


@cache
def _address(folder: Path) -> str:
    address = str(folder / SOCKET_NAME)
    if len(os.fsencode(address)) < LONGEST_ADDRESS or not Path("/proc/self/fd").exists():
        return address
    # A deep temporary folder: the system takes no longer address, but a short way to the same place.
    return f"/proc/self/fd/{os.open(folder, os.O_RDONLY | os.O_DIRECTORY)}/{SOCKET_NAME}"


def _stop_file(folder: Path) -> Path:
    return folder / "stop"


def _output_file(folder: Path, pid: int) -> Path:
    return folder / f"worker-{pid}.out"
