"""A trial's board that outlives its folder: if that is removed or becomes read-only, all is written anew elsewhere."""

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from harness.records import disk_is_full, folder_identity, reason, require_own, require_same_folder
from harness.tensorboard.trial_writer import TrialWriter

Step = Callable[[TrialWriter, Path], Any]


class FailoverWriter:
    """Writes an attempt's files to a folder, or, once that cannot be written, to the fallback folder.

    Training goes on meanwhile: what it has computed is worth more than where it lies. A full disk is the exception
    and raises its OSError, since what is left of it must not be filled by a trial that cannot end well.
    """

    def __init__(self, folder: Path, *, fallback: Path | None, home: Path, identity: tuple[int, int] | None = None) -> None:
        """Begin in `folder`, which lies in the study's folder `home`; a worker never makes that one.

        identity: home's when the run began; without one, its present one.
        """
        self.folder = folder
        self.moved = ""  # why the folder was left
        self.seconds = 0.0  # that writing has taken
        self._fallback = fallback
        self._home, self._identity = home, identity or folder_identity(home)
        self._steps: list[Step] = []  # all that was written, to write it again
        self._board: TrialWriter | None = None

    def __enter__(self) -> "FailoverWriter":
        self.write(lambda board, folder: None)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._board is None:
            return
        if kind is None:
            self.write(lambda board, folder: board.close())
        else:
            self._board.__exit__(kind, error, trace)

    def text(self, *args: Any, **options: Any) -> None:
        """As TrialWriter's, and so the three below."""
        self.write(lambda board, _: board.text(*args, **options))

    def graph(self, *args: Any, **options: Any) -> None:
        """Write a model's graph."""
        self.write(lambda board, _: board.graph(*args, **options))

    def epoch(self, *args: Any, **options: Any) -> None:
        """Write one epoch's values."""
        self.write(lambda board, _: board.epoch(*args, **options))

    def add(self, *summaries: Any, **options: Any) -> None:
        """Write pictures, histograms or PR curves."""
        self.write(lambda board, _: board.add(*summaries, **options))

    def write(self, step: Step) -> None:
        """Write something to the board or into its folder, and remember it; OSError as the class says."""
        self._steps.append(step)
        begun = time.perf_counter()
        try:
            self._require_home()
            if self._board is None:
                self._board = TrialWriter(self.folder)
            step(self._board, self.folder)
        except OSError as error:
            if disk_is_full(error) or isinstance(error, FileExistsError) or self.moved or self._fallback is None:
                raise
            self._move(error, self._fallback)
        except Exception:
            self._steps.pop()  # what cannot be written here cannot be written elsewhere
            raise
        finally:
            self.seconds += time.perf_counter() - begun

    def _require_home(self) -> None:
        # A board makes the folders that it needs: one that was removed must not come back half empty, and one that
        # took its place is somebody else's.
        if self.moved:
            return
        if self._identity is None:
            raise FileNotFoundError(2, "The study's folder is gone", str(self._home))
        require_same_folder(self._home, self._identity)
        require_own(self.folder, root=self._home.parent)

    def _move(self, error: OSError, folder: Path) -> None:
        if self._board is not None:
            with suppress(OSError):
                self._board.close()
        self.moved, self.folder = reason(error), folder
        self._board = TrialWriter(self.folder)
        for step in self._steps:
            step(self._board, self.folder)
