"""The executor of Slurm on a real Slurm of one node: slurmctld, slurmd and munge on this machine, started for these tests."""

import os
import re
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from calling import harness
from contract import ExecutorContract, Make, alone, shared
from slurm_cluster import Cluster, why_not
from waiting import wait_until

from harness.records.record import Record, load_records
from harness.runs.executors.slurm.executor import SlurmExecutor
from harness.runs.run_state import read_state

__all__ = ["alone", "shared"]

# An epoch takes a moment, and none ends well before the gate is open: of `restarted` before Slurm has started its task again.
SLOW = """
import os, time
from pathlib import Path
from harness import Study, Variant

PLACE = Path("PLACE")

def is_open(settings):
    return os.environ.get("SLURM_RESTART_COUNT", "0") != "0" if settings.gate == "restarted" else (PLACE / "gate").exists()

def train(settings, trial):
    epoch = (trial.resume() or {"epoch": 0})["epoch"]
    with open(PLACE / f"starts-{settings.gate}", "a") as starts:
        starts.write(f"{epoch}\\n")
    while not is_open(settings) and epoch < 3000:
        epoch += 1
        time.sleep(0.1)
        trial.log(epoch, test_accuracy=settings.gain)
        trial.checkpoint({"epoch": epoch})
    trial.log(epoch + 1, test_accuracy=settings.gain)

STUDY = Study("slow", base={"gate": "GATE", "gain": 0.5}, train=train, variants=[Variant("more", gain=0.75)])
"""
SMALL = """
from harness import Settings, Study, Variant
STUDY = Study("small", base=Settings(dataset="digits", epochs=2, hidden=(8,)), variants=[Variant("wide", hidden=(16,))])
"""


class Slow:
    """A study whose trials go on for as long as they are held."""

    def __init__(self, folder: Path, *, gate: str = "file") -> None:
        self.place, self.logs = folder, folder / "logs"
        self.folder = self.logs / "slow"
        (folder / "slow.py").write_text(SLOW.replace('PLACE")', f'{folder}")').replace("GATE", gate))

    def run(self, *words: str, executor: str = "slurm"):
        options = ("--seeds", 1, "--jobs", 1, "--only", "base", "--checkpoint-seconds", 0, "--executor", executor)
        return harness("run", self.place / "slow.py", "--logdir", self.logs, *options, *words)

    def call(self, *words: str):
        return harness(*words, "--logdir", self.logs)

    @property
    def epoch(self) -> int:
        state = read_state(self.folder)
        return state.running[0].epoch if state and state.running else 0

    def starts(self, gate: str = "file") -> list[int]:
        """Return the epoch that each attempt went on from."""
        return [int(line) for line in (self.place / f"starts-{gate}").read_text().split()]

    def record(self) -> Record:
        (found,), problems = load_records(self.logs)
        assert not problems
        return found


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    if fault := why_not():
        print(f"NO SLURM IS TESTED HERE: {fault}", file=sys.__stderr__)
        pytest.skip(f"NO SLURM IS TESTED HERE: {fault}")
    with pytest.MonkeyPatch.context() as patch, Cluster(tmp_path_factory.mktemp("slurm") / "cluster") as found:
        patch.setenv("SLURM_CONF", str(found.configuration))
        yield found


