"""Fresh processes: run one and time it, and watch the memory of it and of all below it."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
WATCH_SECONDS = 0.1
GRACE_SECONDS = 15.0
KILOBYTES_PER_MEGABYTE = 1024


class Failed(RuntimeError):
    """A measured process did not do what was to be measured; the text says which and why."""


@dataclass(frozen=True, slots=True)
class Run:
    """A finished process: when it started (seconds since the epoch) and how many seconds it took."""

    started: float
    seconds: float
    output: str


def run_python(
    arguments: Sequence[str],
    *,
    folder: Path,
    environment: Mapping[str, str] | None = None,
    watch: "Memory | None" = None,
) -> Run:
    """Run this Python with arguments in a folder until it ends; Failed with its last line if it does not end well."""
    started, clock = time.time(), time.perf_counter()
    with (folder / "output.txt").open("w+") as output:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=folder,
            env=_environment(environment),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            if watch:
                watch.start(process.pid)
            status = process.wait()
        except KeyboardInterrupt:
            _end(process)
            raise
        finally:
            if watch:
                watch.stop()
        seconds = time.perf_counter() - clock
        output.seek(0)
        text = output.read()
    if status:
        last = (text.strip().splitlines() or ["no output"])[-1]
        raise Failed(f"{' '.join(arguments)} ended with status {status}: {last}")
    return Run(started, seconds, text)


def _end(process: subprocess.Popen[bytes]) -> None:
    # Ctrl-C reached it too; it is given time to end its own workers.
    try:
        process.wait(timeout=GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()


def _environment(changes: Mapping[str, str] | None) -> dict[str, str]:
    found = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "2", "KERAS_BACKEND": "tensorflow"} | dict(changes or {})
    found["PYTHONPATH"] = str(PROJECT)  # this checkout's harness, whichever one is installed
    if data := found.get("HARNESS_DATA_DIR"):
        found["HARNESS_DATA_DIR"] = os.path.abspath(data)  # the process runs in a folder of its own
    return found


class Memory:
    """The peak memory of a process and of all below it, in megabytes, read from Linux' /proc while they run.

    peak_of_one: the largest resident memory (VmHWM) that a process below the first one reached.
    peak_of_all: the largest sum at one moment, pages that several share counted once (proportional set size).
    """

    def __init__(self) -> None:
        self.peak_of_one = 0.0
        self.peak_of_all = 0.0
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, root: int) -> None:
        """Watch a process from now on."""
        self._thread = threading.Thread(target=self._watch, args=(root,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Watch no longer."""
        self._ended.set()
        if self._thread:
            self._thread.join()

    def _watch(self, root: int) -> None:
        while not self._ended.wait(WATCH_SECONDS):
            below = descendants(root)
            self.peak_of_one = max(self.peak_of_one, *(_megabytes(pid, "status", "VmHWM") for pid in below), 0.0)
            total = sum(_megabytes(pid, "smaps_rollup", "Pss") for pid in (root, *below))
            self.peak_of_all = max(self.peak_of_all, total)


def descendants(root: int) -> list[int]:
    """Return the processes below one, itself not included."""
    children: dict[int, list[int]] = {}
    for path in Path("/proc").iterdir():
        if path.name.isdigit() and (parent := _parent(path)) is not None:
            children.setdefault(parent, []).append(int(path.name))
    found, waiting = [], [root]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


def _parent(process: Path) -> int | None:
    try:
        # The name in the second field may itself hold spaces and parentheses.
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return None


def _megabytes(pid: int, file: str, field: str) -> float:
    try:
        lines = Path(f"/proc/{pid}/{file}").read_text().splitlines()
    except OSError:  # it has ended
        return 0.0
    sizes = (line.split()[1] for line in lines if line.startswith(f"{field}:"))
    return int(next(sizes, 0)) / KILOBYTES_PER_MEGABYTE
