"""How many workers this machine can take."""

import os
from pathlib import Path

DEVICES = Path("/dev")
_NO_DEVICE = ("", "-1", "none", "void", "NoDevFiles")


def visible_gpus() -> tuple[str, ...]:
    """Return the NVIDIA GPUs that this process may use, as CUDA_VISIBLE_DEVICES names them, without loading TensorFlow.

    The driver lists each GPU as /dev/nvidiaN. Where the variable is set, it says which of them, or which parts (MIG) of
    them, are meant; CUDA itself takes none behind a name that is none.
    """
    there = sorted(int(path.name[6:]) for path in DEVICES.glob("nvidia*") if path.name[6:].isdigit())
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    if named is None or not there:
        return tuple(map(str, there))
    found: list[str] = []
    for name in map(str.strip, named.split(",")):
        if name in _NO_DEVICE:
            break
        found.append(name)
    return tuple(found)


def gpu_count() -> int:
    """Return the number of GPUs that this process may use."""
    return len(visible_gpus())


def claim_gpu(slot: int) -> None:
    """Let this process see one GPU alone, by its place among the workers, and take of its memory what it needs as it goes.

    To be called before TensorFlow is loaded. Without a GPU nothing changes.
    """
    if gpus := visible_gpus():
        os.environ["CUDA_VISIBLE_DEVICES"] = gpus[slot % len(gpus)]
        os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")


def usable_cores() -> int:
    """Return the number of processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def default_jobs() -> int:
    """Return one worker for each GPU, or, where there is none, for each usable core."""
    return gpu_count() or usable_cores()
