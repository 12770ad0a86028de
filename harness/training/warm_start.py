"""The end of a trial, left for the longer one that begins alike; for as long as the run lasts, and for it alone."""

from contextlib import suppress
from pathlib import Path

from harness.records import write_atomically
from harness.training.checkpoint_file import Checkpoint, CheckpointError, encoded, read_checkpoint
from harness.training.trial import Trial


def leave_end(trial: Trial, checkpoint: Checkpoint) -> None:
    """Leave a trial's end where the longer one looks for it; without it that one trains from its beginning."""
    if trial.warm_start_folder is not None:
        with suppress(OSError):
            write_atomically(end_path(trial.warm_start_folder, trial.trial_id), encoded(checkpoint))


def find_beginning(trial: Trial) -> Checkpoint | None:
    """Return the end of the shorter trial that this one goes on from, None where it has left none."""
    if trial.warm_start_folder is None or not trial.warm_start_from:
        return None
    try:
        return read_checkpoint(end_path(trial.warm_start_folder, trial.warm_start_from))
    except CheckpointError:
        return None


def end_path(folder: Path, trial_id: str) -> Path:
    """Return where a trial leaves its end in the folder of a run."""
    return folder / f"end-{trial_id}.npz"
