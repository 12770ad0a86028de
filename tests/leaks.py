"""Jobs for a worker that leave something behind, one for each kind of what a job can leave, and looks at it."""

import ctypes
import gc
import locale
import logging
import multiprocessing
import os
import random
import resource
import signal
import subprocess
import sys
import threading
import time
import types
import warnings
from collections.abc import Callable
from typing import Any

COUNTED: list[str] = []  # a module's own state


def _tensorflow() -> Any:
    import tensorflow

    return tensorflow


def _keras() -> Any:
    import keras

    return keras


def _numpy() -> Any:
    import numpy

    return numpy


def _sklearn() -> Any:
    import sklearn

    return sklearn  # a module cannot be sent


def _start_child() -> None:
    COUNTED.append(str(subprocess.Popen(["sh", "-c", "sleep 600 & exec sleep 600"], start_new_session=True).pid))


def _children() -> int:
    time.sleep(0.2)  # for the shell to start its own
    listed = subprocess.run(["ps", "-o", "args=", "--ppid", str(os.getpid())], capture_output=True, text=True).stdout
    return listed.count("sleep 600")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _set_optimizer(optimizer: Any) -> None:
    optimizer.set_jit(True)
    optimizer.set_experimental_options({"remapping": False})


def _other_locale() -> None:
    locale.setlocale(locale.LC_CTYPE, "C.UTF-8" if locale.setlocale(locale.LC_CTYPE) == "C" else "C")


def _patch_method() -> None:
    _keras().layers.Dense.call = lambda self, inputs: inputs


def _patch_inherited() -> None:
    _keras().layers.Dropout.__call__ = lambda self, inputs, **_: inputs


def _keep(name: str, value: object) -> None:
    sys.modules[name] = value


# By what is left: how it is left, and how to look at it.
LEAKS: dict[str, tuple[Callable[[], Any], Callable[[], Any]]] = {
    "dtype policy": (
        lambda: _keras().mixed_precision.set_global_policy("mixed_float16"),
        lambda: _keras().mixed_precision.dtype_policy().name,
    ),
    "floatx": (
        lambda: _keras().config.set_floatx("float64"),
        lambda: (_keras().config.floatx(), _keras().config.dtype_policy().name),
    ),
    "epsilon": (lambda: _keras().config.set_epsilon(0.1), lambda: _keras().config.epsilon()),
    "image data format": (
        lambda: _keras().config.set_image_data_format("channels_first"),
        lambda: _keras().config.image_data_format(),
    ),
    "flash attention": (
        lambda: _keras().config.disable_flash_attention(),
        lambda: _keras().config.is_flash_attention_enabled(),
    ),
    "most epochs": (lambda: _keras().config.set_max_epochs(1), lambda: _keras().config.max_epochs()),
    "cleared session": (
        lambda: _keras().backend.clear_session(),
        lambda: len(vars(sys.modules["keras.src.backend.common.global_state"].GLOBAL_STATE_TRACKER)),
    ),
    "custom objects": (
        lambda: _keras().saving.get_custom_objects().update(Mine=int),
        lambda: sorted(_keras().saving.get_custom_objects()),
    ),
    "eager functions": (
        lambda: _tensorflow().config.run_functions_eagerly(True),
        lambda: _tensorflow().config.functions_run_eagerly(),
    ),
    "debug mode": (
        lambda: _tensorflow().data.experimental.enable_debug_mode(),
        lambda: sys.modules["tensorflow.python.data.ops.debug_mode"].DEBUG_MODE,
    ),
    "determinism": (
        lambda: _tensorflow().config.experimental.enable_op_determinism(),
        lambda: sys.modules["tensorflow.python.framework.config"].is_op_determinism_enabled(),
    ),
    "soft placement": (
        lambda: _tensorflow().config.set_soft_device_placement(not _tensorflow().config.get_soft_device_placement()),
        lambda: _tensorflow().config.get_soft_device_placement(),
    ),
    "optimizer": (
        lambda: _set_optimizer(_tensorflow().config.optimizer),
        lambda: (_tensorflow().config.optimizer.get_jit(), _tensorflow().config.optimizer.get_experimental_options()),
    ),
    "gradients": (
        lambda: _tensorflow().RegisterGradient("Mine")(lambda operation, gradient: gradient),
        lambda: "Mine" in sys.modules["tensorflow.python.framework.ops"].gradient_registry.list(),
    ),
    "Python's random state": (lambda: random.seed(7), random.random),
    "NumPy's random state": (lambda: _numpy().random.seed(7), lambda: _numpy().random.random()),
    "TensorFlow's random state": (lambda: _tensorflow().random.set_seed(7), lambda: float(_tensorflow().random.uniform([]))),
    "Keras' random state": (lambda: _keras().utils.set_random_seed(7), lambda: float(_keras().random.uniform([]))),
    "TensorFlow's generator": (
        lambda: _tensorflow().random.set_global_generator(_tensorflow().random.Generator.from_seed(7)),
        lambda: sys.modules["tensorflow.python.ops.stateful_random_ops"].global_generator is None,
    ),
    "scikit-learn's configuration": (
        lambda: _sklearn().set_config(assume_finite=True, transform_output="pandas"),
        lambda: (_sklearn().get_config()["assume_finite"], _sklearn().get_config()["transform_output"]),
    ),
    "NumPy's errors": (lambda: _numpy().seterr(all="raise"), lambda: _numpy().geterr()),
    "NumPy's printing": (lambda: _numpy().set_printoptions(precision=2), lambda: _numpy().get_printoptions()["precision"]),
    "environment": (lambda: os.environ.update(LEFT="1"), lambda: os.environ.get("LEFT")),
    "working folder": (lambda: os.chdir("/"), os.getcwd),
    "umask": (lambda: os.umask(_umask() ^ 0o070), _umask),
    "output": (lambda: os.dup2(os.open(os.devnull, os.O_WRONLY), 1), lambda: os.fstat(1).st_ino),
    "standard output": (lambda: setattr(sys, "stdout", None), lambda: sys.stdout is None),
    "import path": (lambda: sys.path.insert(0, "/left"), lambda: sys.path[0]),
    "replaced module": (lambda: _keep("json", types.ModuleType("json")), lambda: hasattr(sys.modules["json"], "dumps")),
    "its own module": (lambda: COUNTED.append("one"), lambda: len(COUNTED)),
    "warning filters": (lambda: warnings.simplefilter("error"), lambda: warnings.filters[0]),
    "signal handler": (lambda: signal.signal(signal.SIGUSR1, signal.SIG_IGN), lambda: str(signal.getsignal(signal.SIGUSR1))),
    "alarm": (lambda: signal.alarm(1000), lambda: signal.getitimer(signal.ITIMER_REAL)[0] > 0),
    "locale": (_other_locale, lambda: locale.setlocale(locale.LC_ALL)),
    "loggers": (lambda: logging.getLogger().addHandler(logging.NullHandler()), lambda: len(logging.getLogger().handlers)),
    "recursion limit": (lambda: sys.setrecursionlimit(5000), sys.getrecursionlimit),
    "garbage collection": (gc.disable, gc.isenabled),
    "open files": (
        lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (100, resource.getrlimit(resource.RLIMIT_NOFILE)[1])),
        lambda: resource.getrlimit(resource.RLIMIT_NOFILE),
    ),
    "clock": (lambda: setattr(time, "time", lambda: 0.0), lambda: time.time() > 0),
    "builtin": (lambda: setattr(sys.modules["builtins"], "sum", max), lambda: sum([1, 2])),
    "method": (_patch_method, lambda: _keras().layers.Dense.call.__qualname__),
    "method of its base": (_patch_inherited, lambda: _keras().layers.Dropout.__call__.__qualname__),
    "function": (lambda: setattr(_tensorflow().nn, "relu", abs), lambda: _tensorflow().nn.relu.__name__),
    "processes": (_start_child, _children),
    "start of processes": (
        lambda: multiprocessing.set_start_method("spawn", force=True),
        lambda: multiprocessing.get_start_method(),
    ),
}


