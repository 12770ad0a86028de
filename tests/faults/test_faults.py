"""Faults, each really caused: what the user sees, and that nothing is lost, mixed or left behind."""

import csv
import os
import re
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from calling import harness
from faulty_study import CLOCK_JUMP, HANGING, gone, start, wait_until, write_study

from harness.records.attempts import attempt_folder
from harness.records.record import Record, load_records, read_record

FAULTS = ("kill_once", "exit_quietly", "leave", "hang", "jump", "raise_unpicklable")


def rows(path: Path) -> list[dict[str, str]]:
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def faults(tmp_path, monkeypatch) -> Path:
    """The folder in which the faulty study counts what it has started."""
    folder = tmp_path / "faults"
    folder.mkdir()
    monkeypatch.setenv("HARNESS_FAULTS", str(folder))
    return folder


@dataclass(frozen=True)
class Suffered:
    """A study that has met many faults: its folder, what was printed, its records by variant."""

    folder: Path
    faults: Path
    output: str
    status: int
    records: dict[str, Record]


@pytest.fixture(scope="module")
def suffered(tmp_path_factory) -> Suffered:
    """One run that meets all faults of a trial or its worker."""
    place = tmp_path_factory.mktemp("suffered")
    faults = place / "faults"
    faults.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HARNESS_FAULTS", str(faults))
        study = write_study(place, *FAULTS)
        words = ("run", study, "--seeds", 1, "--logdir", place / "logs")
        only = [word for fault in FAULTS if fault != "hang" for word in ("--only", fault.replace("_", "-"))]
        result = harness(*words, *only)
        # Alone, so that the limit ends no trial but this one, however slow the machine is.
        ended = harness(*words, "--only", "hang", "--max-seconds", 15)
    assert ended.exit_code == 1, ended.output
    records = {record.variant: record for record in load_records(place / "logs")[0]}
    return Suffered(place / "logs" / "faulty", faults, result.output + ended.output, result.exit_code, records)


def test_every_trial_has_one_row_whatever_it_met(suffered):
    assert suffered.status == 1
    assert sorted(row["variant"] for row in rows(suffered.folder / "runs.csv")) == sorted(
        ["base", *(name.replace("_", "-") for name in FAULTS)]
    )
    assert suffered.records["base"].status == "ok"


def test_a_trial_whose_worker_was_killed_is_tried_once_more(suffered):
    record = suffered.records["kill-once"]
    assert (record.status, record.attempt, record.provenance["retries"]) == ("ok", 2, 1)
    first = read_record(attempt_folder(suffered.folder / "kill-once" / "seed-0", 1) / "record.json")
    assert first.status == "failed" and first.error == "WorkerLost: the worker was killed by SIGKILL."


def test_a_worker_that_exits_fails_its_trial_after_the_second_time(suffered):
    record = suffered.records["exit-quietly"]
    assert (record.status, record.attempt, record.provenance["retries"]) == ("failed", 2, 1)
    assert record.error == "WorkerLost: the worker exited with status 0."


def test_a_trial_that_calls_exit_fails_by_itself(suffered):
    record = suffered.records["leave"]
    assert (record.status, record.attempt, record.error) == ("failed", 1, "SystemExit: 4")


def test_an_error_that_cannot_be_pickled_fails_its_trial_with_its_text(suffered):
    record = suffered.records["raise-unpicklable"]
    assert (record.status, record.error) == ("failed", "Odd: the text of it")


def test_a_hanging_trial_is_ended_with_all_that_it_started(suffered):
    assert suffered.records["hang"].status == "timeout"
    children = (suffered.faults / "children").read_text().split()
    assert len(children) == 2 and all(gone(int(pid)) for pid in children)


def test_durations_stay_right_when_the_clock_jumps(suffered):
    record = suffered.records["jump"]
    assert record.status == "ok" and 0 < record.cost["seconds"] < CLOCK_JUMP / 2
    assert record.provenance["ended"] - record.provenance["started"] == pytest.approx(
        record.cost["seconds"], abs=CLOCK_JUMP / 2
    )
    assert all(0 <= seconds < CLOCK_JUMP / 2 for seconds in record.history["epoch_seconds"])


def test_ctrl_c_stops_the_running_trial_at_its_epochs_end(tmp_path, faults):
    study = write_study(tmp_path, "jump", epochs=1_000_000)
    words = ("run", study, "--seeds", 1, "--jobs", 1, "--logdir", tmp_path / "logs")
    driver = start(*words, faults=faults, stdout=tmp_path / "out")
    wait_until(lambda: any((tmp_path / "logs").glob("faulty/*/seed-0/test/events*")))
    driver.send_signal(signal.SIGINT)
    assert driver.wait(timeout=HANGING) == 130
    (row,) = rows(tmp_path / "logs/faulty/runs.csv")  # the other trial was never begun
    assert row["status"] == "interrupted" and int(row["epochs"]) >= 1
    out = (tmp_path / "out").read_text()
    assert "Stopping" in out and "You stopped it after 0 of 2 trials. The same command goes on from there." in out
    assert "Not as expected" not in out


