"""Trials on a real Ray cluster: three nodes on this machine, which have neither the study's folder nor the data."""

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, closing, nullcontext
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from acting_study import Silent, acting, collected, no_stop, trials_of
from contract import ExecutorContract, Make, alone, shared

os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}  # Ray looks when it is imported
ray = pytest.importorskip("ray", reason="Ray is not installed: nothing of --executor ray is tested here")

from ray.cluster_utils import Cluster  # noqa: E402  (only where it is installed)

from harness.data import prepare  # noqa: E402
from harness.errors import UsageError  # noqa: E402
from harness.records import Record, load_records  # noqa: E402
from harness.runs import RunRequest, execute, make_plan  # noqa: E402
from harness.runs.executors.local import LocalExecutor  # noqa: E402
from harness.runs.executors.protocol import Progress  # noqa: E402
from harness.runs.executors.ray_cluster import _require_answer  # noqa: E402
from harness.runs.executors.ray_executor import RayExecutor  # noqa: E402
from harness.runs.executors.ray_node import versions  # noqa: E402
from harness.runs.executors.ray_store import ObjectStore  # noqa: E402
from harness.runs.plan import Plan  # noqa: E402
from harness.study import Resources, load_study  # noqa: E402

__all__ = ["alone", "shared"]
CORES = (0, 2, 2)  # of each node


