"""A trial's files brought home from another machine: event files as they grow, checkpoints as they come, others at its end."""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from harness.records import attempt_folder, is_temporary, reason, require_own, require_same_folder, trial_folder
from harness.runs.executors.rehoming import own_attempt
from harness.training import Trial

MOST_AT_ONCE = 8 * 2**20  # bytes of one message
_GROWING = ".tfevents."  # in the name of an event file, which is only ever written to at its end
_WHILE_RUNNING = "checkpoint-"  # how files begin that are replaced in one step, and are worth having before the trial ends


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a file: from which byte it begins, and whether the file ends with it."""

    path: str  # below the attempt's folder, or below the study's
    of_attempt: bool
    start: int
    data: bytes
    last: bool


class FolderWatch:
    """Sees what a trial writes on this machine."""

    def __init__(self, trial: Trial) -> None:
        """Look at the folder of a trial's study; what lies there already is not the trial's."""
        self._study, self._attempt = trial.folder.parents[1], own_attempt(trial)
        self._variant = trial.folder.parent
        self._sent: dict[Path, int] = {}
        self._stamps: dict[Path, tuple[int, int, int]] = {}
        self._given = set(self._files())

    def forget(self) -> None:
        """Begin again: what was sent has not arrived."""
        self._sent, self._stamps = {}, {}

    def pieces(self, *, ended: bool) -> Iterator[Piece]:
        """Yield what is new since the last call; ended: whether the trial writes no more."""
        for path in self._files():
            if path in self._given:
                continue
            with suppress(FileNotFoundError):  # it was replaced, or has gone
                if _GROWING in path.name:
                    yield from self._grown(path)
                elif ended or path.name.startswith(_WHILE_RUNNING):
                    yield from self._whole(path)

    def _files(self) -> list[Path]:
        found = []
        for place, folders, names in os.walk(self._study):
            here = Path(place)
            folders.sort()
            found += [here / name for name in sorted(names) if not (here / name).is_symlink()]
        return [path for path in found if not is_temporary(path)]

    def _named(self, path: Path) -> tuple[str, bool] | None:
        """Return what a file is called at home; None for one of another attempt, which is there already."""
        if path.is_relative_to(self._attempt):
            return str(path.relative_to(self._attempt)), True
        return None if path.is_relative_to(self._variant) else (str(path.relative_to(self._study)), False)

    def _grown(self, path: Path) -> Iterator[Piece]:
        named = self._named(path)
        with open(path, "rb") as file:
            file.seek(self._sent.get(path, 0))
            while named and (data := file.read(MOST_AT_ONCE)):
                start = self._sent.get(path, 0)
                self._sent[path] = start + len(data)
                yield Piece(*named, start, data, last=False)

    def _whole(self, path: Path) -> Iterator[Piece]:
        named = self._named(path)
        with open(path, "rb") as file:
            found = os.fstat(file.fileno())
            stamp = found.st_ino, found.st_size, found.st_mtime_ns
            if named is None or self._stamps.get(path) == stamp:
                return
            self._stamps[path], start = stamp, 0
            while True:
                data = file.read(MOST_AT_ONCE)
                last = start + len(data) >= found.st_size
                if not data and not last:  # it was cut while it was read
                    break
                yield Piece(*named, start, data, last=last)
                start += len(data)
                if last:
                    return
        yield from self._whole(path)


class Mirror:
    """A trial's folder at home, to which its pieces are written; where that cannot be, the fallback folder."""

    def __init__(self, trial: Trial) -> None:
        self.moved = ""  # why the log folder was left
        self.lost = ""  # why nothing is written any more
        self._trial = trial
        self.folder, self._study = own_attempt(trial), trial.folder.parents[1]

    def write(self, piece: Piece) -> bool:
        """Write a piece; False where all is to be sent again, as it now goes to another place."""
        if self.lost:
            return True
        try:
            self._require_home()
            self._put(piece)
        except OSError as error:
            if self.moved or self._trial.fallback is None:
                self.lost = reason(error)
                return True
            self.moved = reason(error)
            trial = self._trial
            spare = trial_folder(self._trial.fallback, trial.study, trial.variant, trial.seed)
            self.folder, self._study = attempt_folder(spare, trial.attempt), spare.parents[1]
            return False
        return True

    def _require_home(self) -> None:
        if not self.moved:
            require_same_folder(self._study, self._trial.home)
            require_own(self.folder, root=self._study.parent)

    def _put(self, piece: Piece) -> None:
        root = self.folder if piece.of_attempt else self._study
        path = root / piece.path
        require_own(path, root=root)
        path.parent.mkdir(parents=True, exist_ok=True)
        if _GROWING in path.name:
            _write_at(path, piece)
            return
        draft = path.with_name(f".{path.name[:40]}.{os.getpid()}.tmp")
        _write_at(draft, piece)
        if piece.last:
            os.replace(draft, path)


def _write_at(path: Path, piece: Piece) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    with open(os.open(path, flags, 0o666), "wb") as file:
        file.truncate(piece.start)  # what lies behind it is of a try that was broken off
        file.seek(piece.start)
        file.write(piece.data)