@pytest.mark.parametrize("how", ["Ctrl-C twice", "SIGTERM"])
def test_a_second_ctrl_c_or_a_sigterm_ends_at_once(tmp_path, faults, how):
    study = write_study(tmp_path, "hang")
    driver = start("run", study, "--seeds", 1, "--logdir", tmp_path / "logs", faults=faults, stdout=tmp_path / "out")
    wait_until(lambda: (faults / "worker").exists() and bool(load_records(tmp_path / "logs")[0]))
    if how == "SIGTERM":
        driver.terminate()
    else:
        driver.send_signal(signal.SIGINT)
        with pytest.raises(subprocess.TimeoutExpired):  # the trial hangs, and its epoch does not end
            driver.wait(timeout=1)
        driver.send_signal(signal.SIGINT)
    assert driver.wait(timeout=HANGING) == 130
    statuses = {row["variant"]: row["status"] for row in rows(tmp_path / "logs/faulty/runs.csv")}
    assert statuses == {"base": "ok", "hang": "interrupted"}
    assert all(gone(int(pid)) for pid in (faults / "children").read_text().split())
    assert "You stopped it after 1 of 2 trials." in (tmp_path / "out").read_text()
    # What was stopped does not make a run of other variants fail.
    other = harness("run", study, "--seeds", 1, "--only", "base", "--logdir", tmp_path / "logs")
    assert other.exit_code == 0 and "Not as expected" not in other.output, other.output


def test_a_killed_driver_leaves_no_process_and_run_again_finishes_the_rest(tmp_path, faults):
    study = write_study(tmp_path, "hang_once")
    words = ("run", study, "--seeds", 1, "--logdir", tmp_path / "logs", "--engine", "graph")
    driver = start(*words, faults=faults, stdout=tmp_path / "out")
    base = tmp_path / "logs/faulty/base/seed-0/record.json"
    wait_until(lambda: (faults / "worker").exists() and base.exists())
    driver.kill()
    driver.wait()
    wait_until(lambda: gone(int((faults / "worker").read_text())), seconds=60)
    before = base.read_bytes()
    again = harness(*words)
    assert again.exit_code == 0 and "1 to train, 1 done already" in again.output, again.output
    assert base.read_bytes() == before
    found = [(row["variant"], row["status"], row["attempt"]) for row in rows(tmp_path / "logs/faulty/runs.csv")]
    assert found == [("base", "ok", "1"), ("hang-once", "ok", "2")]  # the orphaned attempt keeps its folder


def fallback_named_in(output: str) -> Path:
    return Path(re.search(r"in (\S+harness-results-\w+)", " ".join(output.split()))[1])


def freeze(folder: Path) -> str:
    """Return a shell command after which nothing can be made in a folder, not even by root."""
    if os.geteuid() != 0:
        return f"chmod -R a-w {folder}"
    probe = folder.parents[1] / "probe"
    probe.mkdir()
    frozen = subprocess.run(["chattr", "+i", probe], capture_output=True).returncode == 0
    if frozen:
        subprocess.run(["chattr", "-i", probe], check=True)
        return f"find {folder} -type d -exec chattr +i {{}} +"
    return f"mv {folder} {folder}.away && ln -s /sys/kernel {folder}"  # a folder in which root can make nothing


def thaw(folder: Path) -> None:
    command = f"chmod -R u+w {folder}; find {folder} -type d -exec chattr -i {{}} +"
    subprocess.run(command, shell=True, capture_output=True)


@pytest.mark.parametrize("how", ["removed", "read-only"])
def test_the_result_of_a_lost_log_folder_lies_in_a_fallback_that_is_named(tmp_path, faults, monkeypatch, how):
    folder = tmp_path / "logs" / "faulty"
    monkeypatch.setenv("HARNESS_LOSE_FOLDER", f"rm -r {folder}" if how == "removed" else freeze(folder))
    try:
        study = write_study(tmp_path, "lose_folder")
        result = harness("run", study, "--seeds", 1, "--jobs", 1, "--logdir", tmp_path / "logs")
    finally:
        thaw(folder)
    assert result.exit_code == 1
    fallback = fallback_named_in(result.output)
    try:
        records = {record.variant: record for record in load_records(fallback)[0]}
        assert records["lose-folder"].status == "ok" and records["lose-folder"].epochs == 2
        assert {row["variant"] for row in rows(fallback / "faulty" / "runs.csv")} == set(records)
    finally:
        shutil.rmtree(fallback)
    assert how == "read-only" or not folder.exists()


def test_a_disk_that_fills_up_fails_the_trial_and_leaves_what_was_there(tmp_path, faults, small_disk, monkeypatch):
    logdir = small_disk.folder / "logs"
    words = ("run", write_study(tmp_path, "lose_folder"), "--seeds", 1, "--jobs", 1, "--logdir", logdir)
    monkeypatch.setenv("HARNESS_LOSE_FOLDER", small_disk.fill)
    full = start(*words, faults=faults, stdout=subprocess.PIPE)
    said = " ".join(full.communicate(timeout=HANGING)[0].split())
    assert full.returncode == 1, said
    assert "lose-folder seed 0: failed disk full" in said and "The tables could not be written (disk full" in said
    shutil.rmtree(fallback_named_in(said), ignore_errors=True)
    (record,) = load_records(logdir)[0]
    assert (record.variant, record.status) == ("base", "ok")
    assert [row["variant"] for row in rows(logdir / "faulty/runs.csv")] == ["base"]  # as it was before
    small_disk.empty()
    monkeypatch.setenv("HARNESS_LOSE_FOLDER", "true")
    again = harness(*words)
    assert again.exit_code == 0, again.output
    assert [row["status"] for row in rows(logdir / "faulty/runs.csv")] == ["ok", "ok"]


def test_workers_that_cannot_start_are_one_line_and_no_endless_loop(tmp_path, faults, monkeypatch):
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "tensorflow.py").write_text("raise ImportError('no such instruction on this processor')")
    monkeypatch.syspath_prepend(tmp_path / "broken")  # a worker takes over the driver's search path
    result = harness("run", write_study(tmp_path, "jump"), "--seeds", 1, "--jobs", 1, "--logdir", tmp_path / "logs")
    assert result.exit_code == 2
    assert "Workers do not start" in result.output and "no such instruction on this processor" in result.output
