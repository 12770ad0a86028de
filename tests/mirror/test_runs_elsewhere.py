"""A run on another machine, known through a store alone: it is followed as it goes on, and not asked what it cannot hear."""

import time
import uuid
from dataclasses import replace
from pathlib import Path

import pytest
from calling import harness

from harness.cli import attach
from harness.cli.known_runs import KnownRun
from harness.mirror import mirrors
from harness.mirror.stores import Store, open_store
from harness.mirror.urls import parse_url
from harness.runs.run_state import ENDED, TRAINING, Driver, RunState, encoded

pytestmark = pytest.mark.quick
pytest.importorskip("fsspec", reason="fsspec is not installed: no log folder elsewhere is tested")

DRIVER = Driver("far-away", 4711, "boot:1", "me")


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return f"memory://{uuid.uuid4().hex}/logs"


def put(url: str, state: RunState) -> None:
    store, folder = open_store(parse_url(url))
    assert isinstance(store, Store)
    store.write(f"{folder}/clouds/.run/state.json", encoded(state).encode())


def running() -> RunState:
    return RunState("clouds", DRIVER, time.time(), "local", TRAINING, trials=4, ended=1, heard=time.time())


def test_cancel_names_the_machine_that_can_be_asked(url: str) -> None:
    put(url, running())
    result = harness("cancel", "clouds", "--logdir", url)
    assert result.exit_code == 2 and "of me, process 4711 on far-away, which hears nothing through" in result.output
    assert "memory:// is this command's own memory" in result.output
    assert f"cancel clouds --logdir {url}" in result.output and "Stopping" not in result.output


def test_attach_sees_the_end_of_it(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mirrors, "PULL_SECONDS", 0.1)
    state = running()
    put(url, state)
    newest = attach._newest

    def ended_meanwhile(run: KnownRun) -> KnownRun:
        put(url, replace(state, phase=ENDED, ended=4, status=0))
        return newest(run)

    monkeypatch.setattr(attach, "_newest", ended_meanwhile)
    result = harness("attach", "clouds", "--logdir", url)
    assert result.exit_code == 0 and "clouds: 1 of 4" in result.output and "clouds ended, all as expected" in result.output
