"""Workers are forked from a server that has TensorFlow loaded and never run; where that cannot be, they are spawned."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from multiprocessing import forkserver
from multiprocessing.context import SpawnContext
from pathlib import Path
from typing import Any

import psutil
import pytest

from harness.records import Record
from harness.runs.executors.local import LocalExecutor
from harness.runs.executors.preloading import SERVER
from harness.runs.executors.processes import Job
from harness.runs.executors.protocol import StopRequest, WorkerFailure
from harness.runs.plan import make_plan
from harness.runs.request import RunRequest
from harness.study.loading import load_study
from harness.training.trial import Trial

STUDY = """
from harness import Arrays, Settings, Study

def arrays(settings):
    import numpy as np
    x = np.random.normal(size=(64, 8)).astype("float32")
    return Arrays(x[:48], (x[:48, 0] > 0).astype("int64"), x[48:], (x[48:, 0] > 0).astype("int64"))

def build(settings):
    import keras
    return keras.Sequential([keras.Input((8,)), keras.layers.Dense(4, "relu"), keras.layers.Dense(2, "softmax")])

STUDY = Study("small", base=Settings(outputs=2, epochs=3, batch_size=16), build=build, arrays=arrays, variants=[])
"""
DRIVER = """
import os, time
from harness.runs.executors.local import LocalExecutor
from harness.runs.executors.processes import Job
from harness.runs.executors.protocol import StopRequest