@pytest.fixture(scope="module")
def caches(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the nodes keep data: empty, and not where this process has its own."""
    return tmp_path_factory.mktemp("caches")


@pytest.fixture(scope="module")
def cluster(caches: Path) -> Iterator[Cluster]:
    """Three nodes, the first of which takes no trials, and this process connected to it."""
    try:
        made = started(caches)
    except Exception:  # Ray gives its processes so many seconds to start, which a busy machine may not do in time
        ray.shutdown()
        made = started(caches)
    try:
        yield made
    finally:
        ray.shutdown()
        made.shutdown()


def started(caches: Path) -> Cluster:
    made = Cluster()
    try:
        for cores in CORES:
            variables = {"XDG_CACHE_HOME": str(caches)}
            made.add_node(num_cpus=cores, env_vars=variables, include_dashboard=False, object_store_memory=100 * 2**20)
        ray.init(address=made.address, log_to_driver=False, logging_level="ERROR")
    except Exception:
        made.shutdown()
        raise
    return made


@pytest.fixture(scope="module")
def make(cluster: Cluster) -> Iterator[Make]:
    def made(**options: int) -> RayExecutor:
        return stack.enter_context(closing(RayExecutor(**{"jobs": 1, "address": cluster.address, **options})))

    with ExitStack() as stack:
        yield made


class TestRayExecutor(ExecutorContract):
    pass


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """The ablations on scikit-learn's digits, two epochs, one variant."""
    return ablations(tmp_path_factory.mktemp("small"))


def ablations(folder: Path) -> Plan:
    study = load_study("ablations")
    (folder / study.name).mkdir()
    changes = (("epochs", 2), ("dataset", "digits"), ("hidden", (16,)))
    only = ("neurons-512",)
    return make_plan(study, RunRequest(folder, seeds=1, base_changes=changes, only=only), {"digits": prepare("digits")})


def test_the_ablations_give_the_numbers_of_the_local_executor_bit_for_bit(shared: RayExecutor, tmp_path: Path) -> None:
    found = {}
    for name in ("ray", "local"):
        (tmp_path / name).mkdir()
        plan = ablations(tmp_path / name)
        with closing(LocalExecutor(jobs=2)) if name == "local" else nullcontext(shared) as executor:
            assert execute(plan, executor, Silent(), stop_request=no_stop) == ()
        found[name] = {record.variant: record for record in load_records(tmp_path / name)[0]}
    assert found["ray"].keys() == found["local"].keys() == {"base", "neurons-512"}
    for variant, record in found["ray"].items():
        local = found["local"][variant]
        assert (record.trial_id, record.status, record.metrics) == (local.trial_id, local.status, local.metrics)
        assert record.data == local.data and record.first_test_image == local.first_test_image
        timed = [name for name in record.history if name.endswith("seconds")]
        assert timed and all(record.history[name] == local.history[name] for name in record.history.keys() - {*timed})
        assert (record.provenance["executor"], record.provenance["intra_op_threads"]) == ("ray", 1)
    names = {name: sorted(_shape(path) for path in (tmp_path / name).rglob("*")) for name in found}
    assert names["ray"] == names["local"]


def _shape(path: Path) -> str:
    """Return where a file lies in its log folder, without the time and the process in an event file's name."""
    return re.sub(r"tfevents.*", "tfevents", "/".join(path.parts[path.parts.index("ablations") :]))


def test_nodes_keep_the_data_that_came_to_them_in_their_own_cache(cluster: Cluster, caches: Path) -> None:
    assert [path.name for path in caches.glob("harness/digits-*/x_train.npy")]  # of the test above: they had none


def test_a_node_that_is_killed_costs_an_attempt_and_no_trial(cluster: Cluster, shared: RayExecutor, tmp_path: Path) -> None:
    plan, watcher, killed = acting(tmp_path, "longer", seeds=3), Silent(), []

    def heard(progress: Progress) -> None:
        if not killed and progress.variant == "longer" and progress.epoch == 1:
            node = _node_of(cluster, int((tmp_path / f"longer-{progress.seed}.pid").read_text()))
            cluster.remove_node(node, allow_graceful=False)
            killed.append(progress.seed)

    watcher.epoch = heard  # type: ignore[method-assign]
    assert execute(plan, shared, watcher, stop_request=no_stop) == ()
    records, problems = load_records(tmp_path / "logs")
    assert killed and not problems
    assert sorted((one.variant, one.seed) for one in records) == [
        (name, seed) for name in ("base", "longer") for seed in range(3)
    ]
    assert {(one.status, one.metrics["test_error"]) for one in records} == {("ok", 0.25)}
    assert len(watcher.records) == 6
    lost = next(one for one in records if (one.variant, one.seed) == ("longer", killed[0]))
    assert lost.attempt == 2 and lost.provenance["lost_attempts"][0].startswith("WorkerLost: the worker on ")


def _node_of(cluster: Cluster, pid: int) -> object:
    """Return the node on which a worker runs."""
    above = {process.pid for process in psutil.Process(pid).parents()}
    nodes = [node for node in cluster.worker_nodes if {info.process.pid for info in node.all_processes["raylet"]} & above]
    return nodes[0]


def test_a_trial_has_the_cores_that_its_variant_asks_for(shared: RayExecutor, tmp_path: Path) -> None:
    (trial,) = trials_of(acting(tmp_path, "prints"), "prints")
    found = collected(shared, [replace(trial, resources=Resources(cpus=2))])["prints"]  # idle workers of one core make room
    assert isinstance(found, Record) and found.provenance["intra_op_threads"] == 2
    assert [seat.shape.cpus for seat in shared._seats] == [2]


def test_a_cluster_is_known_by_its_answer(cluster: Cluster) -> None:
    _require_answer(cluster.address)


def test_a_trial_that_no_node_can_take_is_refused(shared: RayExecutor) -> None:
    with pytest.raises(UsageError, match="No node of the cluster can take a trial that needs 99 CPUs and 0 GPUs; it has"):
        shared._cluster.capacity(cpus=99, gpus=0)


def test_a_node_with_other_versions_is_refused_by_their_names(shared: RayExecutor) -> None:
    seat = SimpleNamespace(processor="", host="", ready=False)
    with pytest.raises(UsageError, match=r"Node n7 has keras 2\.0, this machine .*; expected the same on all machines"):
        shared._welcome(seat, ("x86", "n7", {**versions(), "keras": "2.0"}))


def test_an_object_store_that_is_full_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch, small: Plan) -> None:
    def full(value: object) -> None:
        raise ray.exceptions.ObjectStoreFullError("Failed to put object in object store.\n2048 bytes are missing.")

    monkeypatch.setattr(ray, "put", full)
    with pytest.raises(UsageError, match=r"object store does not take what its nodes need \(.*Failed to put object") as caught:
        ObjectStore(travels=True).study(small.trials[0])
    assert "\n" not in str(caught.value)
