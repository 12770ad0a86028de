"""PyTorch for tests: whether it is there, and jobs for a worker that use it."""

import importlib.util
import multiprocessing
import os
from collections.abc import Callable
from typing import Any

import pytest

needs_pytorch = pytest.mark.skipif(
    importlib.util.find_spec("torch") is None, reason="PyTorch is not installed: what uses it is NOT tested"
)


def _torch() -> Any:
    import torch

    return torch


def train() -> tuple[int, float]:
    """Train a small network, with what is drawn under the seed that is set when this is called; return process and loss."""
    from harness.models import seed_everything

    seed_everything(3)
    torch = _torch()
    layers = torch.nn.Conv2d(1, 4, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.LazyLinear(3)
    model, x = torch.nn.Sequential(*layers), torch.rand(64, 1, 12, 12)
    optimizer = torch.optim.Adam(model.parameters())  # which loads triton, where that is installed
    for _ in range(5):
        optimizer.zero_grad()
        loss = model(x).square().mean()
        loss.backward()
        optimizer.step()
    return os.getpid(), loss.item()


class Squares:
    """Samples that a DataLoader's own processes make, and which of them has made each."""

    def __len__(self) -> int:
        return 40

    def __getitem__(self, place: int) -> tuple[int, int]:
        return place**2, os.getpid()


def load_beside() -> tuple[int, int]:
    """Return the sum of what a DataLoader's two processes give, and how many processes have given it."""
    rows = Squares()
    local = type("Local", (Squares,), {})()  # a class that no other process could import
    total, makers = 0, set()
    for source in (rows, local):
        for values, pids in _torch().utils.data.DataLoader(source, batch_size=4, num_workers=2, persistent_workers=True):
            total += int(values.sum())
            makers |= set(pids.tolist())
    return total, len(makers - {os.getpid()})


def threads() -> tuple[int, str]:
    """Return how many threads PyTorch has, and how processes start."""
    return _torch().get_num_threads(), multiprocessing.get_start_method()


# By what of PyTorch's state a job leaves changed: how it does.
CHANGES: dict[str, Callable[[], Any]] = {
    "threads": lambda: _torch().set_num_threads(3),
    "default type": lambda: _torch().set_default_dtype(_torch().float64),
    "default device": lambda: _torch().set_default_device("meta"),
    "gradients": lambda: _torch().set_grad_enabled(False),
    "deterministic": lambda: _torch().use_deterministic_algorithms(True),
    "precision": lambda: _torch().set_float32_matmul_precision("medium"),
    "anomaly": lambda: _torch().autograd.set_detect_anomaly(True),
    "mkldnn": lambda: setattr(_torch().backends.mkldnn, "enabled", False),
    "hooks": lambda: _torch().nn.modules.module.register_module_forward_hook(lambda *_: None),
    "a patched function": lambda: setattr(_torch().nn.functional, "relu", abs),
}


def change(name: str) -> Any:
    """Change something of PyTorch's state and leave it so; return what the state is then, as far as it is watched."""
    from harness.isolation.pytorch import pytorch_state

    CHANGES[name]()
    return pytorch_state() or _torch().nn.functional.relu.__name__


def state() -> Any:
    """Return what of PyTorch's state is not as it was when it was loaded."""
    from harness.isolation.pytorch import pytorch_state

    return pytorch_state(), _torch().nn.functional.relu.__name__
