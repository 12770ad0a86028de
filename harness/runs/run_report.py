"""A driver's account of its run, beside the study's records, and its ear for what is asked of the run from elsewhere.

What it writes is a courtesy: a disk that does not take it ends nothing.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from harness.errors import UsageError
from harness.records import INTERRUPTED, Record, require_own, write_atomically
from harness.runs.execution import Watcher
from harness.runs.executors.protocol import Progress, StopRequest
from harness.runs.plan import Plan
from harness.runs.run_state import (
    ENDED,
    HEARTBEAT_SECONDS,
    STATE_FILE,
    STATUS_SUFFIX,
    STOP_FILE,
    TRAINING,
    Driver,
    RunningTrial,
    RunState,
    encoded,
    run_folder,
)

WRITE_SECONDS = 1.0  # while something happens, the state is written this often at the most
LOOK_SECONDS = 0.2
MOST_LOGS = 5  # of earlier runs, kept in a study's folder


class Watchers:
    """Several who follow a run, each told of everything."""

    def __init__(self, *watchers: Watcher) -> None:
        self._watchers = watchers

    def epoch(self, epoch: Progress) -> None:
        """Tell all of a running trial's newest epoch."""
        for watcher in self._watchers:
            watcher.epoch(epoch)

    def ended(self, record: Record) -> None:
        """Tell all that a trial has ended, and how."""
        for watcher in self._watchers:
            watcher.ended(record)

    def notice(self, text: str) -> None:
        """Tell all of something out of the ordinary."""
        for watcher in self._watchers:
            watcher.notice(text)


class RunReport:
    """Writes a run's state, and hears what `cancel` asks of it; a watcher of the run."""

    def __init__(self, folder: Path, state: RunState) -> None:
        """Begin; folder: the study's, whose lock is held."""
        self._folder, self._state = folder, state
        self._running: dict[tuple[str, int], RunningTrial] = {}
        self._epochs: Callable[[str], int] = lambda variant: 0
        self._seconds_left: Callable[[], float | None] = lambda: None
        self._written = self._looked = 0.0
        self._changed = False
        self._wanted = StopRequest.NONE
        with suppress(OSError):
            place = run_folder(folder)
            require_own(place, root=folder.parent)
            place.mkdir(exist_ok=True)
            (place / STOP_FILE).unlink(missing_ok=True)  # of an earlier run
            forget_old_logs(place, keep=state.log)
        self._write()

    def training(self, plan: Plan, *, seconds_left: Callable[[], float | None]) -> None:
        """Say that the plan's trials begin. seconds_left: about how long they still take, asked as they go."""
        self._epochs, self._seconds_left = lambda variant: plan.epochs(variant) or 0, seconds_left
        phase = TRAINING if plan.trials else self._state.phase  # with nothing to train, it is as good as over
        # What ended in an earlier look of this run is among the recorded ones now.
        self._state = replace(self._state, phase=phase, trials=len(plan.trials), recorded=len(plan.cached), ended=0)
        self._write()

    def epoch(self, epoch: Progress) -> None:
        """Hear of a running trial's newest epoch."""
        if not epoch.begun:
            return
        told = RunningTrial(epoch.variant, epoch.seed, epoch.epoch, self._epochs(epoch.variant), epoch.doing)
        self._running[epoch.variant, epoch.seed] = told
        self._changed = True

    def ended(self, record: Record) -> None:
        """Hear that a trial has ended, and how."""
        self._running.pop((record.variant, record.seed), None)
        failed = not record.as_expected and record.status != INTERRUPTED
        self._state = replace(
            self._state, ended=self._state.ended + (record.status != INTERRUPTED), failed=self._state.failed + failed
        )
        self._changed = True

    def notice(self, text: str) -> None:
        """Hear of something out of the ordinary."""

    def stop_request(self) -> StopRequest:
        """Return what is asked of this run from elsewhere; in passing, write what has changed."""
        now = time.monotonic()
        if now - self._written > (WRITE_SECONDS if self._changed else HEARTBEAT_SECONDS):
            self._write()
        if now - self._looked > LOOK_SECONDS:
            self._looked = now
            self._wanted = max(self._wanted, asked(self._folder, self._state))
        return self._wanted

    def end(self, status: int) -> None:
        """Say that the run has ended, with which exit status."""
        self._running.clear()
        self._state = replace(self._state, phase=ENDED, status=status, seconds_left=None)
        self._write()

    def _write(self) -> None:
        self._written, self._changed = time.monotonic(), False
        left = self._seconds_left() if self._state.phase == TRAINING else None
        self._state = replace(self._state, running=tuple(self._running.values()), seconds_left=left, heard=time.time())
        with suppress(OSError):
            place = run_folder(self._folder)
            require_own(place, root=self._folder.parent)
            if self._folder.is_dir():  # a folder that was removed does not come back for this
                write_atomically(place / STATE_FILE, encoded(self._state))


@contextmanager
def reported(folder: Path, *, executor: str, log: str = "", later: Sequence[str] = ()) -> Iterator[RunReport]:
    """Report a run for as long as it goes; one that ends by an error has that one's exit status.

    log: the file with what a detached run prints. later: the studies that come after this one.
    """
    state = RunState(
        study=folder.name,
        driver=Driver.this(),
        began=time.time(),
        executor=executor,
        log=log,
        later=tuple(later),
    )
    report = RunReport(folder, state)
    try:
        yield report
    except UsageError:
        report.end(2)
        raise
    except KeyboardInterrupt:
        report.end(130)
        raise
    except BaseException:
        report.end(1)
        raise


def asked(folder: Path, state: RunState) -> StopRequest:
    """Return what somebody has asked of the run of this state, and of no other one."""
    try:
        wanted, _, run = (run_folder(folder) / STOP_FILE).read_text(errors="replace").partition(" ")
        return StopRequest[wanted] if run == state.run else StopRequest.NONE
    except (OSError, KeyError):
        return StopRequest.NONE


def ask(folder: Path, state: RunState, wanted: StopRequest) -> None:
    """Ask the run of this state to stop; OSError if its folder cannot be written."""
    require_own(run_folder(folder), root=folder.parent)
    write_atomically(run_folder(folder) / STOP_FILE, f"{wanted.name} {state.run}")


def forget_old_logs(place: Path, *, keep: str) -> None:
    """Remove what earlier detached runs printed, but for the newest."""
    logs = sorted(place.glob("*.log"), key=lambda path: path.name)
    for path in logs[:-MOST_LOGS]:
        if str(path) != keep:
            path.unlink(missing_ok=True)
            path.with_suffix(STATUS_SUFFIX).unlink(missing_ok=True)
