"""The epochs of a script while it runs, read of its files as they grow; what these hold at its end is the truth."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.study import Command
from harness.tensorboard import event_files
from harness.training.command_metrics import WHO, Measured, read_metrics
from harness.training.context import TrialContext
from harness.training.own_epochs import Diverged, OwnEpochs

LOOK_SECONDS = 1.0  # from one look to the next
SHARE = 10  # of that time a look may take one part: the files of a long training are read the less often

Row = tuple[int, Mapping[str, Any]]


class LiveCurves:
    """Shows the epochs that a script has finished while it goes on; the newest one it may be writing still.

    What cannot be read is not there yet, or half written; at the script's end it is an error.
    """

    def __init__(self, context: TrialContext, command: Command, *, folder: Path) -> None:
        """folder: the trial's own, in which the script leaves its files."""
        self._context, self._command, self._folder = context, command, folder
        self._epochs = OwnEpochs(context, who=WHO)
        self._told: list[Row] = []
        self._ended = command.kind == "last_lines"  # the output's last lines tell of its end alone
        self._due = 0.0
        self._seen: Any = None  # when the files were written last

    def look(self) -> None:
        """Show what is new, if it is time to look again; OSError where it cannot be shown."""
        began = time.monotonic()
        if self._ended or began < self._due:
            return
        stamp = self._stamp()
        if stamp and stamp != self._seen:
            self._seen = stamp
            self._tell()
        self._due = time.monotonic() + max(LOOK_SECONDS, SHARE * (time.monotonic() - began))

    def end(self, measured: Measured) -> None:
        """Keep what the script has left, shown already or not; where it says something else now, that alone counts."""
        context, told = self._context, len(self._told)
        if not _same(measured.epochs[:told], self._told):
            context.board.write(lambda board, _: board.drop_curves())
            context.progress.history.clear()
            context.progress.diverged = False
            context.progress.provenance["curves_rewritten"] = "the script's files said something else at its end than before"
            self._epochs, told = OwnEpochs(context, who=WHO), 0
        if not context.progress.diverged:
            self._add(measured.epochs[told:])
        self._epochs.end(measured.final)

    def _tell(self) -> None:
        try:
            measured = read_metrics(self._command, self._context.study.metric, folder=self._folder, lines=())
        except Exception:  # of another program's file, just now: whatever is wrong may be right the next time
            return
        whole = list(measured.epochs[:-1])
        # Whose steps are the epochs of event files is known once there is the study's metric.
        named = self._command.kind != "events" or all(self._context.study.metric.column in values for _, values in whole)
        if not named or not _same(whole[: len(self._told)], self._told):
            return
        try:
            self._add(whole[len(self._told) :])
        except UsageError:  # said at the script's end, which may be sound
            self._ended = True

    def _add(self, rows: Sequence[Row]) -> None:
        for row in rows:
            try:
                self._epochs.add(*row, seconds=float("nan"))
            except Diverged:  # behind it, nothing is shown
                self._ended = True
                return
            finally:
                if self._epochs.last == row[0]:  # else it is wrong, and was not taken
                    self._told.append(row)

    def _stamp(self) -> Any:
        """Return what differs once something was written; empty while nothing was."""
        name = self._command.json or self._command.csv
        paths = [self._folder / name] if name else sorted(event_files(self._folder, recursive=True))
        try:
            return [(str(path), status.st_mtime_ns, status.st_size) for path in paths for status in [path.stat()]]
        except OSError:
            return []


def _same(rows: Sequence[Row], others: Sequence[Row]) -> bool:
    """Say whether two readings are of the same values; NaN is itself."""
    return [(number, repr(sorted(values.items()))) for number, values in rows] == [
        (number, repr(sorted(values.items()))) for number, values in others
    ]
