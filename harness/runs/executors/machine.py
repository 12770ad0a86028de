"""How many workers this machine can take."""

import os
from pathlib import Path


def gpu_count() -> int:
    """Return the number of NVIDIA GPUs, without loading TensorFlow: a driver lists each as /dev/nvidiaN."""
    return sum(path.name[6:].isdigit() for path in Path("/dev").glob("nvidia*"))


def visible_gpus() -> list[str]:
    """Return the GPUs that this process may use, by the names that CUDA_VISIBLE_DEVICES has for them.

    Where that is set, as Slurm does for a task, the others are somebody else's.
    """
    given = os.environ.get("CUDA_VISIBLE_DEVICES")
    if given is not None and gpu_count():
        return [name.strip() for name in given.split(",") if name.strip()]
    return list(map(str, range(gpu_count())))


def usable_cores() -> int:
    """Return the number of processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def default_jobs() -> int:
    """Return one worker for each GPU, or, where there is none, for each usable core."""
    return gpu_count() or usable_cores()
