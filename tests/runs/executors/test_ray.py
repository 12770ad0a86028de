"""Trials on a real Ray cluster: three nodes on this machine, which have neither the study's folder nor the data."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from contract import ExecutorContract, Make, alone, shared

os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}  # Ray looks when it is imported
ray = pytest.importorskip("ray", reason="Ray is not installed: nothing of --executor ray is tested here")

from ray.cluster_utils import Cluster  # noqa: E402  (only where it is installed)

from harness.runs.executors.ray_executor import RayExecutor  # noqa: E402

__all__ = ["alone", "shared"]
NODES = 3


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Three nodes with a cache of their own, empty, and this process connected to the first."""
    variables = {"XDG_CACHE_HOME": str(tmp_path_factory.mktemp("caches"))}
    made = Cluster()
    for _ in range(NODES):
        made.add_node(num_cpus=2, env_vars=variables, include_dashboard=False, object_store_memory=100 * 2**20)
    ray.init(address=made.address, log_to_driver=False, logging_level="ERROR")
    try:
        yield made
    finally:
        ray.shutdown()
        made.shutdown()


@pytest.fixture(scope="module")
def make(cluster: Cluster) -> Iterator[Make]:
    def made(**options: int) -> RayExecutor:
        return stack.enter_context(closing(RayExecutor(**{"jobs": 1, "address": cluster.address, **options})))

    with ExitStack() as stack:
        yield made


class TestRayExecutor(ExecutorContract):
    pass


def test_nothing(tmp_path: Path) -> None:
    assert tmp_path
