"""`-m "quick and not processes"`: the tests that need neither TensorFlow nor another process of Python, held to it.

A file takes part by `pytestmark = pytest.mark.quick`; the others are not even read, since most of them import TensorFlow.
What a quick test may not do fails it, so that none can become slow unseen.
"""

import subprocess
import sys
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

MARK = "pytest.mark.quick"
HEAVY = ("tensorflow", "keras", "matplotlib.pyplot")

settings.register_profile("quick", max_examples=10)


def asked_for(config: pytest.Config) -> bool:
    """Say whether this run is of the quick tests alone."""
    return config.option.markexpr.startswith("quick")


def is_left_out(path: Path, config: pytest.Config) -> bool:
    """Say whether a file holds no quick test."""
    return path.name.startswith("test_") and asked_for(config) and MARK not in path.read_text(encoding="utf-8")


def hold_to_it(config: pytest.Config) -> None:
    """Where only quick tests run, have TensorFlow and processes fail, and Hypothesis look at few examples."""
    starts_workers = bool(config.getoption("numprocesses", None)) and not hasattr(config, "workerinput")
    if not asked_for(config) or starts_workers:
        return
    settings.load_profile("quick")
    sys.modules |= dict.fromkeys(HEAVY)  # type: ignore[arg-type]  # None: an import of it fails
    BaseProcess.start = _refused  # type: ignore[method-assign]
    start = subprocess.Popen.__init__

    def checked(self: Any, arguments: Any, *more: Any, **options: Any) -> None:
        if sys.executable in map(str, arguments if isinstance(arguments, (list, tuple)) else [arguments]):
            _refused()
        start(self, arguments, *more, **options)

    subprocess.Popen.__init__ = checked  # type: ignore[method-assign]


def _refused(*_: object) -> None:
    pytest.fail("a quick test starts no process of Python; take `pytest.mark.quick` from it, or the process")
