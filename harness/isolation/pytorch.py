"""PyTorch in a process that trains: seeded and limited as soon as it is loaded, and what of its state a job may change.

Nothing here loads it: most studies have no use for it.
"""

import ctypes
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

NAME = "torch"


class _Loading(importlib.abc.MetaPathFinder):
    """Finds the library as other finders do, with a loader that makes it ready."""

    def __init__(self) -> None:
        self.seed: int | None = None
        self.threads: int | None = None
        self.state: dict[str, Any] | None = None  # with which it began here
        self._finding = False

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return the spec that other finders have of the library; None for all else."""
        if name != NAME or self._finding:
            return None
        self._finding = True
        try:
            spec = importlib.util.find_spec(name)
        finally:
            self._finding = False
        if spec is None or spec.loader is None:
            return None
        execute = spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            self.make_ready(module)

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec

    def make_ready(self, torch: Any) -> None:
        """Give the library, when it is loaded, the threads and the random state that it is to begin with."""
        if self.threads is not None:
            torch.set_num_threads(self.threads)
        if self.seed is not None:
            torch.manual_seed(self.seed)
        self.state = _settings_of(torch)


_loading = _Loading()


def seed_pytorch(seed: int) -> None:
    """Set PyTorch's random state; where it is not loaded, as soon as it is, or all seeds would begin alike."""
    _loading.seed = seed
    _watch()
    if torch := sys.modules.get(NAME):
        torch.manual_seed(seed)


def limit_pytorch(threads: int) -> None:
    """Let PyTorch have so many threads, when it is loaded: sums in another order are other numbers."""
    _loading.threads = threads
    _watch()


def load_triton_first() -> None:
    """Load the library of triton, which comes with PyTorch, where it is installed: behind TensorFlow it ends the process.

    Both have a compiler of their own within, by the same names. Of the one that is loaded first, each finds its own. Seen
    with TensorFlow 2.21 and triton 3.8; PyTorch's optimizers load it.
    """
    with suppress(ImportError, OSError, ValueError):
        found = importlib.util.find_spec("triton") if "triton" not in sys.modules else None
        for folder in found.submodule_search_locations or () if found else ():
            ctypes.CDLL(str(Path(folder, "_C", "libtriton.so")))


def pytorch_state() -> dict[str, Any]:
    """Return what of PyTorch's state is not as it was when it was loaded; empty where it is not loaded."""
    if not (torch := _loaded()):
        return {}
    own, now = _own(torch), _settings_of(torch)
    return {name: value for name, value in now.items() if own[name] != value}


def restore_pytorch(_: object) -> None:
    """Put PyTorch's state back as it was when it was loaded; RuntimeError for what can be set but once."""
    if not (torch := _loaded()):
        return
    own = _own(torch)
    torch.set_num_threads(own["threads"])
    torch.set_default_dtype(own["default type"])
    torch.set_default_device(None)
    torch.set_grad_enabled(own["gradients"])
    deterministic, warn_only = own["deterministic"]
    torch.use_deterministic_algorithms(deterministic, warn_only=warn_only)
    torch.set_float32_matmul_precision(own["precision"])
    torch.autograd.set_detect_anomaly(*own["anomaly"])
    for name, value in own["switches"].items():
        setattr(getattr(torch.backends, name.partition(".")[0]), name.partition(".")[2], value)
    for hooks in _hooks(torch):
        hooks.clear()


def _watch() -> None:
    if NAME not in sys.modules and _loading not in sys.meta_path:
        sys.meta_path.insert(0, _loading)


def _loaded() -> Any:
    torch = sys.modules.get(NAME)
    return torch if hasattr(torch, "get_num_threads") else None  # none where its import has failed half-way


def _own(torch: Any) -> Mapping[str, Any]:
    if _loading.state is None:
        _loading.state = _settings_of(torch)
    return _loading.state


def _settings_of(torch: Any) -> dict[str, Any]:
    return {
        "threads": torch.get_num_threads(),
        "threads between operations": torch.get_num_interop_threads(),
        "default type": torch.get_default_dtype(),
        "default device": str(torch.get_default_device()),
        "gradients": torch.is_grad_enabled(),
        "deterministic": (
            torch.are_deterministic_algorithms_enabled(),
            torch.is_deterministic_algorithms_warn_only_enabled(),
        ),
        "precision": torch.get_float32_matmul_precision(),
        "anomaly": (torch.is_anomaly_enabled(), torch.is_anomaly_check_nan_enabled()),
        "switches": {
            "mkldnn.enabled": torch.backends.mkldnn.enabled,
            "cudnn.enabled": torch.backends.cudnn.enabled,
            "cudnn.benchmark": torch.backends.cudnn.benchmark,
            "cudnn.deterministic": torch.backends.cudnn.deterministic,
        },
        "entered": (torch.is_inference_mode_enabled(), torch.is_autocast_enabled("cpu")),
        "hooks": tuple(map(len, _hooks(torch))),
    }


def _hooks(torch: Any) -> list[dict[int, Any]]:
    """Return the hooks of all modules."""
    modules = sys.modules.get("torch.nn.modules.module")
    names = ("_global_forward_hooks", "_global_forward_pre_hooks", "_global_backward_hooks", "_global_backward_pre_hooks")
    return [hooks for name in names if isinstance(hooks := getattr(modules, name, None), dict)]
