"""A worker process from the inside: TensorFlow loaded once, then job after job, until the driver is done or gone."""

import multiprocessing
import os
import pickle
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing import parent_process
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from harness.errors import failure_text
from harness.models import VariantFingerprint
from harness.records import Record, gc_paused
from harness.runs.executors.channel import Sender, keep_output, stop_asked
from harness.runs.executors.machine import claim_gpu
from harness.runs.executors.messages import READY, RESULT, SPENT, send
from harness.runs.executors.protocol import Progress
from harness.study import BASE
from harness.training import Trial

MOST_FILES = 65536


@dataclass(frozen=True, slots=True)
class Failure:
    """What a job raised, or why its result cannot be sent, as text: an exception need not survive pickling."""

    text: str


def serve(connection: Connection, folder: Path, threads: int, slot: int, variables: Mapping[str, str]) -> None:
    """Do the jobs that come through the connection: a function and its arguments each; `variables` is the driver's environment.

    After each job the process is made what it was before its first one. Where that fails, it says so, and is given no
    other job.
    """
    os.environ.clear()
    os.environ.update(variables)
    _lead_own_group()
    _end_with_driver()
    keep_output(folder)
    claim_gpu(slot)
    load_libraries()
    _limit_threads(threads)
    _start_processes_as_scripts_do()
    from harness.engine import free
    from harness.isolation import Growth, protect

    baseline, growth = protect(), Growth()
    while True:
        send(connection.fileno(), READY)
        try:
            function, args = connection.recv()
        except EOFError:
            return
        send(connection.fileno(), RESULT, answer(function, args))
        free()
        left = baseline.restore() + ([] if function is effect else growth.too_much())
        if left:
            send(connection.fileno(), SPENT, "; ".join(left).encode("utf-8", "backslashreplace"))
            signal.pause()  # its driver ends it: what is left of a job may not let it end by itself


def answer(function: Callable[..., Any], args: tuple[Any, ...]) -> bytes:
    """Return the pickled result of a call, or a pickled Failure; nothing that a job does ends its worker's loop."""
    try:
        return pickle.dumps(function(*args))
    except BaseException as error:  # a job may raise SystemExit too, or return what cannot be pickled
        return pickle.dumps(Failure(failure_text(error)))


def run(trial: Trial, channel: Path) -> Record:
    """Train a trial; each epoch is told to the driver, which may ask in return that training stops there.

    channel: the folder of the driver's `Channel`, where trials also leave their ends for longer ones.
    """
    from harness.training import run_trial

    sender = Sender(channel)

    def report(epoch: int, values: Mapping[str, float]) -> bool:
        sender.send(Progress(trial.variant, trial.seed, epoch, dict(values)))
        return stop_asked(channel)

    def tell(doing: str) -> None:
        sender.send(Progress(trial.variant, trial.seed, 0, {}, doing))

    placed = replace(trial, warm_start_folder=trial.warm_start_folder or channel)
    return run_trial(placed, report, lambda: stop_asked(channel), tell)


def effect(trial: Trial, traced: bool) -> VariantFingerprint:
    """Return `harness.models.effect` of the trial's variant."""
    from harness.models import effect
    from harness.study import folders_of, importing_from

    study = trial.load_study([trial.variant])
    with importing_from(folders_of(study)):
        first = trial.variant == BASE and not traced
        return effect(study, study.settings(trial.variant), trial.data, traced=traced, twice=first)


def fault(trial: Trial) -> str:
    """Return `harness.models.training_fault` of the trial."""
    from harness.models import training_fault
    from harness.study import folders_of, importing_from

    study = trial.load_study([trial.variant])
    with importing_from(folders_of(study)):
        return training_fault(study, study.settings(trial.variant), trial.data)


def _lead_own_group() -> None:
    # Ctrl-C in a terminal reaches the driver's group alone, and what a trial starts can be ended with its worker.
    os.setsid()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # drops one that came before this line, too
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def _end_with_driver() -> None:
    """Fork a guard that kills this worker's group once the driver is gone: a trial that hangs may let no thread run."""
    parent = parent_process()
    assert parent is not None
    driver = parent.sentinel  # readable, at its end, when the driver has died
    if os.fork() == 0:
        try:
            os.closerange(3, driver)  # held open here, the worker's pipes would outlive it
            os.closerange(driver + 1, MOST_FILES)
            os.read(driver, 1)
            os.killpg(0, signal.SIGKILL)
        finally:
            os._exit(1)


@contextmanager
def _without(*names: str) -> Iterator[None]:
    """Let imports of these packages fail, as where they are not installed."""
    barred = [name for name in names if name not in sys.modules]
    nothing: dict[str, Any] = dict.fromkeys(barred)
    sys.modules.update(nothing)
    try:
        yield
    finally:
        for name in barred:
            del sys.modules[name]


def load_libraries() -> None:
    """Load TensorFlow, and of the harness what trains, and run none of it."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ["KERAS_BACKEND"] = "tensorflow"
    for name in ("COLUMNS", "LINES"):  # a terminal's size, by which libraries lay out what no terminal will show
        os.environ.pop(name, None)
    from harness.isolation import load_triton_first

    load_triton_first()
    with gc_paused():  # nearly all that is made now stays; to look for what does not would take a fifth of the time
        # Keras, which TensorFlow loads, imports them where they are installed, for helpers that no trial uses.
        with _without("sklearn", "pandas", "matplotlib"):
            import keras  # noqa: F401  (loaded before the first job, whose state is held)
            import tensorflow  # noqa: F401
        from harness.engine import free  # noqa: F401
        from harness.isolation import protect  # noqa: F401
        from harness.training import run_trial  # noqa: F401


def _start_processes_as_scripts_do() -> None:
    """Let a trial's own processes, such as a DataLoader's, start in the system's way, not as this worker was started.

    Where that is to fork, they have the study's functions and classes; a new process could not import these by their names.
    """
    if multiprocessing.get_all_start_methods()[0] == "fork":
        multiprocessing.set_start_method(None, force=True)


def _limit_threads(threads: int) -> None:
    import tensorflow as tf

    from harness.isolation import limit_pytorch

    limit_pytorch(threads)
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
