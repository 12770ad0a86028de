"""What driver and workers tell each other, and the folders that this leaves when a driver is killed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from faulty_study import PROJECT

from harness.maintenance.doctor import temporary
from harness.runs.executors.channel import Channel, Sender
from harness.runs.executors.messages import RESULT, Inbox, Message, send
from harness.runs.executors.protocol import Progress
from harness.runs.executors.sweeping import HOST_FILE, sweep

pytestmark = pytest.mark.quick


@pytest.mark.parametrize("depth", [1, 12], ids=["short", "deeper than a socket's address may be long"])
def test_progress_arrives_whatever_the_temporary_folder(tmp_path, monkeypatch, depth):
    folder = tmp_path.joinpath(*["a-long-name"] * depth)
    folder.mkdir(parents=True)
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    channel = Channel()
    try:
        Sender(channel.folder).send(Progress("base", 0, 1, {"train_loss": 0.5}))
        assert list(channel.received()) == [Progress("base", 0, 1, {"train_loss": 0.5})]
    finally:
        channel.close()


def test_half_a_message_is_not_waited_for_and_no_more_than_one_is_read():
    ours, theirs = os.pipe()
    inbox = Inbox(ours)
    assert inbox.receive() is None
    os.write(theirs, RESULT + (4).to_bytes(8, "big") + b"ab")
    assert inbox.receive() is None  # where the rest was waited for, this would not return
    os.write(theirs, b"cd")
    send(theirs, RESULT, b"next")
    assert [inbox.receive(), inbox.receive(), inbox.receive()] == [Message(RESULT, b"abcd"), Message(RESULT, b"next"), None]
    os.close(theirs)
    with pytest.raises(EOFError):
        inbox.receive()
    os.close(ours)


KILLED = """
import os, signal
from harness.runs.executors.channel import Channel
channel = Channel()
(channel.folder / "ends").mkdir()
print(channel.folder, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def killed(tmp_path, monkeypatch) -> Path:
    """The folder of a driver that was killed; the temporary folder is one of this test's own."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    environment = os.environ | {"TMPDIR": str(tmp_path), "PYTHONPATH": str(PROJECT)}
    done = subprocess.run([sys.executable, "-c", KILLED], env=environment, capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    return Path(done.stdout.strip())


@pytest.mark.processes
def test_the_next_run_sweeps_a_killed_drivers_folder_and_no_other(killed, tmp_path):
    assert (killed / "ends").exists()
    results = tmp_path / "harness-results-0a1b2c3d"  # a log folder: results that found no other place
    with_warm_starts = tmp_path / "harness-abcdefgh"
    results.mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / HOST_FILE).write_text((killed / HOST_FILE).read_text())
    with_warm_starts.symlink_to(tmp_path / "elsewhere")
    first, second = Channel(), Channel()
    try:
        assert not killed.exists()
        assert (
            first.folder.exists()
            and results.exists()
            and with_warm_starts.exists()
            and (tmp_path / "elsewhere" / HOST_FILE).exists()
        )
    finally:
        first.close(), second.close()


@pytest.mark.processes
def test_a_folder_of_another_machine_is_left_alone_and_the_doctor_sweeps_ones_own(killed):
    own = (killed / HOST_FILE).read_text()
    (killed / HOST_FILE).write_text("another machine")
    assert dict(temporary()) == {"temporary folders": "none of killed runs"} and killed.exists()
    (killed / HOST_FILE).write_text(own)
    assert dict(temporary()) == {"temporary folders": "1 of killed runs removed"} and not killed.exists()


def test_what_a_server_that_was_killed_while_it_loaded_has_left_goes_with_the_hour(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    for name, content, hours in (("old", "", 2), ("new", "", 0), ("full", "mine", 2)):
        path = tmp_path / f"harness-loading-{name}"
        path.write_text(content)
        os.utime(path, (time.time() - 3600 * hours,) * 2)
    sweep()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["harness-loading-full", "harness-loading-new"]
