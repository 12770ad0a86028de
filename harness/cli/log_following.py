"""What a run prints into a file, as it grows."""

from pathlib import Path

from rich.console import Console
from rich.text import Text

from harness.errors import clean

LONGEST_LOG = 10**7  # bytes that are looked at, from the end


class Follower:
    """Reads a log from where it has read before; half a line waits for its rest."""

    def __init__(self, path: Path, *, last: int | None = None) -> None:
        """Begin at the beginning, or, of a log that is longer, with so many of its last lines."""
        self._path, self._at, self._rest = path, 0, b""
        self.before = 0  # lines that were passed over
        if last is not None:
            lines = self._read().splitlines(keepends=True)
            self.before = max(len(lines) - last, 0)
            self._rest = b"".join(lines[self.before :])

    def print_to(self, console: Console) -> None:
        """Print the whole lines that have come."""
        text = self._rest + self._read()
        whole, newline, self._rest = text.rpartition(b"\n")
        for line in whole.decode("utf-8", "replace").split("\n") if newline else ():
            console.print(Text(clean(line)), soft_wrap=True)

    def _read(self) -> bytes:
        try:
            with open(self._path, "rb") as file:
                size = file.seek(0, 2)
                self._at = max(self._at, size - LONGEST_LOG)
                file.seek(self._at)
                text = file.read()
        except OSError:  # gone with its study's folder
            return b""
        self._at += len(text)
        return text
