"""A study that is written here is stored elsewhere, while it grows and whole at its end."""

import json
import os
import threading
import time

import pytest

from harness.errors import UsageError
from harness.mirror import uploading
from harness.mirror.mirrors import local_path, mirror_of
from harness.mirror.stores import StoreError, open_store
from harness.mirror.uploading import hold_study
from harness.mirror.urls import parse_url
from harness.records import one_writer, shown, with_addresses

pytestmark = pytest.mark.quick
pytest.importorskip("fsspec", reason="fsspec is not installed: no log folder elsewhere is tested")


def test_a_study_is_stored_while_it_is_written_and_whole_at_the_end(url, stored, cache, monkeypatch):
    monkeypatch.setattr(uploading, "TICK_SECONDS", 0.02)
    logs = local_path(url, told=pytest.fail)
    study = logs / "s"
    study.mkdir(parents=True)
    with hold_study(study):
        (study / "a").write_text("1")
        deadline = time.monotonic() + 120
        while stored().get("s/a") != "1":
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert json.loads(stored()["s/.lock"])["pid"] == os.getpid()
        (study / "b").write_text("2")
    assert stored() == {"s/a": "1", "s/b": "2"}
    assert shown(study) == f"{url}/s" and with_addresses(f"in {study}!") == f"in {url}/s!"
    assert [thread.name for thread in threading.enumerate() if thread.name == "uploads"] == []


def test_what_cannot_be_stored_is_kept_said_once_and_stored_by_the_next_command(url, stored, cache, monkeypatch):
    monkeypatch.setattr(uploading, "TICK_SECONDS", 0.01)
    monkeypatch.setattr(uploading, "LAST_TRIES", (0.01, 0.01))
    said: list[str] = []
    logs = local_path(url, told=said.append)
    study = logs / "s"
    study.mkdir(parents=True)
    write = type(mirror_of(study).sides.store).write

    def refuse(self, path, content):
        if path.endswith(".lock"):
            return write(self, path, content)
        raise StoreError("The token has expired.")

    monkeypatch.setattr("harness.mirror.stores.Store.write", refuse)
    with hold_study(study) as held:
        (study / "record.json").write_text("1")
        time.sleep(0.05)
    assert not held.stored
    assert len(said) == 2 and said[0] == "The token has expired. It is tried for another minute."
    assert f"1 changes are not stored in {url}/s (The token has expired). All is kept in {study}" in said[1]
    assert stored() == {}
    monkeypatch.setattr("harness.mirror.stores.Store.write", write)
    assert (local_path(url, told=pytest.fail) / "s/record.json").read_text() == "1"
    assert stored() == {"s/record.json": "1"}


def test_a_study_that_this_machine_is_writing_is_neither_pulled_nor_stored_by_another_command(url, stored, cache):
    study = local_path(url, told=pytest.fail) / "s"
    study.mkdir(parents=True)
    with hold_study(study):
        (study / "a").write_text("1")
        store, prefix = open_store(parse_url(url))
        store.write(f"{prefix}/s/a", b"elsewhere")
        local_path(url, told=pytest.fail)
        assert (study / "a").read_text() == "1"
    assert stored() == {"s/a": "1"}


def test_two_processes_of_one_machine_do_not_write_one_study(url, cache):
    study = local_path(url, told=pytest.fail) / "s"
    study.mkdir(parents=True)
    with one_writer(study), pytest.raises(UsageError, match="is being written by"), hold_study(study):
        pass
