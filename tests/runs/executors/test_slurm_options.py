"""What --slurm takes, and what Slurm's executor must find on the machine."""

import shutil
import sys

import pytest
from calling import harness

from harness.errors import UsageError
from harness.runs.executors.slurm import jobs
from harness.runs.executors.slurm.executor import SlurmExecutor
from harness.runs.executors.slurm.options import SlurmOptions, slurm_options

pytestmark = pytest.mark.quick


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("90", 90), ("5:30", 6), ("2:00:00", 120), ("0:00:30", 1), ("1-0", 1440), ("1-12:30", 2190), ("2-00:00:01", 2881)],
)
def test_times_are_read_as_slurm_reads_them(text, minutes):
    assert slurm_options([f"time={text}"]).time == minutes


def test_options_become_slurms(monkeypatch):
    found = slurm_options(["partition=gpu,gpus=1", " cpus=4 , mem=16GB,account=a1"])
    assert found == SlurmOptions(partition="gpu", gpus=1, cpus=4, mem="16G", account="a1")
    assert found.parameters == {
        "time": 60,
        "cpus_per_task": 4,
        "partition": "gpu",
        "account": "a1",
        "gpus_per_node": 1,
        "additional_parameters": {"mem": "16G"},
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("partitio=gpu", "'partitio' is not known. Did you mean 'partition'?"),
        ("time=soon", "expected minutes"),
        ("time=0", "a minute at the least"),
        ("cpus=0", "a whole number from 1"),
        ("gpus=x", "a whole number from 0"),
        ("gpus=2", "a trial trains on one GPU"),
        ("mem=much", "expected a size"),
        ("partition=a b;c", "expected a name"),
        ("cpus", "expected KEY=VALUE, such as cpus=4"),
    ],
)
def test_wrong_options_are_refused_before_anything_is_submitted(text, said, tmp_path):
    result = harness("run", "ablations", "--executor", "slurm", "--slurm", text, "--logdir", tmp_path / "logs")
    assert result.exit_code == 2 and said in result.output and not (tmp_path / "logs").exists()


def test_options_of_slurm_need_slurm(tmp_path):
    result = harness("run", "ablations", "--slurm", "cpus=2", "--logdir", tmp_path)
    assert result.exit_code == 2 and "expected --executor slurm beside it" in result.output


def test_without_submitit_or_slurm_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(UsageError, match="not found: sbatch, srun, squeue, scancel"):
        SlurmExecutor()
    monkeypatch.setitem(sys.modules, "submitit", None)
    with pytest.raises(UsageError, match=r"ablation-harness\[slurm\]"):
        SlurmExecutor()


def test_a_task_hears_of_its_time_limit_early_enough():
    assert [jobs.signal_delay(SlurmOptions(time=time)) for time in (1, 6, 600)] == [20, 120, 120]
