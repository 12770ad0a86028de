"""Event files: whole records on the disk, and errors where they happen."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
from tensorboard.plugins.scalar.summary_v2 import scalar_pb

from harness.tensorboard.event_file import EventFile, event_files

pytestmark = pytest.mark.quick

FULL_DISK = """
import resource, sys
from pathlib import Path
from tensorboard.plugins.text.summary_v2 import text_pb
from harness.tensorboard.event_file import EventFile
file = EventFile(Path(sys.argv[1]))
file.add_summary(text_pb("first", "whole"))
file.flush()
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))  # as on a disk with room for a part of what follows
file.add_summary(text_pb("second", "x" * 5000))
try:
    file.flush()
except OSError as error:
    print(error.filename == str(file.path))
file.close()
"""


def tags(folder: Path) -> list[str]:
    (path,) = event_files(folder)
    return [value.tag for event in EventFileLoader(str(path)).Load() for value in event.summary.value]


def test_the_first_record_names_the_format(tmp_path):
    EventFile(tmp_path).close()
    (path,) = event_files(tmp_path)
    assert [event.file_version for event in EventFileLoader(str(path)).Load()] == ["brain.Event:2"]


def test_a_missing_folder_is_made(tmp_path):
    with EventFile(tmp_path / "a" / "b") as file:
        assert file.path.parent == tmp_path / "a" / "b"


def test_what_was_added_is_on_the_disk_after_a_flush(tmp_path):
    file = EventFile(tmp_path)
    file.add_summary(scalar_pb("loss", 0.5))
    assert tags(tmp_path) == []
    file.flush()
    assert tags(tmp_path) == ["loss"]
    file.close()


def test_closing_writes_the_rest_and_may_be_repeated(tmp_path):
    file = EventFile(tmp_path)
    file.add_summary(scalar_pb("loss", 0.5))
    file.close()
    file.close()
    assert tags(tmp_path) == ["loss"]


def test_an_exception_in_the_block_is_not_hidden_and_keeps_what_was_added(tmp_path):
    with pytest.raises(KeyError), EventFile(tmp_path) as file:
        file.add_summary(scalar_pb("loss", 0.5))
        raise KeyError("of somebody else")
    assert tags(tmp_path) == ["loss"]


def test_two_files_in_one_folder_have_different_names(tmp_path):
    with EventFile(tmp_path) as one, EventFile(tmp_path) as other:
        assert one.path != other.path


def test_a_removed_folder_is_noticed_at_the_next_flush(tmp_path):
    file = EventFile(tmp_path / "run")
    shutil.rmtree(tmp_path / "run")
    file.add_summary(scalar_pb("loss", 0.5))
    with pytest.raises(FileNotFoundError, match="run"):
        file.flush()
    file.abandon()


def test_a_folder_removed_and_made_again_is_noticed(tmp_path):
    file = EventFile(tmp_path / "run")
    shutil.rmtree(tmp_path / "run")
    (tmp_path / "run").mkdir()
    file.path.write_bytes(b"of somebody else")
    with pytest.raises(FileNotFoundError, match="replaced"):
        file.close()


@pytest.mark.processes
def test_a_full_disk_is_an_error_that_leaves_whole_records(tmp_path):
    done = subprocess.run([sys.executable, "-c", FULL_DISK, tmp_path], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"
    assert tags(tmp_path) == ["first"]
    EventFile(tmp_path / "same").close()
    (path,), (empty,) = event_files(tmp_path), event_files(tmp_path / "same")
    assert empty.stat().st_size < path.stat().st_size < 1000  # and nothing of the second record


def test_a_clock_that_jumps_does_not_bend_the_curve(tmp_path, monkeypatch):
    with EventFile(tmp_path) as file:
        monkeypatch.setattr(time, "time", lambda: 0.0)
        file.add_summary(scalar_pb("loss", 0.5))
    (path,) = event_files(tmp_path)
    first, second = (event.wall_time for event in EventFileLoader(str(path)).Load())
    assert 0 <= second - first < 60
