"""What the server of workers imports, once: TensorFlow and all that a worker needs, without running any of it."""

import atexit
import os
import shutil
import threading
from multiprocessing import forkserver
from pathlib import Path

from harness.runs.executors.preloading import MARKER

_DRIVER = os.getppid()


def _remove_folder() -> None:
    """Remove the folder of the server's socket where the driver was killed, and cannot do it."""
    address = forkserver._forkserver._forkserver_address  # type: ignore[attr-defined]
    if os.getppid() != _DRIVER and address:
        shutil.rmtree(Path(address).parent, ignore_errors=True)


def _preload() -> None:
    os.setsid()  # neither Ctrl-C nor the end of a terminal ends it: its workers' ends would be told to nobody
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (1, 2):  # a library that cannot be loaded is reported by the worker that is spawned then
        os.dup2(nowhere, number)
    os.close(nowhere)
    atexit.register(_remove_folder)
    from harness.isolation import look_ahead
    from harness.records import machine
    from harness.runs.executors.worker import load_libraries

    load_libraries()
    machine()  # reads what every installed package says of itself, which each worker would do again
    look_ahead()
    if threading.active_count() > 1:  # a fork would leave it behind, with the locks that it holds
        raise RuntimeError("a thread runs")
    Path(os.environ[MARKER]).unlink()


if MARKER in os.environ:  # else somebody imports this for looking at it
    try:
        _preload()
    except BaseException:
        os._exit(1)
