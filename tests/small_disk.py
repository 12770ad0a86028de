"""A disk that can be filled: a small file system of its own where mounting is allowed, else a limit on files' sizes."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class SmallDisk:
    """A folder whose disk has little room, and how a process takes the rest of it from itself and its parent."""

    folder: Path
    mounted: bool

    @property
    def fill(self) -> str:
        """The shell command, to be run by a worker, after which worker and driver find the disk full."""
        if self.mounted:
            return f"cat /dev/zero > {self.folder}/filler || true"
        driver = "$(ps -o ppid= -p $PPID)"
        return f"prlimit --pid {driver} --fsize=0: && prlimit --pid $PPID --fsize=0:"

    def empty(self) -> None:
        """Make room again."""
        (self.folder / "filler").unlink(missing_ok=True)


@contextmanager
def mounted_disk(folder: Path, *, megabytes: int) -> Iterator[bool]:
    """Make a folder, on a disk of its own if that is allowed, and say whether it is."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", folder]
    mounted = subprocess.run(mount, capture_output=True).returncode == 0
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "-l", folder], check=True)