def leave(name: str) -> Any:
    """Leave something behind; return what a look at it says then."""
    LEAKS[name][0]()
    return LEAKS[name][1]()


def look(name: str) -> Any:
    """Return what a look says that a former job may have left."""
    return LEAKS[name][1]()


def patch_first_imported() -> tuple[bool, str, str]:
    """Be the first to import an installed module, and change it and a class of it; return what was found."""
    first = "wave" not in sys.modules
    import wave

    found = first, wave.open.__name__, wave.Wave_read.close.__name__
    wave.open, wave.Wave_read.close = max, min
    return found


def process() -> int:
    """Return which process this is."""
    return os.getpid()


def fork() -> int | None:
    """Start a process by multiprocessing's fork server, and return how it ended."""
    started = multiprocessing.get_context("forkserver").Process(target=abs, args=(-1,))
    started.start()
    started.join()
    return started.exitcode


def leave_for_good() -> int:
    """Leave a thread that runs on, and a device's scope that was entered."""
    threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
    _tensorflow().device("/CPU:0").__enter__()
    return os.getpid()


def hoard() -> int:
    """Take memory that nobody can give back, more than half of what there is."""
    size = 2**29
    place = ctypes.CDLL(None).malloc
    place.restype = ctypes.c_void_p
    ctypes.memset(place(ctypes.c_size_t(size)), 1, size)
    return os.getpid()


def freeze() -> None:
    """Stop this process in the middle of its answer."""
    frame = sys._getframe()
    while "connection" not in frame.f_locals:
        frame = frame.f_back
    os.write(frame.f_locals["connection"].fileno(), b"=" + (1000).to_bytes(8, "big") + b"half of it")
    os.kill(os.getpid(), signal.SIGSTOP)