@pytest.fixture(scope="module", autouse=True)
def limited(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slow]:
    """A detached run of a minute's time limit, which passes while the other tests run."""
    study = Slow(tmp_path_factory.mktemp("limited"), gate="restarted")
    begun = study.run("--slurm", "time=1", "--detach")
    assert begun.exit_code == 0, begun.output
    yield study
    state = read_state(study.folder)
    if state is not None and state.driver.is_here:  # a test before it has failed: it would wait for Slurm for ever
        os.kill(state.driver.pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def make(cluster: Cluster) -> Iterator[Make]:
    with ExitStack() as stack:
        yield lambda jobs=1, max_seconds=None: stack.enter_context(closing(SlurmExecutor(tasks=jobs, max_seconds=max_seconds)))


class TestSlurmExecutor:
    """Of the suite of all executors what is Slurm's own; the rest is done by a task's local worker, and held by its tests."""

    test_retries = ExecutorContract.test_a_trial_whose_worker_died_is_tried_once_more_and_both_attempts_are_seen
    test_stops = ExecutorContract.test_asked_twice_to_stop_the_running_trials_are_ended_at_once


def test_a_partition_that_there_is_not_is_one_line_and_records_stay(cluster, tmp_path):
    study = Slow(tmp_path)
    result = study.run("--slurm", "partition=nosuch")
    assert result.exit_code == 2
    assert "Error: Slurm does not take the job" in result.output and "nvalid partition" in result.output
    assert load_records(study.logs) == ([], []) and not cluster.call("squeue", "-h", "-n", "harness-nosuch").strip()


def test_a_study_gives_the_numbers_of_the_local_executor(cluster, tmp_path):
    (tmp_path / "small.py").write_text(SMALL)
    found = {}
    for executor in ("local", "slurm"):
        logs = tmp_path / executor
        result = harness("run", tmp_path / "small.py", "--logdir", logs, "--seeds", 1, "--only", "base", "--executor", executor)
        assert result.exit_code == 0, result.output
        found[executor] = {
            record.variant: (record.trial_id, record.metrics, _curves(record)) for record in load_records(logs)[0]
        }
    assert found["slurm"] == found["local"] and found["local"]


def _curves(record: Record) -> dict[str, object]:
    return {name: values for name, values in record.history.items() if "seconds" not in name}


def test_a_task_is_killed_and_then_the_driver_and_nothing_is_lost(cluster, tmp_path):
    study = Slow(tmp_path)
    assert study.run("--detach").exit_code == 0
    wait_until(lambda: study.epoch > 3)
    job = (study.folder / ".queue" / "jobs").iterdir().__next__().name
    cluster.call("scancel", job)
    wait_until(lambda: len(study.starts()) == 2)  # another job's task goes on with the trial
    assert study.starts()[1] > 3
    state = read_state(study.folder)
    assert state is not None
    os.kill(state.driver.pid, signal.SIGKILL)
    wait_until(lambda: not state.is_alive(study.folder))
    shown = " ".join(study.call("status").output.split())
    assert re.search(r"trains in Slurm's job \d+, without its driver", shown), shown
    other = study.run(executor="local")
    assert other.exit_code == 2 and "--executor slurm goes on with it" in other.output
    (tmp_path / "gate").touch()
    ended = study.run()
    assert ended.exit_code == 0, ended.output
    record = study.record()
    assert (record.status, record.attempt) == ("ok", 2) and record.provenance["requeues"] == 1
    assert len(study.starts()) == 2, "the adopted trial was trained once more"
    assert list(record.history["epoch"]) == list(range(1, record.epochs + 1))
    assert (study.folder / "summary.csv").exists()


def test_a_task_of_a_driver_that_is_gone_is_cancelled_from_the_log_folder(cluster, tmp_path):
    study = Slow(tmp_path)
    study.run("--detach")
    wait_until(lambda: study.epoch > 1)
    state = read_state(study.folder)
    assert state is not None
    os.kill(state.driver.pid, signal.SIGKILL)
    wait_until(lambda: not state.is_alive(study.folder))
    stopped = study.call("cancel", "slow")
    assert stopped.exit_code == 0 and "has stopped" in stopped.output
    assert study.record().status == "interrupted" and study.call("attach", "slow").exit_code == 1


def test_a_task_whose_time_is_up_is_requeued_and_its_trial_goes_on(limited):
    attached = limited.call("attach", "slow")
    assert attached.exit_code == 0, attached.output
    record = limited.record()
    assert (record.status, record.attempt, record.provenance["requeues"]) == ("ok", 2, 1)
    first, second = limited.starts("restarted")
    assert first == 0 and second > 3 and record.epochs == second + 1
    assert list(record.history["epoch"]) == list(range(1, record.epochs + 1))
