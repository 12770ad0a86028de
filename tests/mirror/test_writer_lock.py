"""Who may write a study in a store."""

import json
import os
import subprocess
import time

import pytest

from harness.errors import UsageError
from harness.mirror import writer_lock
from harness.mirror.stores import open_store
from harness.mirror.urls import parse_url
from harness.mirror.writer_lock import LockLostError, WriterLock

pytestmark = pytest.mark.quick
pytest.importorskip("fsspec", reason="fsspec is not installed: no log folder elsewhere is tested")


def lock_of(url: str, told=print) -> WriterLock:
    store, prefix = open_store(parse_url(url))
    return WriterLock(store, f"{prefix}/s", told=told)


def put_lock(url: str, **owner) -> None:
    store, prefix = open_store(parse_url(url))
    store.write(f"{prefix}/s/.lock", json.dumps(owner).encode())


def test_a_second_machine_is_refused_by_name_until_the_first_lets_go(url):
    first, second = lock_of(url), lock_of(url)
    first.acquire()
    with pytest.raises(UsageError, match=rf"logs/s' is being written by process {os.getpid()} on host "):
        second.acquire()
    second.release()  # which is not its own
    with pytest.raises(UsageError):
        second.acquire()
    first.release()
    second.acquire()


@pytest.mark.parametrize(
    "owner",
    [
        {"id": "a", "pid": 1, "host": "away", "machine": "away", "refreshed": 5.0},
        {"id": "a", "pid": 2**22 + 1, "host": "here", "machine": "MINE", "refreshed": 2e10},
        {},
    ],
    ids=["not heard of for long", "a process of this machine that has ended", "no lock of ours"],
)
def test_the_lock_of_one_that_is_gone_is_taken_over(url, owner, monkeypatch):
    monkeypatch.setattr(writer_lock, "SETTLE_SECONDS", 0.0)
    if owner.get("machine") == "MINE":
        owner = owner | {"machine": writer_lock._machine()}
    put_lock(url, **owner)
    lock_of(url).acquire()


@pytest.mark.processes
def test_the_lock_of_a_killed_process_that_nobody_has_buried_is_taken_over(url, monkeypatch):
    monkeypatch.setattr(writer_lock, "SETTLE_SECONDS", 0.0)
    killed = subprocess.Popen(["sleep", "60"])
    try:
        put_lock(url, id="a", pid=killed.pid, host="here", machine=writer_lock._machine(), refreshed=time.time())
        with pytest.raises(UsageError, match="is being written by"):
            lock_of(url).acquire()
        killed.kill()
        os.waitid(os.P_PID, killed.pid, os.WEXITED | os.WNOWAIT)
        lock_of(url).acquire()
    finally:
        killed.kill()
        killed.wait()


def test_the_lock_of_a_machine_that_was_heard_of_lately_stands(url):
    put_lock(url, id="a", pid=2**22 + 1, host="away", machine="away", refreshed=time.time() - 60, since="noon")
    with pytest.raises(UsageError, match="on host away, since noon"):
        lock_of(url).acquire()


def test_a_lock_that_was_taken_over_is_noticed_and_left_to_its_new_owner(url, monkeypatch):
    lock = lock_of(url)
    lock.acquire()
    put_lock(url, id="b", pid=1, host="away", refreshed=time.time())
    lock.keep()  # not yet time to look
    with pytest.raises(LockLostError, match="taken over by process 1 on host away"):
        lock.keep(now=True)
    lock.release()
    with pytest.raises(UsageError):
        lock_of(url).acquire()


def test_a_store_without_conditional_writes_is_said_so(url, monkeypatch):
    monkeypatch.setattr(writer_lock, "SETTLE_SECONDS", 0.0)
    monkeypatch.setattr(
        "harness.mirror.stores.Store.create", lambda self, path, content: bool(self.write(path, content)) or True
    )
    said: list[str] = []
    lock_of(url, told=said.append).acquire()
    assert len(said) == 1 and "has no conditional writes" in said[0]
