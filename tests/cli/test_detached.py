"""Runs without a terminal: started, seen, left alone, stopped, killed, and gone on with."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from calling import harness
from waiting import wait_until

from harness.records.record import load_records
from harness.runs.run_state import RunState, read_state

STUDY = """
import time
from pathlib import Path
from harness import Study, Variant

def train(settings, trial):
    state = trial.resume() or {"epoch": 0}
    for epoch in range(state["epoch"] + 1, settings.epochs + 1):
        while not Path(settings.gate).exists():
            time.sleep(0.02)
            if trial.stop:
                break
        trial.log(epoch, test_accuracy=0.5 + settings.gain * epoch)
        trial.checkpoint({"epoch": epoch})

STUDY = Study("slow", base={"epochs": 3, "gain": 0.01, "gate": GATE}, train=train, variants=[Variant("more", gain=0.02)])
"""


class Slow:
    """A study whose epochs end when its gate is opened."""

    def __init__(self, folder: Path) -> None:
        self.gate, self.logs, self.file = folder / "gate", folder / "logs", folder / "slow.py"
        self.file.write_text(STUDY.replace("GATE", repr(str(self.gate))))

    def run(self, *words: str):
        options = ("--seeds", 1, "--jobs", 2, "--checkpoint-seconds", 0)
        return harness("run", self.file, "--logdir", self.logs, *options, *words)

    def call(self, *words: str):
        return harness(*words, "--logdir", self.logs)

    @property
    def state(self) -> RunState:
        state = read_state(self.logs / "slow")
        assert state is not None
        return state


@pytest.fixture
def slow(tmp_path: Path):
    study = Slow(tmp_path)
    yield study
    state = read_state(study.logs / "slow")
    if state and state.driver.is_here and state.driver.pid != os.getpid():
        os.kill(state.driver.pid, signal.SIGKILL)


def test_a_detached_run_is_followed_left_alone_stopped_and_gone_on_with(slow):
    begun = slow.run("--detach")
    assert begun.exit_code == 0 and begun.output.splitlines()[-1].startswith("Detached: process ")
    assert slow.state.is_alive(slow.logs / "slow") and slow.state.driver.pid != os.getpid()
    assert "attach slow" in slow.call("status").output
    assert slow.run().exit_code == slow.run("--detach").exit_code == 2  # one run at a time

    words = [sys.executable, "-m", "harness", "attach", "--logdir", str(slow.logs)]
    attached = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert attached.stdout is not None and "2 to train" in attached.stdout.readline()
    attached.send_signal(signal.SIGINT)
    said = attached.communicate()[1]
    assert attached.returncode == 130 and "Detached; slow goes on." in said
    wait_until(lambda: len(slow.state.running) == 2)

    stopped = slow.call("cancel", "slow")
    assert stopped.exit_code == 0 and "slow has stopped after 0 of 2 trials" in stopped.output
    assert (slow.state.phase, slow.state.status) == ("ended", 130) and slow.call("attach", "slow").exit_code == 130
    assert {record.status for record in load_records(slow.logs)[0]} == {"interrupted"}

    slow.gate.touch()
    again = slow.run("--detach")
    assert "2 interrupted" in again.output
    ended = slow.call("attach", "slow")
    assert ended.exit_code == 0 and "[2/2]" in ended.output and "Stored in" in ended.output
    assert {record.status for record in load_records(slow.logs)[0]} == {"ok"}
    shown = " ".join(slow.call("status").output.split())
    assert "ended, all as expected" in shown and "2/2" in shown


def test_a_killed_driver_is_told_and_the_same_run_goes_on(slow):
    slow.run("--detach")
    wait_until(lambda: len(slow.state.running) == 2)
    os.kill(slow.state.driver.pid, signal.SIGKILL)
    wait_until(lambda: not slow.state.is_alive(slow.logs / "slow"))
    assert "gone, last heard of" in slow.call("status").output
    attached = slow.call("attach", "slow")
    assert attached.exit_code == 1 and "cut short" in attached.output
    slow.gate.touch()
    ended = slow.run()  # not detached: it reports all the same
    assert ended.exit_code == 0 and "2 to train" in ended.output
    assert (slow.state.status, slow.state.ended, slow.state.log) == (0, 2, "")
    assert slow.call("attach", "slow").exit_code == 0


def test_cancel_now_ends_running_trials_at_once(slow):
    slow.run("--detach")
    wait_until(lambda: len(slow.state.running) == 2)
    began = time.monotonic()
    assert slow.call("cancel", "--now").exit_code == 0 and time.monotonic() - began < 300
    assert {record.status for record in load_records(slow.logs)[0]} == {"interrupted"} and slow.state.status == 130


def test_what_is_wrong_with_a_call_or_a_study_is_told_before_it_is_detached(slow):
    assert slow.run("--detach", "--dry-run").exit_code == 2
    unknown = harness("run", "ablation", "--detach", "--logdir", slow.logs)
    assert unknown.exit_code == 2 and "Did you mean 'ablations'?" in unknown.output
    slow.file.write_text(
        slow.file.read_text().replace("train=train", 'command="no-such-program-here {gain} {epochs} {gate} > x"')
    )
    refused = slow.run("--detach")
    assert refused.exit_code == 2 and "which is for a shell" in refused.output and "Detached" not in refused.output
    assert slow.state.status == 2 and "refused" in slow.call("status").output


@pytest.mark.quick
def test_a_script_does_not_detach():
    import harness as library

    with pytest.raises(ValueError, match="detach"):
        library.run("ablations", detach=True)
