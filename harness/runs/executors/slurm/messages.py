"""What driver and tasks tell each other beside the trials: files in the queue's folder."""

import json
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

from harness.records import write_atomically
from harness.runs.executors.protocol import Progress, StopRequest


class Messages:
    """Progress and faults one way, the request to stop the other, and which of Slurm's jobs there are."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def tell(self, name: str, progress: Progress) -> None:
        """Say how far a taken trial is; a courtesy, as on this machine."""
        with suppress(OSError):
            write_atomically(self.folder / "progress" / name, json.dumps(asdict(progress)))

    def progress(self) -> dict[str, Progress]:
        """Return the newest progress of each trial under way, by its name."""
        found = {}
        for path in paths_in(self.folder / "progress"):
            with suppress(OSError, ValueError, TypeError):
                found[path.name] = Progress(**json.loads(path.read_text()))
        return found

    def ask(self, wanted: StopRequest) -> None:
        """Ask all tasks to stop."""
        write_atomically(self.folder / "stop", wanted.name)

    def forget_stop(self) -> None:
        """Let tasks train again: a request to stop is for the run that it came in."""
        (self.folder / "stop").unlink(missing_ok=True)

    def stop_request(self) -> StopRequest:
        """Return what is asked of the tasks."""
        try:
            return StopRequest[(self.folder / "stop").read_text()]
        except (OSError, KeyError):
            return StopRequest.NONE

    def fault(self, task: str, text: str) -> None:
        """Say why a task could take no trial."""
        write_atomically(self.folder / "faults" / task, text)

    def faults(self) -> list[str]:
        """Return why tasks could take none."""
        texts = []
        for path in paths_in(self.folder / "faults"):
            with suppress(OSError):
                texts.append(path.read_text(errors="replace"))
        return texts

    def forget_faults(self) -> None:
        """Forget them: other tasks are under way."""
        for path in paths_in(self.folder / "faults"):
            path.unlink(missing_ok=True)

    def add_job(self, job: str) -> None:
        """Remember one of Slurm's jobs."""
        (self.folder / "jobs" / job).touch()

    def jobs(self) -> list[str]:
        """Return the jobs that were submitted for this study."""
        return names_in(self.folder / "jobs")


def paths_in(folder: Path) -> list[Path]:
    """Return the files of a folder by their names, drafts apart; none where there is no folder."""
    try:
        return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except FileNotFoundError:
        return []


def names_in(folder: Path) -> list[str]:
    """Return their names."""
    return [path.name for path in paths_in(folder)]
