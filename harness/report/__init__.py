"""A study to look at: one page made from its records alone, for TensorBoard's tab and for a file to send."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
