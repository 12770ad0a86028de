"""One writer per study: refused while another holds it, free as soon as that one is dead."""

import json
import os
import re
import signal
import socket
import subprocess
import sys

import pytest
from calling import harness
from faulty_study import PROJECT, wait_until

from harness.errors import UsageError
from harness.records.locks import LOCK_FILE, one_writer

pytestmark = pytest.mark.quick

HOLD = """
import sys, time
from pathlib import Path
from harness.records.locks import one_writer
with one_writer(Path(sys.argv[1])):
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the folder."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, tmp_path], cwd=PROJECT)
    wait_until(lambda: (tmp_path / LOCK_FILE).exists() and (tmp_path / LOCK_FILE).stat().st_size > 0)
    yield process
    process.kill()
    process.wait()


@pytest.mark.processes
def test_a_second_writer_is_refused_with_the_owners_pid_and_host(tmp_path, holder):
    told = f"process {holder.pid} on host {re.escape(socket.gethostname())}"
    with pytest.raises(UsageError, match=told), one_writer(tmp_path):
        pass


@pytest.mark.processes
def test_the_lock_of_a_killed_owner_is_taken_over(tmp_path, holder):
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert json.loads((tmp_path / LOCK_FILE).read_text())["pid"] == holder.pid  # it left its name behind
    with one_writer(tmp_path):
        assert json.loads((tmp_path / LOCK_FILE).read_text())["pid"] == os.getpid()


def test_a_name_left_behind_holds_nothing_even_if_its_number_lives_again(tmp_path):
    (tmp_path / LOCK_FILE).write_text(json.dumps({"pid": os.getppid(), "host": socket.gethostname(), "since": "now"}))
    with one_writer(tmp_path):
        pass
    assert (tmp_path / LOCK_FILE).read_text() == ""


def test_a_second_launch_on_the_same_study_is_refused_and_trains_nothing(tmp_path):
    folder = tmp_path / "ablations"
    folder.mkdir()
    with one_writer(folder):
        result = harness("run", "ablations", "--dataset", "digits", "--only", "base", "--logdir", tmp_path)
    assert result.exit_code == 2 and f"process {os.getpid()} on host" in result.output
    assert [path.name for path in folder.iterdir()] == [LOCK_FILE]


def test_two_studies_of_one_log_folder_may_run_side_by_side(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    with one_writer(tmp_path / "a"), one_writer(tmp_path / "b"):
        pass
