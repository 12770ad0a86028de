"""What is known of a study's run by its folder alone: which process drives it, on which machine, and how far it is.

    STUDY/.run/state.json   the newest run, written by its driver as it goes
    STUDY/.run/stop         what somebody else asks of it: `harness cancel`
    STUDY/.run/*.log        what a run that has no terminal printed, and beside it its exit status

The driver holds the study's lock. Whether it is still there is told by that, then by its process, whose number alone says
nothing; of a driver on another machine by when it was last heard of.
"""

import getpass
import json
import os
import socket
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from harness.records import writer_of

RUN_FOLDER, STATE_FILE, STOP_FILE = ".run", "state.json", "stop"
STATUS_SUFFIX = ".status"
CHECKING, TRAINING, ENDED = "checking", "training", "ended"
HEARTBEAT_SECONDS = 5.0  # how often a driver writes, also where nothing has happened
SILENT_SECONDS = 90.0  # a driver on another machine that was not heard of for so long is taken to be gone
_LONGEST = 10**6  # bytes of a state


@dataclass(frozen=True, slots=True)
class Driver:
    """A process, told from another one that has its number."""

    host: str
    pid: int
    since: str  # which boot of the machine, and when in it the process began
    user: str

    @classmethod
    def this(cls) -> "Driver":
        """Return the one that runs here."""
        return cls(socket.gethostname(), os.getpid(), process_start(os.getpid()), user_name())

    @property
    def is_here(self) -> bool:
        """Whether it is a living process of this machine."""
        return self.host == socket.gethostname() and bool(self.since) and process_start(self.pid) == self.since


@dataclass(frozen=True, slots=True)
class RunningTrial:
    """A trial under way: the newest epoch that was measured, of how many (0: nobody knows), or what it does instead."""

    variant: str
    seed: int
    epoch: int = 0
    epochs: int = 0
    doing: str = ""


@dataclass(frozen=True, slots=True)
class RunState:
    """How far a study's run is. began, heard: seconds since 1970, by the driver's clock."""

    study: str
    driver: Driver
    began: float
    executor: str
    phase: str = CHECKING
    trials: int = 0  # to be trained
    recorded: int = 0  # before
    ended: int = 0
    failed: int = 0  # of those, not as expected
    running: tuple[RunningTrial, ...] = ()
    seconds_left: float | None = None
    log: str = ""  # the file with what a detached run prints
    later: tuple[str, ...] = ()  # studies that come after this one
    status: int | None = None  # the exit status of this study's run, once it has ended
    heard: float = 0.0

    @property
    def waiting(self) -> int:
        """How many trials have not begun."""
        return max(self.trials - self.ended - len(self.running), 0)

    @property
    def run(self) -> str:
        """What tells this run from every other one of the study."""
        return f"{self.driver.host}:{self.driver.pid}:{self.driver.since}:{self.began!r}"

    def is_alive(self, folder: Path) -> bool:
        """Say whether the run goes on; folder: the study's."""
        if self.phase == ENDED:
            return False
        # The lock reaches other machines on some shared file systems only: a free one says nothing.
        return self.driver_is_there or (self.driver.host != socket.gethostname() and bool(writer_of(folder)))

    @property
    def driver_is_there(self) -> bool:
        """Whether the driver lives, as far as this machine can tell."""
        if self.driver.host == socket.gethostname():
            return self.driver.is_here
        return time.time() - self.heard < SILENT_SECONDS


def run_folder(folder: Path) -> Path:
    """Return where a study's folder keeps what is known of its runs."""
    return folder / RUN_FOLDER


def read_state(folder: Path) -> RunState | None:
    """Return the newest run of a study's folder, None where none is known or its file is none of ours."""
    try:
        with open(run_folder(folder) / STATE_FILE, "rb") as file:
            values = json.loads(file.read(_LONGEST))
        return _decoded(values)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def encoded(state: RunState) -> str:
    """Return a state as its file holds it."""
    return json.dumps(asdict(state), indent=1)


def process_start(pid: int) -> str:
    """Return when a process of this machine began, in words that no other process of its number shares; empty: it is gone."""
    try:
        words = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except (OSError, ValueError):
        return _start_elsewhere(pid)
    return "" if words[0] in "ZX" else f"{boot}:{words[19]}"


def _start_elsewhere(pid: int) -> str:
    """Return the same where there is no /proc, as on macOS."""
    import psutil

    try:
        process = psutil.Process(pid)
        return "" if process.status() == psutil.STATUS_ZOMBIE else f"{process.create_time():.2f}"
    except psutil.Error:
        return ""


def user_name() -> str:
    """Return the user's name, or number where it has none."""
    with suppress(Exception):  # no entry in the machine's table of users: which error that is depends on Python's version
        return getpass.getuser()
    return str(os.getuid())


def _decoded(values: dict[str, Any]) -> RunState:
    driver = Driver(**{name: _as(kind, values["driver"][name]) for name, kind in _DRIVER.items()})
    running = tuple(
        RunningTrial(**{name: _as(kind, one[name]) for name, kind in _TRIAL.items()}) for one in values.get("running", ())
    )
    plain = {name: _as(kind, values[name]) for name, kind in _STATE.items() if name in values}
    left, status = values.get("seconds_left"), values.get("status")
    return RunState(
        **plain,
        driver=driver,
        running=running,
        later=tuple(map(str, values.get("later", ()))),
        seconds_left=None if left is None else _as(float, left),
        status=None if status is None else _as(int, status),
    )


def _as(kind: type, value: Any) -> Any:
    """Return a value of a kind; TypeError for another, as what is read here may be anybody's."""
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        raise TypeError(f"{value!r:.40} is no {kind.__name__}")
    return value


def _plain_fields(kind: type) -> dict[str, type]:
    return {field.name: field.type for field in fields(kind) if field.type in (str, int, float)}


_DRIVER, _TRIAL, _STATE = map(_plain_fields, (Driver, RunningTrial, RunState))
