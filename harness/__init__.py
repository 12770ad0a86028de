"""Ablation studies one can trust: fast, paired, corrected, and seen in TensorBoard.

A study file needs only what this module exports:

>>> from harness import Settings, Study, Variant
>>> study = Study("widths", base=Settings(), variants=(Variant("wide", hidden=(1024,)),))
"""

from importlib import import_module
from typing import TYPE_CHECKING

from harness.errors import UsageError
from harness.study import (
    Command,
    Expectation,
    Folds,
    Metric,
    Phase,
    Settings,
    Study,
    Variant,
    add_one_in,
    better_than_control,
    combinations,
    diverges,
    equivalent_to_control,
    finishes,
    grid,
    leave_one_out,
    one_at_a_time,
    pairs,
    raises,
    worse_than_control,
)

if TYPE_CHECKING:
    from harness.cli import run
    from harness.data import Arrays, Data
    from harness.results import Results, load

__all__ = [
    "Arrays",
    "Command",
    "Data",
    "Expectation",
    "Folds",
    "Metric",
    "Phase",
    "Results",
    "Settings",
    "Study",
    "UsageError",
    "Variant",
    "load",
    "run",
]
__all__ += ["add_one_in", "combinations", "grid", "leave_one_out", "one_at_a_time", "pairs"]
__all__ += ["better_than_control", "diverges", "equivalent_to_control", "finishes", "raises", "worse_than_control"]


# What needs NumPy or pandas, which `--help` does not.
_LATER = {
    "Arrays": "harness.data",
    "Data": "harness.data",
    "Results": "harness.results",
    "load": "harness.results",
    "run": "harness.cli",
}


def __getattr__(name: str) -> object:
    if name in _LATER:
        return getattr(import_module(_LATER[name]), name)
    raise AttributeError(f"module 'harness' has no attribute {name!r}")
