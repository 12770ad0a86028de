"""A tiny study whose variants meet faults, and a driver to run it as a process of its own."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
HANGING = 600.0  # seconds after which a test takes a process to hang, far beyond what a busy machine needs
CLOCK_JUMP = 86400.0  # seconds, of the variant "jump"

# Each variant's arrays are asked for once before training, to see that it changes something, and once by each attempt:
# faults begin with the second time. What was started is counted in files below $FAULTS.
STUDY = """
import os, signal, subprocess, sys, time
from pathlib import Path
from harness import Arrays, Settings, Study, Variant, raises
from dataclasses import dataclass

@dataclass(frozen=True, slots=True)
class Faulty(Settings):
    fault: str = "none"

FAULTS = Path(os.environ["HARNESS_FAULTS"])

def times(fault):
    path = FAULTS / fault
    with open(path, "a") as file:
        file.write("x")
    return path.stat().st_size

def kill_once(count):
    if count == 2:
        os.kill(os.getpid(), signal.SIGKILL)

def exit_quietly(count):
    os._exit(0)

def leave(count):
    sys.exit(4)

def hang(count):
    children = [subprocess.Popen(["sleep", "600"]), subprocess.Popen(["sleep", "600"], start_new_session=True)]
    (FAULTS / "children").write_text(" ".join(str(child.pid) for child in children))
    (FAULTS / "worker").write_text(str(os.getpid()))
    time.sleep(600)

def hang_once(count):
    if count == 2:
        hang(count)

def jump(count):
    real = time.time
    time.time = lambda: real() - 86400.0 * (real() > (FAULTS / "jump").stat().st_mtime)

def raise_unpicklable(count):
    class Odd(Exception):
        def __init__(self, text):
            super().__init__(text)
            self.held = lambda: open(os.devnull)
    raise Odd("the text of it")

def lose_folder(count):
    subprocess.run(os.environ["HARNESS_LOSE_FOLDER"], shell=True, check=True)

def arrays(settings):
    import numpy as np
    count = times(settings.fault) if settings.fault != "none" else 0
    if count > 1:
        globals()[settings.fault](count)
    random = np.random.default_rng(0)
    x = random.normal(size=(200, 4)).astype("float32")
    y = (x[:, 0] > sum(map(ord, settings.fault)) % 101 / 200).astype("int64")
    return Arrays(x_train=x[:150], y_train=y[:150], x_test=x[150:], y_test=y[150:])

def build(settings):
    import keras
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(settings.outputs, activation="softmax")])

BASE = Faulty(outputs=2, epochs=EPOCHS, optimizer="sgd", learning_rate=0.1)
NAMES = [NAMED]
STUDY = Study("faulty", base=BASE, build=build, arrays=arrays, question="Does it hold?",
              variants=[Variant(name.replace("_", "-"), fault=name) for name in NAMES])
"""


def write_study(folder: Path, *faults: str, epochs: int = 2) -> Path:
    """Write the study with one variant for each fault; return its path."""
    path = folder / "faulty.py"
    path.write_text(STUDY.replace("NAMED", ", ".join(map(repr, faults))).replace("EPOCHS", str(epochs)))
    return path


def start(*words: object, faults: Path, stdout: Path | int) -> subprocess.Popen:
    """Start the command line as a process of its own, in a group of its own as a terminal would."""
    environment = os.environ | {"HARNESS_FAULTS": str(faults), "PYTHONPATH": str(PROJECT)}
    command = [sys.executable, "-m", "harness", *map(str, words)]
    with nullcontext(stdout) if isinstance(stdout, int) else open(stdout, "w") as file:
        return subprocess.Popen(
            command, env=environment, stdout=file, stderr=subprocess.STDOUT, text=True, start_new_session=True
        )


def wait_until(condition: Callable[[], bool], *, seconds: float = HANGING) -> None:
    """Wait until something holds; AssertionError if it does not within this time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.05)


def gone(pid: int) -> bool:
    """Say whether a process has ended (one that nobody has collected yet has)."""
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] == b"Z"
    except OSError:
        return True


def descendant_workers(driver: int) -> list[int]:
    """Return the worker processes of a driver, those that have started to lead a group of their own."""
    found = []
    try:
        children = Path(f"/proc/{driver}/task/{driver}/children").read_text().split()
    except OSError:  # it has ended
        return []
    for pid in children:
        try:
            fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == int(pid):  # its group; a helper of multiprocessing's stays in the driver's
            found.append(int(pid))
    return found
