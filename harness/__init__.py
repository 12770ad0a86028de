"""Ablation studies one can trust: fast, paired, corrected, and seen in TensorBoard.

A study file needs only what this module exports:

>>> from harness import Settings, Study, Variant
>>> study = Study("widths", base=Settings(), variants=(Variant("wide", hidden=(1024,)),))
"""

from typing import TYPE_CHECKING

from harness.errors import UsageError
from harness.study import (
    Expectation,
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
    from harness.data import Arrays
    from harness.results import load

__all__ = ["Arrays", "Expectation", "Metric", "Phase", "Settings", "Study", "UsageError", "Variant", "load"]
__all__ += ["add_one_in", "combinations", "grid", "leave_one_out", "one_at_a_time", "pairs"]
__all__ += ["better_than_control", "diverges", "equivalent_to_control", "finishes", "raises", "worse_than_control"]


def __getattr__(name: str) -> object:
    # Arrays needs NumPy and load needs pandas, which `--help` does not.
    if name == "Arrays":
        from harness.data import Arrays

        return Arrays
    if name == "load":
        from harness.results import load

        return load
    raise AttributeError(f"module 'harness' has no attribute {name!r}")
