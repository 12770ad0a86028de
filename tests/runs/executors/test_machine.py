"""Which GPUs workers take, told from the driver's device files and from what the user has named."""

import os
from pathlib import Path

import pytest

from harness.runs.executors import machine

pytestmark = pytest.mark.quick


@pytest.fixture
def gpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with three GPUs, of which nothing is said."""
    for name in ("nvidia0", "nvidia1", "nvidia10", "nvidiactl", "nvidia-uvm"):
        (tmp_path / name).touch()
    monkeypatch.setattr(machine, "DEVICES", tmp_path)
    for name in ("CUDA_VISIBLE_DEVICES", "TF_FORCE_GPU_ALLOW_GROWTH"):
        monkeypatch.setenv(name, "unset")  # so that it is put back
        monkeypatch.delenv(name)


@pytest.mark.usefixtures("gpus")
def test_there_is_one_worker_for_each_gpu_and_each_sees_its_own_alone() -> None:
    assert machine.visible_gpus() == ("0", "1", "10") and machine.default_jobs() == 3
    for slot, name in enumerate(("0", "1", "10", "0")):
        os.environ.pop("CUDA_VISIBLE_DEVICES", None)
        machine.claim_gpu(slot)
        assert os.environ["CUDA_VISIBLE_DEVICES"] == name and os.environ["TF_FORCE_GPU_ALLOW_GROWTH"] == "true"


@pytest.mark.usefixtures("gpus")
@pytest.mark.parametrize(
    ("named", "found"),
    [("1", ["1"]), ("1,0", ["1", "0"]), ("", []), ("-1", []), ("0,-1,1", ["0"]), ("MIG-a, MIG-b", ["MIG-a", "MIG-b"])],
)
def test_what_the_user_or_a_scheduler_has_named_is_kept_to(
    monkeypatch: pytest.MonkeyPatch, named: str, found: list[str]
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", named)
    assert list(machine.visible_gpus()) == found
    assert machine.default_jobs() == len(found) or machine.usable_cores()
    machine.claim_gpu(1)
    assert os.environ["CUDA_VISIBLE_DEVICES"] == (found[1 % len(found)] if found else named)


@pytest.mark.usefixtures("gpus")
def test_how_a_gpus_memory_is_taken_may_be_said_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_FORCE_GPU_ALLOW_GROWTH", "false")
    machine.claim_gpu(0)
    assert os.environ["TF_FORCE_GPU_ALLOW_GROWTH"] == "false"


def test_a_variable_makes_no_gpu_where_none_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "DEVICES", tmp_path)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    assert machine.visible_gpus() == () and machine.default_jobs() == machine.usable_cores()
    machine.claim_gpu(0)
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "0"
