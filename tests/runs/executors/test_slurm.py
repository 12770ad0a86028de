"""The executor of Slurm on a real Slurm of one node: slurmctld, slurmd and munge on this machine, started for these tests."""

from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest
from contract import ExecutorContract, Make, shared
from slurm_cluster import Cluster, why_not

from harness.runs.executors.slurm.executor import SlurmExecutor

__all__ = ["shared"]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    if fault := why_not():
        pytest.skip(f"NO SLURM IS TESTED HERE: {fault}")
    with pytest.MonkeyPatch.context() as patch, Cluster(tmp_path_factory.mktemp("slurm") / "cluster") as found:
        patch.setenv("SLURM_CONF", str(found.configuration))
        yield found


@pytest.fixture(scope="module")
def make(cluster: Cluster) -> Iterator[Make]:
    with ExitStack() as stack:
        yield lambda jobs=1, max_seconds=None: stack.enter_context(closing(SlurmExecutor(tasks=jobs, max_seconds=max_seconds)))


class TestSlurmExecutor:
    """Of the suite of all executors what is Slurm's own; the rest is done by the local worker of a task, and held by its tests."""

    test_retries = ExecutorContract.test_a_trial_whose_worker_died_is_tried_once_more_and_both_attempts_are_seen
    test_stops = ExecutorContract.test_asked_twice_to_stop_the_running_trials_are_ended_at_once
    test_warm_starts = ExecutorContract.test_a_longer_trial_goes_on_from_the_end_of_a_shorter_one
