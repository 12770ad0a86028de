"""The runs that a log folder knows of, and which of them is meant."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.errors import UsageError, unknown
from harness.records import folders_in
from harness.runs import RUN_FOLDER, SLURM, LeftTasks, RunState, left_tasks, read_state
from harness.study import KINDS


@dataclass(frozen=True, slots=True)
class KnownRun:
    """The newest run of a study: its folder, its state, and whether its driver goes on, or tasks of Slurm without it."""

    folder: Path
    state: RunState
    alive: bool
    left: LeftTasks | None = None

    @property
    def goes_on(self) -> bool:
        """Whether anything of it trains."""
        return self.alive or self.left is not None


def known_runs(target: str | None, logdir: Path) -> list[KnownRun]:
    """Return the runs that are meant: of a log folder, or of one study, by its name, its file or its folder.

    target: None for all of `logdir`. UsageError where there is no such folder or study.
    """
    place = Path(target) if target else logdir
    if target and _is_study(logdir, name := place.stem if place.name.endswith(KINDS) else target):
        return list(_found([logdir / name]))
    if not place.is_dir():
        known = [folder.name for folder in folders_in(logdir)]
        if target and known:
            raise unknown(f"In log folder {str(logdir)!r}, study", target, known)
        raise UsageError(f"There is no log folder {str(place)!r}; name one with --logdir, or run a study first.")
    if (place / RUN_FOLDER).is_dir():
        return list(_found([place]))
    return list(_found(folders_in(place)))


def one_run(target: str | None, logdir: Path) -> KnownRun:
    """Return the run that is meant: the one that goes on, or of a named study its newest; UsageError for none or several."""
    runs = known_runs(target, logdir)
    alive = [run for run in runs if run.goes_on]
    if len(alive) > 1:
        names = ", ".join(run.state.study for run in alive)
        raise UsageError(f"Several runs go on in {str(logdir)!r}: {names}. Name one of them.")
    if alive or (len(runs) == 1 and target):
        return (alive or runs)[0]
    raise UsageError(nothing(target or str(logdir), known=bool(runs)))


def nothing(where: str, *, known: bool) -> str:
    """Say that no run is there to be shown, in one line; known: whether one was."""
    return f"No run goes on in {where!r}; `status` shows those that have ended." if known else f"No run is known in {where!r}."


def _is_study(logdir: Path, name: str) -> bool:
    return name not in ("", ".", "..") and "/" not in name and (logdir / name).is_dir()


def _found(folders: list[Path]) -> Iterator[KnownRun]:
    for folder in folders:
        if (state := read_state(folder)) is not None:
            alive = state.is_alive(folder)
            yield KnownRun(folder, state, alive, None if alive or state.executor != SLURM else left_tasks(folder))
