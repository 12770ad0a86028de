"""What a study trains itself bears what other trials bear: a killed worker, a limit of time, Ctrl-C, a run again."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from calling import harness

from harness.records.record import INTERRUPTED, OK, TIMEOUT, Record, load_records

pytestmark = pytest.mark.processes

MORTAL = """
import os, pathlib
from harness import Study, Variant
def train(settings, trial):
    import numpy as np
    state = trial.resume() or {"epoch": 0, "sum": 0.0}
    for epoch in range(state["epoch"] + 1, 6):
        state = {"epoch": epoch, "sum": state["sum"] + np.random.random()}
        trial.log(epoch, train_loss=state["sum"], test_accuracy=settings.rate)
        trial.checkpoint(state)
        marker = pathlib.Path(os.environ.get("HARNESS_DEADLY_FOLDER", "/nowhere")) / "killed"
        if epoch == 3 and marker.parent.is_dir() and not marker.exists():
            marker.touch()
            os.kill(os.getpid(), 9)
STUDY = Study("mortal", base={"rate": 0.5}, variants=[Variant("other", rate=0.25)], train=train)
"""
SLOW = """
import pathlib, subprocess, sys, time
child = subprocess.Popen(["sleep", "600"])
deaf = subprocess.Popen(["sleep", "600"], start_new_session=True)
pathlib.Path(sys.argv[1], "pids").write_text(f"{child.pid} {deaf.pid}")
time.sleep(600)
"""
TOML = 'command = "python slow.py {folder} {rate}"\n[base]\nrate = 0.5\n'


def records_of(logdir: Path) -> dict[str, Record]:
    return {record.variant: record for record in load_records(logdir)[0]}


def test_a_function_whose_worker_was_killed_goes_on_and_ends_in_the_same_numbers(tmp_path, monkeypatch):
    path = tmp_path / "mortal.py"
    path.write_text(MORTAL)
    options = ("--seeds", 1, "--jobs", 1, "--checkpoint-seconds", 0)
    assert harness("run", path, *options, "--logdir", tmp_path / "whole").exit_code == 0
    monkeypatch.setenv("HARNESS_DEADLY_FOLDER", str(tmp_path))
    result = harness("run", path, *options, "--logdir", tmp_path / "logs")
    assert result.exit_code == 0 and "went on from epoch" in result.output, result.output
    whole, again = records_of(tmp_path / "whole"), records_of(tmp_path / "logs")
    assert (tmp_path / "killed").exists()
    for name in whole:
        assert again[name].history["train_loss"] == whole[name].history["train_loss"]
        assert again[name].trial_id == whole[name].trial_id
    assert sum("resumed_from" in record.provenance for record in again.values()) == 1
    result = harness("run", path, *options, "--logdir", tmp_path / "logs")
    assert "0 to train, 2 done already" in result.output
    result = harness(
        "rerun", tmp_path / "whole" / "mortal" / "base" / "seed-0", "--study", path, "--logdir", tmp_path / "whole"
    )
    assert result.exit_code == 0 and "Identical, bit for bit" in result.output, result.output


@pytest.fixture
def slow(tmp_path: Path) -> Path:
    (tmp_path / "slow.py").write_text(SLOW)
    path = tmp_path / "study.toml"
    path.write_text(TOML)
    return path


def started(logdir: Path) -> list[int]:
    """Return the processes that the script has started, once it has."""
    for _ in range(2400):
        for path in logdir.rglob("pids"):
            if path.read_text():
                return [int(pid) for pid in path.read_text().split()]
        time.sleep(0.05)
    raise AssertionError("the script did not start")


def require_ended(pids: list[int]) -> None:
    _, alive = psutil.wait_procs([psutil.Process(pid) for pid in pids if psutil.pid_exists(pid)], timeout=60)
    left = [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]
    for process in left:
        process.kill()
    assert not left, f"outlived their trial: {left}"


def test_all_that_a_script_has_started_ends_with_its_time(slow, tmp_path):
    result = harness("run", slow, "--seeds", 1, "--max-seconds", 2, "--logdir", tmp_path / "logs")
    assert result.exit_code == 1
    assert records_of(tmp_path / "logs")["base"].status == TIMEOUT
    require_ended(started(tmp_path / "logs"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_all_that_a_script_has_started_ends_with_the_run(slow, tmp_path, number):
    words = ["run", str(slow), "--seeds", "1", "--logdir", str(tmp_path / "logs")]
    with (tmp_path / "said").open("w") as said:
        run = subprocess.Popen([sys.executable, "-m", "harness", *words], stdout=said, stderr=said, env=dict(os.environ))
    pids = started(tmp_path / "logs")
    run.send_signal(number)
    assert run.wait(30) == (130 if number == signal.SIGINT else -9), (tmp_path / "said").read_text()
    if number == signal.SIGINT:
        record = records_of(tmp_path / "logs")["base"]
        assert (record.status, record.error) == (INTERRUPTED, "Interrupted: the command was stopped.")
        require_ended(pids)
    else:
        require_ended(pids[:1])  # one that has left the group lives on where nobody is left to end it, as any worker's does


def test_a_script_that_is_gone_through_is_not_run_again_and_an_edited_one_is(slow, tmp_path):
    script = slow.with_name("slow.py")
    script.write_text('import pathlib, sys; pathlib.Path(sys.argv[1], "metrics.json").write_text(\'{"test_accuracy": 0.5}\')\n')
    options = ("--seeds", 2, "--logdir", tmp_path / "logs")
    first = harness("run", slow, *options)
    assert first.exit_code == 0 and "its trials are repeats" in first.output, first.output
    assert "0 to train, 2 done already" in harness("run", slow, *options, "--dry-run").output
    script.write_text(script.read_text().replace("0.5", "0.6"))
    again = harness("run", slow, *options)
    assert "2 to train (2 changed)" in again.output
    assert {record.metrics["test_accuracy"] for record in load_records(tmp_path / "logs")[0]} == {0.6}
    assert {record.status for record in load_records(tmp_path / "logs")[0]} == {OK}
    unnamed = slow.with_name("unnamed.toml")
    unnamed.write_text(TOML.replace(" {rate}", ""))
    refused = harness("run", unnamed, *options, "--set", "rate=0.1")
    assert (
        refused.exit_code == 2
        and "--set rate=0.1 changes nothing in study 'unnamed': its command does not name rate" in refused.output
    )
