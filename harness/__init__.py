"""Ablation studies one can trust: fast, paired, corrected, and seen in TensorBoard.

A study file needs only what this module exports:

>>> from harness import Settings, Study, Variant
>>> study = Study("widths", base=Settings(), variants=(Variant("wide", hidden=(1024,)),))
"""

import lazy_loader

# Loaded when it is asked for: `--help` needs neither NumPy nor pandas, and Ctrl-C is heard from the first moment on.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
