"""Where a run's trials go: the one place that chooses an executor."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from harness.errors import UsageError, unknown
from harness.runs.request import RAY

if TYPE_CHECKING:  # the command line names the executors before anything heavy is loaded
    from harness.models import VariantFingerprint
    from harness.runs.executors.protocol import Executor
    from harness.runs.request import RunRequest


def _local(request: "RunRequest", jobs: int) -> "Executor":
    from harness.runs.executors.local import LocalExecutor

    return LocalExecutor(jobs=jobs, max_seconds=request.max_seconds)


def _slurm(request: "RunRequest", jobs: int) -> "Executor":
    from harness.runs.executors.slurm.executor import SlurmExecutor

    return SlurmExecutor(tasks=jobs, max_seconds=request.max_seconds, options=request.slurm)


def _ray(request: "RunRequest", jobs: int) -> "Executor":
    from harness.runs.executors.ray_executor import RayExecutor

    return RayExecutor(jobs=jobs if request.jobs else None, address=request.address, max_seconds=request.max_seconds)


EXECUTORS: Mapping[str, Callable[["RunRequest", int], "Executor"]] = {"local": _local, "ray": _ray, "slurm": _slurm}


class Workers:
    """The executor that a request names, started when the first study needs it and kept for those after it."""

    def __init__(self, request: "RunRequest", *, most: int | None = None) -> None:
        """Allow as many workers as the request says, at the most `most` where that is given.

        UsageError for an executor that there is not.
        """
        if request.executor not in EXECUTORS:
            raise unknown("Executor", request.executor, EXECUTORS)
        if request.address is not None and request.executor != RAY:
            raise UsageError(f"--address {request.address} is of a Ray cluster; expected --executor ray with it.")
        self._most = min(request.workers, most or request.workers)
        self.checked: dict[str, Mapping[str, VariantFingerprint]] = {}  # by study, what they have seen of its variants
        self._request = request
        self._executor: Executor | None = None

    @property
    def count(self) -> int:
        """How many there may be: of this machine as it is asked for, of a cluster as it has, unless --jobs says less."""
        if self._request.executor == "local":
            return self._most
        found: int = getattr(self.executor(), "workers", self._most)
        return found

    def executor(self) -> "Executor":
        """Return them as an executor."""
        if self._executor is None:
            self._executor = EXECUTORS[self._request.executor](self._request, self._most)
        return self._executor

    def close(self) -> None:
        """End them, whatever they are doing; the next study that needs some gets new ones."""
        if self._executor is not None:
            self._executor.close()
            self._executor = None
