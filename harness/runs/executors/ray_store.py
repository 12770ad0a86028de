"""What goes to the nodes of a cluster once and not with each trial: studies and datasets, in its object store."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.data import ResolvedDataset, arrays_of
from harness.errors import UsageError
from harness.runs.executors.ray_cluster import load_ray, said_by
from harness.runs.executors.rehoming import left_there, pack_study
from harness.training import Trial


class ObjectStore:
    """References to what the nodes need."""

    def __init__(self, *, travels: bool) -> None:
        """Begin with nothing; travels: whether studies go to the nodes, which are other machines."""
        self._travels = travels
        self._references: dict[str | Path, Any] = {}

    def study(self, trial: Trial) -> Any:
        """Return a reference to the parcel of a trial's study; UsageError where it cannot travel."""
        path, logdir = trial.study_path, trial.folder.parents[2]
        return self._kept(path, lambda: pack_study(path, logdir=logdir) if self._travels else left_there(path))

    def arrays(self, data: ResolvedDataset) -> Any:
        """Return a reference to a dataset's arrays by their names."""
        import numpy as np

        return self._kept(data.sha256, lambda: {name: np.asarray(array) for name, array in arrays_of(data).items()})

    def clear(self) -> None:
        """Let the cluster forget all of it."""
        self._references.clear()

    def _kept(self, key: str | Path, make: Callable[[], Any]) -> Any:
        if key not in self._references:
            self._references[key] = _put(make())
        return self._references[key]


def _put(value: Any) -> Any:
    ray = load_ray()
    try:
        return ray.put(value)
    except ray.exceptions.RayError as error:
        raise UsageError(
            f"The cluster's object store does not take what its nodes need ({said_by(error)}); expected space in it: ray start "
            f"--object-store-memory BYTES, or the dataset in each node's own cache."
        ) from None
