"""What is known of a run from its folder alone, and who is believed."""

import os
import socket
import time
from dataclasses import replace
from pathlib import Path

import pytest
from calling import harness

from harness.cli import cancel
from harness.cli.known_runs import KnownRun
from harness.records.record import Record
from harness.runs.executors.protocol import Progress, StopRequest
from harness.runs.interrupts import Interrupts
from harness.runs.run_report import RunReport, ask, asked, reported
from harness.runs.run_state import (
    SILENT_SECONDS,
    Driver,
    RunningTrial,
    RunState,
    encoded,
    process_start,
    read_state,
)

pytestmark = pytest.mark.quick

STATE = RunState("s", Driver.this(), began=5.0, executor="local", running=(RunningTrial("wide", 1, 2, 5, "x"),), later=("b",))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "logs" / "s"
    place.mkdir(parents=True)
    return place


def put(folder: Path, text: str) -> None:
    (folder / ".run").mkdir(exist_ok=True)
    (folder / ".run" / "state.json").write_text(text)


def test_a_state_reads_back(folder):
    state = replace(STATE, seconds_left=7.5, status=1, trials=4, failed=1)
    put(folder, encoded(state))
    assert read_state(folder) == state


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"study": 3}', encoded(STATE).replace('"pid": ', '"pid": "x", "y": '), "[" * 9999]
)
def test_what_is_no_state_is_none(folder, text):
    put(folder, text)
    assert read_state(folder) is None
    assert "No run is known" in harness("status", "--logdir", folder.parent).output


def test_a_process_that_has_taken_the_number_of_a_killed_driver_is_not_taken_for_it(folder):
    reused = replace(STATE, driver=replace(Driver.this(), since="another boot:1"))
    assert STATE.is_alive(folder) and not reused.is_alive(folder)
    put(folder, encoded(reused))
    shown = harness("status", "--logdir", folder.parent).output
    assert "gone, last heard of" in shown and "run it again with the same options" in shown


def test_a_dead_process_has_no_start():
    assert process_start(os.getpid()) and not process_start(2**22 + 1)


def test_a_driver_on_another_machine_is_there_for_as_long_as_it_was_heard_of(folder):
    elsewhere = replace(STATE, driver=replace(Driver.this(), host="elsewhere", since="1"))
    assert replace(elsewhere, heard=time.time()).is_alive(folder)
    assert not replace(elsewhere, heard=time.time() - SILENT_SECONDS - 1).is_alive(folder)


def test_what_is_asked_of_a_run_is_heard_by_it_and_by_no_later_one(folder):
    report = RunReport(folder, STATE)
    ask(folder, STATE, StopRequest.AFTER_EPOCH)
    assert report.stop_request() is StopRequest.AFTER_EPOCH
    assert asked(folder, replace(STATE, began=6.0)) is StopRequest.NONE
    assert RunReport(folder, replace(STATE, began=6.0)).stop_request() is StopRequest.NONE
    interrupts = Interrupts()
    assert interrupts.ask(StopRequest.NOW) is interrupts.ask(StopRequest.NONE) is StopRequest.NOW


def test_progress_is_written_as_it_comes_and_an_error_ends_the_report(folder, monkeypatch):
    monkeypatch.setattr("harness.runs.run_report.WRITE_SECONDS", -1.0)
    record = Record.__new__(Record)
    with pytest.raises(ArithmeticError), reported(folder, executor="local") as report:
        report.epoch(Progress("wide", 0, 3, {}))
        report.epoch(Progress("narrow", 0, 0, {}, "waits for Slurm (Resources)", begun=False))
        report.stop_request()
        assert read_state(folder).running == (RunningTrial("wide", 0, 3),)
        for status, as_expected in (("failed", False), ("interrupted", False), ("ok", True)):
            for name, value in {"variant": "wide", "seed": 0, "status": status, "as_expected": as_expected}.items():
                object.__setattr__(record, name, value)
            report.ended(record)
        raise ArithmeticError
    state = read_state(folder)
    assert (state.phase, state.status, state.ended, state.failed, state.running) == ("ended", 1, 2, 1, ())


def test_nothing_is_written_through_a_link_or_into_a_folder_that_is_gone(folder, tmp_path):
    target = tmp_path / "elsewhere"
    target.mkdir()
    (folder / ".run").symlink_to(target)
    RunReport(folder, STATE).end(0)
    assert not list(target.iterdir())
    (folder / ".run").unlink()
    folder.rmdir()
    RunReport(folder, STATE).end(0)
    assert not folder.exists()


def test_commands_without_a_run_say_so_in_one_line(folder):
    logs = folder.parent
    for words, status, said in (
        (["status"], 0, "No run is known in"),
        (["cancel"], 0, "No run is known in"),
        (["attach"], 2, "Error: No run is known in"),
        (["status", "tt"], 2, "is not known. Known: s."),
        (["attach", "s"], 2, "Error: No run is known in 's'."),
    ):
        result = harness(*words, "--logdir", logs)
        assert result.exit_code == status and said in result.output and len(result.output.splitlines()) == 1, words
    missing = harness("status", "--logdir", logs / "none")
    assert missing.exit_code == 2 and "There is no log folder" in missing.output


def test_a_study_is_named_by_its_name_its_file_or_its_folder(folder, monkeypatch):
    put(folder, encoded(replace(STATE, phase="ended", status=0, trials=2, ended=2)))
    monkeypatch.chdir(folder.parent.parent)
    shown = {harness("status", target).output for target in ("s", "s.py", "logs/s", "logs", str(folder))}
    assert len(shown) == 1 and "ended, all as expected" in shown.pop()


def test_of_several_runs_that_go_on_one_must_be_named(folder):
    put(folder, encoded(STATE))
    other = folder.parent / "t"
    other.mkdir()
    put(other, encoded(replace(STATE, study="t")))
    result = harness("attach", "--logdir", folder.parent)
    assert result.exit_code == 2 and "Several runs go on" in result.output and "s, t" in result.output


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a file to somebody else")
def test_no_process_is_signalled_on_the_word_of_another_user(folder, monkeypatch):
    sent: list[int] = []
    monkeypatch.setattr(os, "kill", lambda pid, number: sent.append(pid))
    put(folder, encoded(STATE))
    run = KnownRun(folder, STATE, alive=True)
    assert cancel._signal(run, StopRequest.NOW) and sent == [os.getpid()]
    os.chown(folder / ".run" / "state.json", 12345, -1)
    assert not cancel._signal(run, StopRequest.NOW) and len(sent) == 1
    elsewhere = replace(run, state=replace(STATE, driver=replace(STATE.driver, host=f"not-{socket.gethostname()}")))
    assert not cancel._signal(elsewhere, StopRequest.NOW) and len(sent) == 1
