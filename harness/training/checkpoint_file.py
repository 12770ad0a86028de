"""What a trial under way keeps on disk, so that its next attempt goes on from there; readable without TensorFlow.

A checkpoint is one file: a line of JSON with the schema and the SHA-256 of all that follows, then a NumPy archive. It
lies in the folder of the attempt that wrote it, and carries the trial's id in its name and in its content.
"""

import io
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from harness.engine import deserialize, serialize
from harness.records import (
    FAILED,
    INTERRUPTED,
    TIMEOUT,
    CheckedFileError,
    CheckedFormat,
    Record,
    attempt_folder,
    attempts_in,
    is_own,
    require_own,
    require_own_trial,
    require_same_folder,
    write_atomically,
)
from harness.study import BASE, DRAWN_SEED
from harness.tensorboard import hide

FORMAT = CheckedFormat("checkpoint", schema=1)
UNFINISHED = (FAILED, INTERRUPTED, TIMEOUT)  # a trial that ended so may be taken up again


class CheckpointError(ValueError):
    """A checkpoint's file cannot be trusted, or is of another trial or other conditions."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A trial after some epochs: what it has measured, and the state from which it goes on."""

    trial_id: str
    attempts: Sequence[int]  # those whose work is in it; the last one wrote it
    conditions: Mapping[str, Any]  # under which the rest of the training gives the same bits
    seconds: float  # wall time that these attempts have spent
    lost_seconds: float  # of these, what was spent on epochs that had to be trained again
    epochs: Sequence[Mapping[str, Any]]  # the fields of every harness.engine.Epoch
    state: Mapping[str, Any]  # the fields of harness.engine.state.State


_FIELDS = tuple(Checkpoint.__dataclass_fields__)


def checkpoint_path(trial: Path, attempt: int, trial_id: str) -> Path:
    """Return where an attempt keeps its checkpoint."""
    return attempt_folder(trial, attempt) / f"checkpoint-{trial_id}.npz"


def write_checkpoint(trial: Path, checkpoint: Checkpoint) -> Path:
    """Write a checkpoint into the folder of its last attempt, in the place of that attempt's former one.

    OSError if it cannot be written, or if that folder is gone.
    """
    path = checkpoint_path(trial, checkpoint.attempts[-1], checkpoint.trial_id)
    if not path.parent.is_dir():  # a log folder that was removed must not come back half empty
        raise FileNotFoundError(2, "The attempt's folder is gone", str(path.parent))
    require_own(path.parent, root=trial.parents[2])
    write_atomically(path, encoded(checkpoint))
    return path


def encoded(checkpoint: Checkpoint) -> bytes:
    """Return a checkpoint as the content of its file."""
    flat, arrays = serialize({name: getattr(checkpoint, name) for name in _FIELDS})
    body = io.BytesIO()
    text = np.frombuffer(json.dumps(flat).encode(), np.uint8)
    named: dict[str, Any] = {f"array_{number}": array for number, array in enumerate(arrays)}
    np.savez(body, text=text, **named)
    return FORMAT.wrap(body.getbuffer())


def read_checkpoint(path: Path) -> Checkpoint:
    """Return the checkpoint of a file; CheckpointError says why it cannot be trusted."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CheckpointError(f"{path}: cannot be read ({error.strerror}).") from None
    try:
        return _decoded(FORMAT.unwrap(content, size=f"{len(content)} bytes"))
    except CheckedFileError as error:
        raise CheckpointError(f"{path}: {error}") from None
    except (BadZipFile, KeyError, IndexError, TypeError, ValueError, RecursionError) as error:
        raise CheckpointError(f"{path}: is no checkpoint of a trial ({error}).") from None


def find_checkpoints(trial: Path, trial_id: str, *, first: int = 1) -> list[Path]:
    """Return the checkpoints of a trial's attempts from the first that may be used, the newest attempt's first."""
    numbers = [number for number in reversed(attempts_in(trial)) if number >= first]
    return [path for number in numbers for path in _files(trial, number, f"checkpoint-{trial_id}.npz")]


def set_aside(path: Path) -> None:
    """Keep a checkpoint that cannot be used, under a name that no attempt looks for."""
    path.replace(path.with_name(f"damaged.{path.name}"))


def require_home(trial: Path, home: Any) -> None:
    """Raise OSError where what lies in a trial's place is not ours, or is not what the run began with; home: None for any."""
    require_own_trial(trial)
    if home is not None:
        require_same_folder(trial.parents[1], home)


def give_up(path: Path, trial: Path, home: Any) -> None:
    """Set a checkpoint that cannot be used aside, where that can be done."""
    with suppress(OSError):
        require_home(trial, home)
        set_aside(path)


def take_over(path: Path, checkpoint: Checkpoint, trial: Path, home: Any) -> None:
    """Remove a checkpoint that a later attempt has made its own, and hide the curves of the attempts before it."""
    with suppress(OSError):
        require_home(trial, home)
        path.unlink(missing_ok=True)
        for attempt in checkpoint.attempts:
            hide(trial, attempt)


def discard(trial: Path, record: Record) -> None:
    """Remove the trial's checkpoints if its record says that there is nothing left to train; one that stays does no harm."""
    if record.status in UNFINISHED:
        return
    for number in attempts_in(trial):
        for path in _files(trial, number, f"*checkpoint-{record.trial_id}.npz"):
            with suppress(OSError):
                path.unlink(missing_ok=True)


def notices(record: Record) -> list[str]:
    """Say, in one line each, what a trial went on from, which checkpoints were not used, and which --set changes nothing."""
    name, said = f"{record.variant} seed {record.seed}", record.provenance
    lines = []
    if "checkpoint_set_aside" in said:
        lines.append(f"{name} began anew. Set aside: {said['checkpoint_set_aside']}")
    if "checkpoint_unused" in said:
        lines.append(f"{name} began anew. Not used: {said['checkpoint_unused']}")
    if "resumed_from" in said:
        lines = [f"{name} went on from epoch {said['resumed_from']} of attempt {said['attempts'][-2]}."]
    if "settings_unread" in said and record.seed == DRAWN_SEED:  # once a variant
        unread = ", ".join(said["settings_unread"])
        lines.append(f"{record.variant}: --set {unread} changes nothing, as train(settings, trial) never read it.")
    if "unseeded" in said and (record.variant, record.seed) == (BASE, DRAWN_SEED):
        lines.append("The command names no {seed}: its trials are repeats, which differ by what is random in the script alone.")
    if "learned_nothing" in said and record.seed == DRAWN_SEED:
        lines.append(f"{record.variant}: no weight has changed in its training; does its train_step apply the gradients?")
    return lines


def _files(trial: Path, attempt: int, pattern: str) -> list[Path]:
    return [path for path in attempt_folder(trial, attempt).glob(pattern) if is_own(path, root=trial)]


def _decoded(body: memoryview) -> Checkpoint:
    with np.load(io.BytesIO(body), allow_pickle=False) as archive:
        flat = json.loads(archive["text"].tobytes())
        arrays = [archive[f"array_{number}"] for number in range(len(archive.files) - 1)]
    return Checkpoint(**deserialize(flat, arrays))
