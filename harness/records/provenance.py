"""Where a result comes from: versions, machine, threads, commit, command line.

Of the environment's variables only those listed here are kept, so that no secret lands in a log.
"""

import hashlib
import os
import platform
import resource
import shlex
import socket
import subprocess
import sys
from collections.abc import Sequence
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, distributions, version
from pathlib import Path
from typing import Any

from harness.isolation import PACKAGE
from harness.records.addresses import shown

PACKAGES = ("tensorflow", "keras", "tensorboard", "numpy", "pandas", "scipy", "scikit-learn")
# An allow-list: whatever else the environment holds may be a secret, and a log folder is for sharing.
VARIABLES = (
    *("CUDA_VISIBLE_DEVICES", "CUDNN_DETERMINISTIC", "KERAS_BACKEND", "MKL_NUM_THREADS", "OMP_NUM_THREADS"),
    *("PYTHONHASHSEED", "TF_CUDNN_DETERMINISTIC", "TF_DETERMINISTIC_OPS", "TF_ENABLE_ONEDNN_OPTS"),
    *("TF_NUM_INTEROP_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_XLA_FLAGS", "XLA_FLAGS"),
)
LONGEST_VALUE = 200  # characters
GIT_SECONDS = 10.0


def environment() -> dict[str, Any]:
    """Return versions, machine, listed variables and, of TensorFlow and PyTorch where they are loaded, threads and devices."""
    return dict(machine()) | {"variables": variables()} | _tensorflow() | _pytorch()


@lru_cache(maxsize=1)
def machine() -> tuple[tuple[str, Any], ...]:
    """Return what stays the same for as long as a process lives, and in those that are forked from it."""
    return (
        *((package, package_version(package)) for package in PACKAGES),
        ("packages_sha256", _packages_sha256()),
        ("python", platform.python_version()),
        ("system", platform.platform()),
        ("processor", _processor()),
        ("cores", os.cpu_count() or 1),
        ("host", socket.gethostname()),
    )


def variables() -> dict[str, str]:
    """Return the environment variables of the allow-list that are set."""
    return {name: _plain(os.environ[name])[:LONGEST_VALUE] for name in VARIABLES if name in os.environ}


def package_version(package: str) -> str:
    """Return the version in which a package is installed, or `absent`."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "absent"


def _packages_sha256() -> str:
    """Return a hash of every installed package's version: equal hashes, equal installations."""
    installed = sorted({f"{found.name}=={found.version}".lower() for found in distributions()})
    return hashlib.sha256("\n".join(installed).encode()).hexdigest()[:12]


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _tensorflow() -> dict[str, Any]:
    tensorflow = sys.modules.get("tensorflow")
    if tensorflow is None:
        return {}
    threading = tensorflow.config.threading
    gpus = tensorflow.config.list_physical_devices("GPU")
    details = [tensorflow.config.experimental.get_device_details(gpu) for gpu in gpus]
    return {
        "intra_op_threads": threading.get_intra_op_parallelism_threads(),
        "inter_op_threads": threading.get_inter_op_parallelism_threads(),
        "devices": [device.name for device in tensorflow.config.list_logical_devices()],
        "gpus": [detail.get("device_name", "GPU") for detail in details],
    }


def _pytorch() -> dict[str, Any]:
    torch = sys.modules.get("torch")
    if not hasattr(torch, "get_num_threads"):
        return {}
    return {"torch": str(torch.__version__), "torch_threads": torch.get_num_threads()}  # type: ignore[union-attr]


def peak_memory_mb() -> float:
    """Return the largest resident memory that this process ever had, in megabytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1024 if sys.platform != "darwin" else peak / 1024**2


def origin(study_file: Path, *, words: Sequence[str] | None = None) -> dict[str, Any]:
    """Return what the driver knows of a run's origin: its command line, the study's file, the commits of both codes.

    words: the command line's, else those of this process. The study's file is hashed by itself, as a commit says
    nothing of a file that git does not know.
    """
    line = f"python -m harness {shlex.join(sys.argv[1:] if words is None else words)}"
    try:
        content = hashlib.sha256(study_file.read_bytes()).hexdigest()
    except OSError:
        content = ""
    own, its = commit(PACKAGE), commit(study_file.parent)
    return {
        "command": _plain(line),
        "study_file": _plain(shown(study_file)),
        "study_sha256": content,
        **{f"harness_{name}": value for name, value in own.items()},
        **{f"study_{name}": value for name, value in its.items()},
    }


def commit(folder: Path) -> dict[str, Any]:
    """Return the git commit that a folder stands at, and whether its tree was changed; empty outside a repository.

    Where it was changed, `diff_sha256` is the hash of the difference from the commit, in files that git knows.
    """

    def git(*words: str) -> bytes:
        command = ["git", "-C", str(folder), "-c", "core.fsmonitor=false", *words]
        return subprocess.run(command, capture_output=True, timeout=GIT_SECONDS, check=True).stdout

    try:
        found: dict[str, Any] = {"commit": git("rev-parse", "HEAD").decode().strip()}
        difference = git("diff", "--no-ext-diff", "--no-textconv", "--binary", "HEAD")
    except (OSError, subprocess.SubprocessError):
        return {}
    found["dirty"] = bool(difference)
    return found | ({"diff_sha256": hashlib.sha256(difference).hexdigest()} if difference else {})


def _plain(text: str) -> str:
    """Return a text that UTF-8 can hold: a name on the command line may be any bytes."""
    return text.encode("utf-8", "backslashreplace").decode()