jobs = [Job(0, os.getpid, ())]
((_, result),) = LocalExecutor(jobs=1)._perform(jobs, progress=print, stop_request=lambda: StopRequest.NONE)
print(result, flush=True)
time.sleep(600)
"""
STARTS_A_THREAD = "import threading, time\nthreading.Thread(target=time.sleep, args=(600,), daemon=True).start()"


@pytest.fixture
def _left() -> Iterator[None]:
    """Leave no server behind, of which something has been made that it is not; the next test that needs one starts it."""
    yield
    SERVER._leave()
    SERVER._state = None


@pytest.fixture
def executor() -> Iterator[LocalExecutor]:
    executor = LocalExecutor(jobs=1)
    yield executor
    executor.close()


def perform(executor: LocalExecutor, function: Any, *args: Any) -> Any:
    """Return what a call in the worker comes to."""
    ((_, result),) = executor._perform([Job(0, function, args)], progress=print, stop_request=lambda: StopRequest.NONE)
    return result


def test_a_worker_in_the_place_of_a_dead_one_comes_from_the_same_server(executor: LocalExecutor):
    server = perform(executor, os.getppid)
    assert server != os.getpid() and psutil.Process(server).ppid() == os.getpid()
    assert "was killed by SIGKILL" in perform(executor, os.kill, 0, signal.SIGKILL).text
    assert perform(executor, os.getppid) == server
    assert executor.replaced == []


def test_a_worker_has_the_drivers_variables_and_none_of_the_servers(executor: LocalExecutor, monkeypatch: pytest.MonkeyPatch):
    server = perform(executor, os.getppid)
    monkeypatch.setenv("HARNESS_OF_THE_TEST", "1")
    perform(executor, os.kill, 0, signal.SIGKILL)
    assert perform(executor, os.getenv, "HARNESS_OF_THE_TEST") == "1"
    assert perform(executor, os.getenv, "PYTHONSAFEPATH") is None and perform(executor, os.getppid) == server


@pytest.mark.usefixtures("_left")
def test_forked_workers_and_spawned_ones_train_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    file = tmp_path / "small.py"
    file.write_text(STUDY)
    found = []
    for folder in ("forked", "spawned"):
        plan = make_plan(load_study(str(file)), RunRequest(logdir=tmp_path / folder, seeds=1), {})
        if folder == "spawned":
            SERVER._leave()  # as if it had died
        executor = LocalExecutor(jobs=1)
        (server, record) = perform(executor, _train, plan.trials[0], executor._channel.folder)
        executor.close()
        found.append(record)
        assert (server == os.getpid()) is (folder == "spawned")
    assert isinstance(found[0], Record) and found[0].status == "ok", found[0].error
    assert found[0].metrics == found[1].metrics and found[0].trial_id == found[1].trial_id


def _train(trial: Trial, channel: Path) -> tuple[int, Record]:
    from harness.runs.executors.worker import run

    return os.getppid(), run(trial, channel)


@pytest.mark.usefixtures("_left")
def test_a_server_that_is_killed_costs_the_trials_that_run_and_leaves_none_running(executor: LocalExecutor):
    worker = psutil.Process(perform(executor, os.getpid))
    os.kill(perform(executor, os.getppid), signal.SIGKILL)
    result = perform(executor, time.sleep, 600)
    assert isinstance(executor._outcome(result), WorkerFailure)
    worker.wait(timeout=120)
    assert isinstance(SERVER.context(), SpawnContext)  # from now on


@pytest.mark.usefixtures("_left")
def test_a_variable_that_libraries_may_read_when_they_are_loaded_takes_another_server(executor, monkeypatch):
    server = perform(executor, os.getppid)
    monkeypatch.setenv("TF_OF_THE_TEST", "1")
    perform(executor, os.kill, 0, signal.SIGKILL)
    assert perform(executor, os.getppid) not in (server, os.getpid())
    assert perform(executor, os.getenv, "TF_OF_THE_TEST") == "1"


@pytest.mark.usefixtures("_left")
def test_where_something_starts_a_thread_in_every_process_workers_are_spawned(tmp_path: Path, monkeypatch):
    (tmp_path / "sitecustomize.py").write_text(STARTS_A_THREAD)
    monkeypatch.syspath_prepend(tmp_path)
    executor = LocalExecutor(jobs=1)
    assert perform(executor, os.getppid) == os.getpid()
    executor.close()


@pytest.mark.usefixtures("_left")
def test_a_temporary_folder_too_deep_for_a_socket_has_workers_spawned(tmp_path: Path, monkeypatch):
    deep = tmp_path / ("d" * 60) / ("d" * 60)
    deep.mkdir(parents=True)
    monkeypatch.setattr("multiprocessing.util.get_temp_dir", lambda: str(deep))
    SERVER._leave()
    SERVER._state = None
    executor = LocalExecutor(jobs=1)
    assert perform(executor, os.getppid) == os.getpid()
    executor.close()


def test_the_server_ends_with_its_driver_and_takes_its_folder_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    driver = psutil.Popen([sys.executable, "-c", DRIVER], stdout=subprocess.PIPE, text=True)
    try:
        assert driver.stdout is not None
        worker = psutil.Process(int(driver.stdout.readline()))
        server = worker.parent()
        assert server is not None and server.ppid() == driver.pid
    finally:
        driver.kill()
        driver.wait()
    psutil.wait_procs([worker, server], timeout=120)
    assert not worker.is_running() and not server.is_running()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("pymp-")] == []


@pytest.mark.usefixtures("_left")
def test_a_driver_that_ends_before_its_server_has_loaded_leaves_neither(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    SERVER._state = None
    executor = LocalExecutor(jobs=1)
    server = psutil.Process(forkserver._forkserver._forkserver_pid)
    executor.close()
    SERVER._leave()
    server.wait(timeout=120)
    assert SERVER._marker and not SERVER._marker.exists()


@pytest.mark.usefixtures("_left")
def test_a_server_that_somebody_else_has_started_is_left_alone(monkeypatch: pytest.MonkeyPatch):
    context = multiprocessing.get_context("forkserver")
    multiprocessing.set_forkserver_preload([])
    SERVER._leave()
    SERVER._state = None
    process = context.Process(target=time.sleep, args=(0,))
    process.start()
    theirs = forkserver._forkserver._forkserver_pid
    SERVER.start()
    assert isinstance(SERVER.context(), SpawnContext) and forkserver._forkserver._forkserver_pid == theirs
    process.join()
    os.close(forkserver._forkserver._forkserver_alive_fd)
    forkserver._forkserver._forkserver_pid = None
